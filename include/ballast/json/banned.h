/**
 * Calls of cJSON that have bitten others: look-ups that ignore case, a parser without a length, an
 * error kept in a global. Poisoned after their declaration, so cJSON.h comes first. Includes the bans
 * of base; comes in with every build of json and above, see CMakeLists.txt.
 */
#ifndef BALLAST_JSON_BANNED_H
#define BALLAST_JSON_BANNED_H

#include <cjson/cJSON.h>

#include "ballast/base/banned.h"

#pragma GCC poison cJSON_GetObjectItem cJSON_HasObjectItem cJSON_Parse cJSON_ParseWithOpts
#pragma GCC poison cJSON_GetErrorPtr cJSON_InsertItemInArray

#endif
