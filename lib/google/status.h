/** Errors made of what Google's APIs answer. */
#ifndef BALLAST_GOOGLE_STATUS_PRIVATE_H
#define BALLAST_GOOGLE_STATUS_PRIVATE_H

#include "ballast/google/status.h"
#include "ballast/http/client.h"
#include "ballast/json/json.h"

/**
 * Makes an error of an answer that is no success. `what` is the request; a message that repeats `secret` is left out.
 * Returns -1.
 */
int bl_google_status_fail(const struct bl_http_response *response, const char *what,
                          const char *secret, struct bl_error **err);

/** The same of a google.rpc.Status, as an operation has it in "error". Returns -1. */
int bl_google_status_fail_rpc(const cJSON *status, const char *what, struct bl_error **err);

#endif
