# The CRD is printed from the same table that decodes policy files. `update-crd` writes it into the
# source tree, and the test `crd-is-fresh` fails while the two differ.
function(ballast_crd)
    if(NOT TARGET ballast-crd)
        return()
    endif()
    set(source "${PROJECT_SOURCE_DIR}/manifests/crd/kafkapolicies.yaml")
    set(printed "${PROJECT_BINARY_DIR}/manifests/crd/kafkapolicies.yaml")
    file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/manifests/crd")
    add_custom_command(OUTPUT "${printed}"
        COMMAND ballast-crd > "${printed}.new"
        COMMAND "${CMAKE_COMMAND}" -E rename "${printed}.new" "${printed}"
        DEPENDS ballast-crd
        COMMENT "Printing the CRD" VERBATIM)
    add_custom_target(crd ALL DEPENDS "${printed}")
    # Helm follows no links without complaint, so the chart has a copy.
    set(chart "${PROJECT_SOURCE_DIR}/manifests/chart/files/kafkapolicies.yaml")
    add_custom_target(update-crd
        COMMAND "${CMAKE_COMMAND}" -E copy "${printed}" "${source}"
        COMMAND "${CMAKE_COMMAND}" -E copy "${printed}" "${chart}"
        DEPENDS crd
        COMMENT "Updating manifests/crd/kafkapolicies.yaml and the chart's copy" VERBATIM)

    if(BUILD_TESTING)
        add_test(NAME crd-is-fresh COMMAND diff -u "${source}" "${printed}")
        add_test(NAME chart-crd-is-fresh COMMAND diff -u "${chart}" "${printed}")
        set_tests_properties(crd-is-fresh chart-crd-is-fresh PROPERTIES LABELS golden)
    endif()
endfunction()
