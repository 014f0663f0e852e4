/** Two members with one key: JSON and YAML both refuse them. */
#ifndef BALLAST_JSON_JSON_KEYS_H
#define BALLAST_JSON_JSON_KEYS_H

#include "ballast/json/json.h"

/** Finds two members with one key, in the order in which they stand. False where there are none. */
bool bl_json_find_twins(const cJSON *object, const cJSON **ret_first, const cJSON **ret_second);

#endif
