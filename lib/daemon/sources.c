#include "ballast/daemon/sources.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"

struct refused {
    char *name, *why;
};

struct bl_sources {
    struct bl_policies *policies;
    const struct bl_source_metrics *metrics;
    struct bl_complaint files; /* of the thread that looks */
    pthread_mutex_t lock;      /* guards what follows */
    struct {
        struct refused *items;
        size_t len, cap;
    } refused; /* KafkaPolicies whose newest version is broken */
};

/* --- complaints --- */

void bl_complaint_raise(struct bl_complaint *complaint, const struct bl_source_metrics *metrics,
                        enum bl_reload_source source, const char *message,
                        const struct bl_error *err)
{
    if (bl_text_eq(complaint->said, bl_error_text(err)))
        return;
    free(complaint->said);
    complaint->said = bl_strdup(bl_error_text(err));
    bl_source_metrics_reload(metrics, source, false, true);
    bl_log_error(BL_LOG_ERROR, message, err);
}

void bl_complaint_settle(struct bl_complaint *complaint, const struct bl_source_metrics *metrics,
                         enum bl_reload_source source, bool changed)
{
    if (changed || complaint->said)
        bl_source_metrics_reload(metrics, source, true, false);
    bl_complaint_release(complaint);
}

void bl_complaint_release(struct bl_complaint *complaint)
{
    free(complaint->said);
    complaint->said = NULL;
}

/* --- files --- */

static void refused_clear(struct refused *refused)
{
    free(refused->name);
    free(refused->why);
}

void bl_sources_free(struct bl_sources *sources)
{
    if (!sources)
        return;
    for (size_t i = 0; i < sources->refused.len; i++)
        refused_clear(&sources->refused.items[i]);
    free(sources->refused.items);
    (void)pthread_mutex_destroy(&sources->lock);
    bl_complaint_release(&sources->files);
    bl_policies_free(sources->policies);
    free(sources);
}
BL_DEFINE_CLEANUP(struct bl_sources *, sources_cleanup, bl_sources_free)

int bl_sources_new(const char *const *names, bl_nsec overlap,
                   const struct bl_source_metrics *metrics, struct bl_sources **ret_sources,
                   struct bl_error **err)
{
    BL_AUTO(sources_cleanup) struct bl_sources *sources = BL_NEW(struct bl_sources);
    enum bl_reload what;

    (void)pthread_mutex_init(&sources->lock, NULL);
    sources->metrics = metrics;
    sources->policies = bl_policies_new(names, overlap);
    if (bl_policies_read(sources->policies, &what, err) < 0)
        return -1;
    bl_source_metrics_reload(metrics, BL_SOURCE_FILES, true, false);
    *ret_sources = BL_STEAL(sources);
    return 0;
}

struct bl_policies *bl_sources_policies(const struct bl_sources *sources)
{
    return sources->policies;
}

bool bl_sources_look(struct bl_sources *sources)
{
    enum bl_reload what;
    BL_ERROR(err);

    if (bl_policies_read(sources->policies, &what, &err) < 0) {
        bl_complaint_raise(&sources->files, sources->metrics, BL_SOURCE_FILES,
                           "policies not replaced", err);
        return false;
    }
    bl_complaint_settle(&sources->files, sources->metrics, BL_SOURCE_FILES, what == BL_RELOAD_DONE);
    if (what == BL_RELOAD_DONE)
        BL_LOG(BL_LOG_INFO, "policies replaced", BL_LOG_TEXT("source", "files"));
    return what == BL_RELOAD_DONE;
}

/* --- objects --- */

/* With the lock. */
static struct refused *find_refused(struct bl_sources *sources, const char *name)
{
    for (size_t i = 0; i < sources->refused.len; i++)
        if (strcmp(sources->refused.items[i].name, name) == 0)
            return &sources->refused.items[i];
    return NULL;
}

/* `why` NULL: it holds. True: there is still one that does not. */
static bool note_refused(struct bl_sources *sources, const char *name, const char *why)
{
    struct refused *refused;
    bool any;

    (void)pthread_mutex_lock(&sources->lock);
    refused = find_refused(sources, name);
    if (refused) {
        refused_clear(refused);
        *refused = sources->refused.items[--sources->refused.len];
    }
    if (why)
        *BL_PUSH(&sources->refused) = (struct refused){bl_strdup(name), bl_strdup(why)};
    any = sources->refused.len > 0;
    (void)pthread_mutex_unlock(&sources->lock);
    return any;
}

bool bl_sources_policy_changed(struct bl_sources *sources, const cJSON *before, const cJSON *after)
{
    const char *name = bl_object_ref(after ? after : before).name;
    BL_ERROR(err);
    int rc;

    if (before && after && bl_json_equal(bl_json_get(before, "spec"), bl_json_get(after, "spec")))
        return false;
    rc = after ? bl_policies_upsert(sources->policies, after, &err)
               : bl_policies_remove(sources->policies, name, &err);
    bl_source_metrics_reload(sources->metrics, BL_SOURCE_CLUSTER, rc == 0,
                             note_refused(sources, name, rc < 0 ? bl_error_text(err) : NULL));
    if (rc < 0)
        bl_log_error(BL_LOG_ERROR, "policy not replaced", err);
    else
        BL_LOG(BL_LOG_INFO, "policies replaced", BL_LOG_TEXT("source", "cluster"),
               BL_LOG_TEXT("name", name));
    return true;
}

bool bl_sources_refuse_any(struct bl_sources *sources)
{
    bool any;

    (void)pthread_mutex_lock(&sources->lock);
    any = sources->refused.len > 0;
    (void)pthread_mutex_unlock(&sources->lock);
    return any;
}

char *bl_sources_refusal(struct bl_sources *sources, const char *name)
{
    const struct refused *refused;
    char *why = NULL;

    (void)pthread_mutex_lock(&sources->lock);
    refused = find_refused(sources, name);
    if (refused)
        why = bl_strdup(refused->why);
    (void)pthread_mutex_unlock(&sources->lock);
    return why;
}

void bl_sources_measure(struct bl_sources *sources)
{
    BL_AUTO(bl_snapshot_cleanup)
    struct bl_snapshot *snapshot = bl_policies_get(sources->policies);

    bl_metric_set(sources->metrics->policies,
                  snapshot ? (int64_t)bl_snapshot_policies(snapshot)->len : 0, 0, 0, 0);
}
