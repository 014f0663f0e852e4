/**
 * Calls that have bitten others. Including this header turns each of them into a compile error.
 * It comes in with every build by the compiler's -include option, see CMakeLists.txt.
 */
#ifndef BALLAST_BASE_BANNED_H
#define BALLAST_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef strtok

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok atoi atol atof localtime \
    gmtime
#pragma GCC poison cJSON_GetErrorPtr

#endif
