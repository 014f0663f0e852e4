/**
 * What the controllers keep of the cluster: which kinds, and how each is cut to what is read. Pods are those of managed
 * workloads, each folded to one text until it is looked at, as they are more than all else.
 */
#ifndef BALLAST_CONTROLLER_CACHES_H
#define BALLAST_CONTROLLER_CACHES_H

#include "env.h"

/**
 * The table for the manager, whose hooks take a struct bl_env. Returns its length. `config_maps`: those that hold settings
 * of brokers too; reading them takes the right to read all.
 */
size_t bl_caches_table(bool config_maps, struct bl_cache_spec ret_table[BL_CACHES_MAX]);

/** Does the cluster have PolicyReports: is their CRD installed? */
bool bl_caches_know_reports(const struct bl_env *env);
/** Is there a kind of network plugins' policies of which it is not known yet whether the cluster has any? */
bool bl_caches_lack_policies(const struct bl_env *env);

/** Objects that stay as they are until it is released. */
struct bl_namespace_view {
    const cJSON *namespace; /* the Namespace; NULL: it is not there */
    const cJSON **items;    /* all of the namespace but its pods, and the Namespace; or the pods */
    size_t len, cap;
    struct bl_stored_list stored;
    struct {
        cJSON **items;
        size_t len, cap;
    } own; /* what is not stored so, and goes with the view */
};

/** Is the namespace looked after? */
enum bl_scope_place bl_caches_place(const struct bl_env *env, const char *namespace);
/**
 * Is all of it known? Not yet, where it came into scope a moment ago: then it is no time to decide, and who meets it comes
 * back after COMPLETE_WITHIN.
 */
bool bl_caches_complete(const struct bl_env *env, const char *namespace);
#define COMPLETE_WITHIN (BL_NSEC_S / 5)

void bl_caches_view(const struct bl_env *env, const char *namespace,
                    struct bl_namespace_view *ret_view);
/** Does Backup for GKE copy volumes of the namespace just now? */
bool bl_caches_copying(const struct bl_env *env, const char *namespace);
/** Does Backup for GKE restore into the namespace just now, or is a rehearsal there, which must not be opened? */
bool bl_caches_restoring(const struct bl_env *env, const char *namespace);
/** The pods of managed workloads. */
void bl_caches_pods(const struct bl_env *env, const char *namespace,
                    struct bl_namespace_view *ret_view);
void bl_namespace_view_release(struct bl_namespace_view *view);

#endif
