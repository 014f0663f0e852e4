# How our C is compiled: the interface targets ballast_c (every source, tests too) and ballast_own
# (what we ship: hardening).
include(CheckCCompilerFlag)
include(CheckLinkerFlag)
include(CheckPIESupported)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release or RelWithDebInfo" FORCE)
endif()
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
check_pie_supported(LANGUAGES C)

# No NDEBUG anywhere: assertions are part of the program.
set(CMAKE_C_FLAGS_DEBUG "-Og -g")
set(CMAKE_C_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER AND NOT BALLAST_COVERAGE)
    set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE}")
endif()

add_library(ballast_c INTERFACE)
target_include_directories(ballast_c INTERFACE "${PROJECT_SOURCE_DIR}/include")
target_compile_definitions(ballast_c INTERFACE _GNU_SOURCE)
target_compile_options(ballast_c INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wstrict-prototypes -Wmissing-prototypes
    -Wundef -Wformat=2 -fno-common
    # BL_STEAL is a statement expression; clang warns although __extension__ stands before it.
    $<$<C_COMPILER_ID:Clang>:-Wno-gnu-statement-expression>
    $<$<BOOL:${BALLAST_WERROR}>:-Werror>)

add_library(ballast_own INTERFACE)
target_link_libraries(ballast_own INTERFACE ballast_c)

if(BALLAST_SANITIZE)
    set(flags "-fsanitize=${BALLAST_SANITIZE}" -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_compile_options(ballast_c INTERFACE ${flags})
    target_link_options(ballast_c INTERFACE ${flags})
endif()

if(BALLAST_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "BALLAST_FUZZ needs clang: use the preset fuzz")
    endif()
    target_compile_options(ballast_c INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(BALLAST_COVERAGE)
    target_compile_options(ballast_c INTERFACE --coverage -fprofile-update=atomic)
    target_link_options(ballast_c INTERFACE --coverage)
endif()

# Some flags exist on some architectures only (control-flow protection on x86), so each is asked for.
if(BALLAST_HARDEN AND NOT BALLAST_SANITIZE)
    foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection)
        string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
        check_c_compiler_flag("-Werror ${flag}" ${have})
        if(${have})
            target_compile_options(ballast_own INTERFACE ${flag})
        endif()
    endforeach()
    # Needs an optimising build to do anything, and warns without one.
    target_compile_definitions(ballast_own INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
    foreach(flag relro now noexecstack)
        check_linker_flag(C "-Wl,-z,${flag}" HAVE_Z_${flag})
        if(HAVE_Z_${flag})
            target_link_options(ballast_own INTERFACE "-Wl,-z,${flag}")
        endif()
    endforeach()
endif()
