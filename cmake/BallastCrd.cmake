# What the manifests have from the tables of our own kinds is written by ballast-crd: CRDs, and the RBAC rules for them.
# `update-crd` copies it into the source tree, and a test fails while the two differ.
function(ballast_crd)
    if(NOT TARGET ballast-crd)
        return()
    endif()
    set(printed "${PROJECT_BINARY_DIR}/manifests")
    set(stamp "${printed}.stamp")
    set(crds "${PROJECT_SOURCE_DIR}/manifests/crd")
    # Helm follows no links without complaint, so the chart has copies.
    set(chart "${PROJECT_SOURCE_DIR}/manifests/chart/files")
    add_custom_command(OUTPUT "${stamp}"
        COMMAND "${CMAKE_COMMAND}" -E rm -rf "${printed}"
        COMMAND "${CMAKE_COMMAND}" -E make_directory "${printed}"
        COMMAND ballast-crd "${printed}"
        COMMAND "${CMAKE_COMMAND}" -E touch "${stamp}"
        DEPENDS ballast-crd
        COMMENT "Writing CRDs and their rules" VERBATIM)
    add_custom_target(crd ALL DEPENDS "${stamp}")
    add_custom_target(update-crd
        COMMAND "${CMAKE_COMMAND}" -E rm -rf "${crds}" "${chart}"
        COMMAND "${CMAKE_COMMAND}" -E copy_directory "${printed}/crd" "${crds}"
        COMMAND "${CMAKE_COMMAND}" -E copy_directory "${printed}" "${chart}"
        DEPENDS crd
        COMMENT "Updating manifests/crd and the chart's copies" VERBATIM)
    if(BUILD_TESTING)
        add_test(NAME fresh-crd COMMAND diff -ru "${crds}" "${printed}/crd")
        add_test(NAME fresh-chart-files COMMAND diff -ru "${chart}" "${printed}")
        set_tests_properties(fresh-crd fresh-chart-files PROPERTIES LABELS golden)
    endif()
endfunction()
