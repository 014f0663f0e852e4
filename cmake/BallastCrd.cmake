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
    add_custom_target(update-crd
        COMMAND "${CMAKE_COMMAND}" -E copy "${printed}" "${source}"
        DEPENDS crd
        COMMENT "Updating manifests/crd/kafkapolicies.yaml" VERBATIM)

    file(GLOB committed CONFIGURE_DEPENDS "${source}")
    if(BUILD_TESTING AND committed)
        add_test(NAME crd-is-fresh COMMAND diff -u "${source}" "${printed}")
        set_tests_properties(crd-is-fresh PROPERTIES LABELS golden)
    endif()
endfunction()
