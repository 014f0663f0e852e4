/**
 * A release as Helm writes it down, or as it says it would: the same JSON in its Secret and in `helm upgrade -o json`.
 *
 * It holds whatever the chart renders, passwords too: it is wiped when it goes.
 */
#ifndef BALLAST_CLUSTER_RECORD_H
#define BALLAST_CLUSTER_RECORD_H

#include "ballast/object/manifest.h"

/** Most bytes that are read of one. */
#define BL_RECORD_MAX ((size_t)16 << 20)

struct bl_record {
    struct bl_strbuf text;       /* what follows lies in it */
    cJSON *json;                 /* {name, info, chart, config, manifest, version, …} */
    struct bl_manifest manifest; /* its objects, without hooks */
    struct bl_manifest hooks;    /* those that come before or behind an install or an upgrade */
};

#define BL_RECORD_INIT                        \
    {                                         \
        .text = BL_STRBUF_INIT(BL_RECORD_MAX) \
    }

/** What Helm printed. Takes `text`, on failure too. */
BL_CHECK int bl_record_read(struct bl_record *record, struct bl_strbuf *text,
                            struct bl_error **err);
/** What a Secret of Helm's holds. */
BL_CHECK int bl_record_unpack(struct bl_record *record, const cJSON *secret, struct bl_error **err);
void bl_record_release(struct bl_record *record);

/** False for one that nothing was read into. */
bool bl_record_exists(const struct bl_record *record);
/** 0 where there is none. */
int64_t bl_record_revision(const struct bl_record *record);
/** "deployed", "failed", "pending-upgrade", …; "" where there is none. */
const char *bl_record_status(const struct bl_record *record);
/** Is there a release? One that was uninstalled and whose history was kept has revisions, and no objects. */
bool bl_release_is_there(int64_t revision, const char *status);
bool bl_record_is_there(const struct bl_record *record);
/** Does Helm say by this status that an operation is under way? */
bool bl_release_is_pending(const char *status);
bool bl_record_is_pending(const struct bl_record *record);
/** "kafka-20.0.6"; "" where it is not known. For free(). */
BL_NONNULL char *bl_record_chart(const struct bl_record *record);
/** Has Helm made it by server-side apply? */
bool bl_record_is_applied(const struct bl_record *record);
/** The values that its author gave, or NULL. */
const cJSON *bl_record_values(const struct bl_record *record);
/** The object of this kind and name, or NULL; `namespace` is that of the release. */
const cJSON *bl_record_find(const struct bl_record *record, const cJSON *like,
                            const char *namespace);
/** The object with the words by which Helm knows it again, which it adds to what a chart renders. */
BL_NONNULL cJSON *bl_record_applied(const cJSON *object, const char *release,
                                    const char *namespace);
/** When it was written last, in seconds since 1970; 0: not known. */
int64_t bl_record_time(const struct bl_record *record);

/**
 * The `data` of its Secret with this status in place of the one that it has, so that Helm's own lock opens: for a
 * pending operation whose Helm is gone. BL_ERR_TOO_LARGE where it does not fit.
 */
BL_CHECK int bl_record_seal(const struct bl_record *record, const char *status, cJSON **ret_data,
                            struct bl_error **err);

#endif
