# What the manifests have from the tables of our own kinds is printed by ballast-crd. `update-crd` writes it into the
# source tree, and a test for each file fails while the two differ.

# ballast_printed(<file> <argument>...): manifests/<file> is what ballast-crd prints with these arguments.
function(ballast_printed file)
    set(source "${PROJECT_SOURCE_DIR}/manifests/${file}")
    set(printed "${PROJECT_BINARY_DIR}/manifests/${file}")
    get_filename_component(folder "${printed}" DIRECTORY)
    file(MAKE_DIRECTORY "${folder}")
    add_custom_command(OUTPUT "${printed}"
        COMMAND ballast-crd ${ARGN} > "${printed}.new"
        COMMAND "${CMAKE_COMMAND}" -E rename "${printed}.new" "${printed}"
        DEPENDS ballast-crd
        COMMENT "Printing manifests/${file}" VERBATIM)
    set_property(GLOBAL APPEND PROPERTY BALLAST_PRINTED "${printed}")
    set_property(GLOBAL APPEND PROPERTY BALLAST_PRINTED_UPDATE
        COMMAND "${CMAKE_COMMAND}" -E copy "${printed}" "${source}")
    if(BUILD_TESTING)
        add_test(NAME "fresh-${file}" COMMAND diff -u "${source}" "${printed}")
        set_tests_properties("fresh-${file}" PROPERTIES LABELS golden)
    endif()
endfunction()

function(ballast_crd)
    if(NOT TARGET ballast-crd)
        return()
    endif()
    # Helm follows no links without complaint, so the chart has copies.
    foreach(plural kafkapolicies)
        ballast_printed(crd/${plural}.yaml ${plural})
        ballast_printed(chart/files/${plural}.yaml ${plural})
    endforeach()
    foreach(program webhook controller)
        ballast_printed(chart/files/rules-${program}.yaml rules ${program})
    endforeach()
    get_property(printed GLOBAL PROPERTY BALLAST_PRINTED)
    get_property(update GLOBAL PROPERTY BALLAST_PRINTED_UPDATE)
    add_custom_target(crd ALL DEPENDS ${printed})
    add_custom_target(update-crd ${update} DEPENDS crd COMMENT "Updating manifests/crd and the chart's copies" VERBATIM)
endfunction()
