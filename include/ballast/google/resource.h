/**
 * Resources by their names, as all of Google's APIs have them (AIP-122, 131 to 135).
 *
 * There is no request id in these APIs: that a create is done once follows from the id that we choose. One whose answer was
 * lost is made again, finds that it is there already, and compares: content that we asked for is success, other content an
 * error that names what differs. A change says which fields and which state it was judged by, so that nothing of somebody
 * else's is written over.
 */
#ifndef BALLAST_GOOGLE_RESOURCE_H
#define BALLAST_GOOGLE_RESOURCE_H

#include "ballast/google/client.h"
#include "ballast/json/decode.h"

struct bl_google_create {
    const char *parent;     /* "projects/P/locations/L" */
    const char *collection; /* "backupPlans" */
    const char *id_query;   /* "backupPlanId" */
    const char *id;
    const cJSON *body;
    bl_nsec timeout;
};

/**
 * `*ret_operation` is the name of what makes it, for free(), or NULL where it was there as asked. Other content is
 * BL_ERR_CONFLICT with the reason ALREADY_EXISTS; one that is just being deleted is BL_ERR_UNAVAILABLE.
 */
BL_CHECK int bl_google_create(struct bl_google_client *client,
                              const struct bl_google_create *create, char **ret_operation,
                              struct bl_error **err);

BL_CHECK int bl_google_get(struct bl_google_client *client, const char *name, cJSON **ret_resource,
                           struct bl_error **err);

struct bl_google_patch {
    const char *name;
    const cJSON *body; /* without etag */
    const char
        *mask; /* "retentionPolicy.backupRetainDays,labels"; without it all fields were written */
    const char *etag; /* of the state that we judged; another one is BL_ERR_CONFLICT, ABORTED */
    bl_nsec timeout;
};

BL_CHECK int bl_google_patch(struct bl_google_client *client, const struct bl_google_patch *patch,
                             char **ret_operation, struct bl_error **err);

struct bl_google_delete {
    const char *name;
    const char *etag; /* NULL: whatever its state is */
    bool force;       /* with what is in it */
    bl_nsec timeout;
};

BL_CHECK int bl_google_delete(struct bl_google_client *client, const struct bl_google_delete *how,
                              char **ret_operation, struct bl_error **err);

struct bl_google_list {
    const char *parent, *collection;
    const char *filter, *order_by; /* or NULL */
    unsigned page_size;            /* 0: the service's */
};

/**
 * All pages. Locations that could not be asked are added to `unreachable`; with NULL they are an error, as then the list
 * is not the whole truth.
 */
BL_CHECK int bl_google_list(struct bl_google_client *client, const struct bl_google_list *list,
                            cJSON **ret_items, struct bl_strings *unreachable,
                            struct bl_error **err);

/**
 * Appends how `live` differs in the fields of `asked`: "backupConfig.includeSecrets is false, not true; …". Nothing: it
 * does not. What is left out is what proto3 leaves out: false, 0, "", and what is empty.
 */
void bl_google_differ(const cJSON *asked, const cJSON *live, struct bl_strbuf *out);
/** Do they say the same, where each may leave out what is left out? NULL says nothing. */
bool bl_google_same(const cJSON *a, const cJSON *b);

#endif
