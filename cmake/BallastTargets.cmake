# A module is a folder of sources. A folder that is empty makes no target, and what links to it is left
# out too, so that a module can be named here before its first file exists.

# ballast_sources(<variable> <folder>...): the folders' own .c files, looked at again at every build.
function(ballast_sources variable)
    set(all)
    foreach(folder ${ARGN})
        file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.c")
        list(APPEND all ${sources})
    endforeach()
    set(${variable} ${all} PARENT_SCOPE)
endfunction()

# ballast_ready(<variable> <library>...): TRUE if each of our libraries among them has a target.
function(ballast_ready variable)
    set(${variable} TRUE PARENT_SCOPE)
    foreach(library ${ARGN})
        if(NOT TARGET ${library} AND NOT library MATCHES "^(m|dl|pthread)$")
            set(${variable} FALSE PARENT_SCOPE)
        endif()
    endforeach()
endfunction()

# ballast_own_source(<target> [<header>]): a target that we ship. The header, ballast/json/banned.h where
# none is named, comes in with each source and bans the calls that our code must not make.
function(ballast_own_source target)
    set(banned "ballast/json/banned.h")
    if(ARGN)
        set(banned "${ARGN}")
    endif()
    target_link_libraries(${target} PRIVATE ballast_own)
    target_compile_options(${target} PRIVATE "SHELL:-include ${banned}")
endfunction()

# ballast_library(<name> FOLDER <folder> [BELOW <subfolder>...] [LINK <library>...] [PRIVATE <library>...]
#                 [DEFINE <NAME=value>...] [BANNED <header>])
# A static library of all but main.c, in the folder and in those named below it ("*": all), which include the folder's private
# headers by their paths from there. Who links to it also gets LINK and DEFINE, and never the headers of PRIVATE.
function(ballast_library name)
    cmake_parse_arguments(arg "" "FOLDER;BANNED" "BELOW;LINK;PRIVATE;DEFINE" ${ARGN})
    list(TRANSFORM arg_BELOW PREPEND "${arg_FOLDER}/")
    ballast_sources(sources ${arg_FOLDER} ${arg_BELOW})
    list(FILTER sources EXCLUDE REGEX "/main\\.c$")
    ballast_ready(ready ${arg_LINK} ${arg_PRIVATE})
    if(NOT sources OR NOT ready)
        message(STATUS "${arg_FOLDER}: nothing to build yet")
        return()
    endif()
    add_library(${name} STATIC ${sources})
    set_target_properties(${name} PROPERTIES OUTPUT_NAME "ballast-${name}")
    target_link_libraries(${name} PUBLIC ${arg_LINK} PRIVATE ${arg_PRIVATE})
    ballast_own_source(${name} ${arg_BANNED})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/${arg_FOLDER}")
    target_compile_definitions(${name} PUBLIC ${arg_DEFINE})
endfunction()

# ballast_program(<name> FOLDER <folder> [MAIN] LINK <library>...)
# With MAIN the folder is a library too, and the program is its main.c.
function(ballast_program name)
    cmake_parse_arguments(arg "MAIN" "FOLDER" "LINK" ${ARGN})
    ballast_sources(sources ${arg_FOLDER})
    if(arg_MAIN)
        list(FILTER sources INCLUDE REGEX "/main\\.c$")
    endif()
    ballast_ready(ready ${arg_LINK})
    if(NOT sources OR NOT ready)
        message(STATUS "${arg_FOLDER}: nothing to build yet")
        return()
    endif()
    add_executable(${name} ${sources})
    target_link_libraries(${name} PRIVATE ${arg_LINK})
    string(REGEX REPLACE "/.*" "" module "${arg_FOLDER}")
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/${module}")
    ballast_own_source(${name})
endfunction()
