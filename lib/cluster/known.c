/* What the status of a KafkaCluster says about the release that it has made. */
#include "ballast/cluster/plan.h"

#include <string.h>

#include "ballast/base/text.h"
#include "ballast/kafka/metadata_version.h"
#include "ballast/object/object.h"

/* The API server does not look at the uid where a status is written. */
const cJSON *bl_cluster_own_status(const cJSON *object)
{
    const cJSON *status = bl_json_get(object, "status");
    const char *of = bl_json_string(bl_json_get(status, "release"), "object");

    return !of || strcmp(of, bl_object_uid(object)) == 0 ? status : NULL;
}

void bl_cluster_known_read(const cJSON *object, struct bl_cluster_known *ret_known)
{
    const cJSON *status = bl_cluster_own_status(object);
    const cJSON *release = bl_json_get(status, "release");
    const cJSON *versions = bl_json_get(status, "versions");
    const cJSON *verification = bl_json_get(status, "verification");

    *ret_known = (struct bl_cluster_known){
        .release = bl_json_string(release, "name"),
        .attempt = bl_json_number(release, "attempt"),
        .kafka = bl_json_string(versions, "kafka"),
        .zookeeper = bl_json_string(versions, "zookeeper"),
        .protocol = bl_json_string(versions, "protocol"),
        .level = bl_metadata_version_level(bl_json_string(versions, "metadata")),
        .revision = bl_json_number(release, "revision"),
        .since = bl_json_number(bl_json_get(status, "progress"), "since"),
        .verified = bl_json_number(verification, "revision"),
        .lost = bl_json_number(verification, "lost")};
}

bool bl_cluster_known_is_settled(const struct bl_cluster_known *known,
                                 const struct bl_cluster_spec *spec, const char *release,
                                 int64_t revision, int64_t now)
{
    bool proven = !spec->verification.enabled || (known->verified == revision && !known->lost);

    return revision && bl_text_eq(known->release, release) && known->revision == revision &&
           known->since && now - known->since >= spec->upgrade.soak && proven;
}
