/**
 * What a KafkaCluster stands on in the cluster: its values, its release, and the objects of it. All is read by the rights of
 * the client's account, which is the service account that the object names.
 */
#ifndef BALLAST_CLUSTER_LIVE_H
#define BALLAST_CLUSTER_LIVE_H

#include "ballast/base/digest.h"
#include "ballast/cluster/record.h"
#include "ballast/cluster/spec.h"
#include "ballast/kube/client.h"

/** Merges valuesFrom and values into YAML. `ret_yaml` is a secret. Errors name the Secret and key, never a value. */
BL_CHECK int bl_live_values(struct bl_kube_client *client, const char *namespace,
                            const struct bl_cluster_spec *spec, struct bl_strbuf *ret_yaml,
                            struct bl_error **err);

/** The newest revision of a release; the record stays empty where there is none. */
BL_CHECK int bl_live_release(struct bl_kube_client *client, const char *namespace, const char *name,
                             struct bl_record *ret_record, struct bl_error **err);
/** Only its revision and status, which costs little; revision 0: there is none. `ret_status` is for free(). */
BL_CHECK int bl_live_newest(struct bl_kube_client *client, const char *namespace, const char *name,
                            int64_t *ret_revision, char **ret_status, struct bl_error **err);
/** Marks the newest revision as failed where it is pending, so that Helm goes on: for one whose Helm is gone. */
BL_CHECK int bl_live_unlock(struct bl_kube_client *client, const char *namespace, const char *name,
                            struct bl_error **err);

/** Kinds that were asked for, so that each is asked for once. */
struct bl_live_kinds {
    struct bl_live_kind {
        char *api_version, *kind;
        struct bl_kube_kind known; /* plural NULL: the cluster has none of it */
    } * items;
    size_t len, cap;
};
void bl_live_kinds_release(struct bl_live_kinds *kinds);

/** Objects, owned. */
struct bl_live_objects {
    cJSON **items;
    size_t len, cap;
};
void bl_live_objects_release(struct bl_live_objects *objects);

/** Appends the live ones of all objects that the record names, but for Secrets; what is not there is left out. */
BL_CHECK int bl_live_read(struct bl_kube_client *client, struct bl_live_kinds *kinds,
                          const char *namespace, const struct bl_record *record,
                          struct bl_live_objects *objects, struct bl_error **err);

/**
 * Would the API server take this object now, and what would come of it? Admission speaks, and nothing is stored.
 * `*ret_object` is NULL for a kind that the cluster does not have yet.
 */
BL_CHECK int bl_live_try(struct bl_kube_client *client, struct bl_live_kinds *kinds,
                         const char *namespace, const cJSON *object, cJSON **ret_object,
                         struct bl_error **err);

#endif
