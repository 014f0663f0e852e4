# How tests are built and registered. Every test has a label: unit, golden, cli, google, fuzz or lint.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl)

# A leak or a report anywhere is a failure, in programs that a test starts too.
set(BALLAST_TEST_ENV
    "ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1"
    "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
    "TSAN_OPTIONS=halt_on_error=1"
    "LC_ALL=C.UTF-8" "TZ=UTC")

function(ballast_test_properties name label)
    set(env ${BALLAST_TEST_ENV} "SRC=${PROJECT_SOURCE_DIR}")
    if(TARGET ballast)
        list(APPEND env "BALLAST=$<TARGET_FILE:ballast>")
    endif()
    set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 1200 ENVIRONMENT "${env}")
endfunction()

# ballast_test_support(): what several tests are linked to, from tests/support/*.c.
function(ballast_test_support)
    file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/support/*.c")
    add_library(ballast-test-support STATIC ${sources})
    target_link_libraries(ballast-test-support PRIVATE ballast_c PUBLIC base Threads::Threads)
endfunction()

# ballast_unit_tests(<module> [<library>...]): one program for each tests/unit/<module>/test_*.c, which has
# its own main(), linked to the module and the libraries; other .c files of the folder are linked to all of
# them. The module's private headers are in reach.
function(ballast_unit_tests module)
    set(folder "${PROJECT_SOURCE_DIR}/tests/unit/${module}")
    file(GLOB tests CONFIGURE_DEPENDS "${folder}/test_*.c")
    file(GLOB all CONFIGURE_DEPENDS "${folder}/*.c")
    list(REMOVE_ITEM all ${tests})
    if(NOT TARGET ${module})
        return()
    endif()
    foreach(test ${tests})
        get_filename_component(stem "${test}" NAME_WE)
        string(REGEX REPLACE "^test_" "" stem "${stem}")
        set(name "unit-${module}-${stem}")
        add_executable(${name} "${test}" ${all})
        target_include_directories(${name} PRIVATE
            "${PROJECT_SOURCE_DIR}/tests/support" "${PROJECT_SOURCE_DIR}/lib/${module}"
            "${PROJECT_SOURCE_DIR}/${module}")
        target_link_libraries(${name} PRIVATE ballast_c ballast-test-support ${module} ${ARGN}
                                              PkgConfig::CHECK Threads::Threads)
        add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
        ballast_test_properties(${name} unit)
        # Check gives a test four seconds; a machine with too much to do takes longer, and that is no failure. What hangs is
        # ended by ctest.
        set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT CK_DEFAULT_TIMEOUT=60 CK_TIMEOUT_MULTIPLIER=10)
    endforeach()
endfunction()

# ballast_fuzz_tests(<library>...): one program for each tests/fuzz/fuzz_*.c. With BALLAST_FUZZ it is a
# libFuzzer program that ctest lets run for a while; otherwise its corpus is replayed.
function(ballast_fuzz_tests)
    file(GLOB targets CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_*.c")
    foreach(target ${targets})
        get_filename_component(name "${target}" NAME_WE)
        string(REGEX REPLACE "^fuzz_" "" stem "${name}")
        set(corpus "${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${stem}")
        add_executable(${name} "${target}")
        target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/support"
            "${PROJECT_SOURCE_DIR}/lib/kube" "${PROJECT_SOURCE_DIR}/lib/kafka" "${PROJECT_SOURCE_DIR}/lib/google")
        target_link_libraries(${name} PRIVATE ballast_c ${ARGN})
        if(BALLAST_FUZZ)
            target_link_options(${name} PRIVATE -fsanitize=fuzzer)
            set(found "${CMAKE_CURRENT_BINARY_DIR}/fuzz/found/${stem}")
            file(MAKE_DIRECTORY "${found}")
            add_test(NAME fuzz-run-${stem}
                COMMAND ${name} -max_total_time=${BALLAST_FUZZ_SECONDS} -timeout=5 -rss_limit_mb=1024
                        -print_final_stats=1 "-artifact_prefix=${found}/" "${found}" "${corpus}")
            ballast_test_properties(fuzz-run-${stem} fuzz)
        else()
            target_sources(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/fuzz/replay.c")
            add_test(NAME fuzz-replay-${stem} COMMAND ${name} "${corpus}")
            ballast_test_properties(fuzz-replay-${stem} fuzz)
        endif()
    endforeach()
endfunction()

# ballast_cli_tests(): each tests/cli/*.sh, run in a folder of its own with BALLAST and SRC set.
function(ballast_cli_tests)
    file(GLOB scripts CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/cli/*.sh")
    foreach(script ${scripts})
        get_filename_component(stem "${script}" NAME_WE)
        set(folder "${CMAKE_CURRENT_BINARY_DIR}/cli/${stem}")
        file(MAKE_DIRECTORY "${folder}")
        add_test(NAME cli-${stem} COMMAND bash "${script}" WORKING_DIRECTORY "${folder}")
        ballast_test_properties(cli-${stem} cli)
    endforeach()
endfunction()

# ballast_lint_test(<name> <command>...)
function(ballast_lint_test name)
    add_test(NAME lint-${name} COMMAND ${ARGN} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    ballast_test_properties(lint-${name} lint)
endfunction()
