/** The condition Accepted of a KafkaPolicy: does what it says hold, or why not? Pure but for the writing. */
#ifndef BALLAST_CONTROLLER_POLICY_STATUS_H
#define BALLAST_CONTROLLER_POLICY_STATUS_H

#include "ballast/kube/client.h"

/**
 * The object with the status that it should have, for server-side apply; NULL where it has it. `refusal` NULL: the
 * policy holds. `now` in seconds since 1970.
 */
cJSON *bl_policy_status_patch(const cJSON *policy, const char *refusal, int64_t now);

BL_CHECK int bl_policy_status_write(struct bl_kube_client *client, const cJSON *policy,
                                    const char *refusal, struct bl_error **err);

#endif
