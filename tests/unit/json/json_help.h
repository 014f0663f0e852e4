/** What the tests of this module share: JSON from text with single quotes, and back. */
#ifndef BALLAST_TEST_JSON_HELP_H
#define BALLAST_TEST_JSON_HELP_H

#include "ballast/json/json.h"

/** Reads text in which ' stands for ", so that tables stay legible. Fails the test if it cannot. */
cJSON *help_json(const char *text);
/** Compact text of a value, with ' for ". For free(). */
char *help_text(const cJSON *value);

#endif
