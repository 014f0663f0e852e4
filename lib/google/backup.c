#include "ballast/google/backup.h"

#include <ctype.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define ID_MAX ((size_t)63)

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* How the service calls them, and how long its own clients wait (its gRPC service config), in seconds. */
static const struct kind {
    const char *word, *collection, *id_query;
    enum bl_gke_kind parent; /* 0: a location */
    int create, change, delete;
    bool forceless; /* cannot be deleted with what is in it */
} kinds[] = {
    [BL_GKE_BACKUP_PLAN] = {.word = "backup plan",
                            .collection = "backupPlans",
                            .id_query = "backupPlanId",
                            .create = 300,
                            .change = 60,
                            .delete = 60,
                            .forceless = true},
    [BL_GKE_BACKUP] = {.word = "backup",
                       .collection = "backups",
                       .id_query = "backupId",
                       .parent = BL_GKE_BACKUP_PLAN,
                       .create = 120,
                       .change = 60,
                       .delete = 300},
    [BL_GKE_VOLUME_BACKUP] = {.word = "volume backup",
                              .collection = "volumeBackups",
                              .parent = BL_GKE_BACKUP},
    [BL_GKE_RESTORE_PLAN] = {.word = "restore plan",
                             .collection = "restorePlans",
                             .id_query = "restorePlanId",
                             .create = 120,
                             .change = 60,
                             .delete = 60},
    [BL_GKE_RESTORE] = {.word = "restore",
                        .collection = "restores",
                        .id_query = "restoreId",
                        .parent = BL_GKE_RESTORE_PLAN,
                        .create = 120,
                        .change = 60,
                        .delete = 60},
    [BL_GKE_VOLUME_RESTORE] = {.word = "volume restore",
                               .collection = "volumeRestores",
                               .parent = BL_GKE_RESTORE},
};

/* --- names --- */

bool bl_gke_id_valid(const char *id)
{
    size_t len = strlen(id);

    if (len < 1 || len > ID_MAX || !(id[0] >= 'a' && id[0] <= 'z') || id[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_name_char(id[i]))
            return false;
    return true;
}

/* Of a project, which may have a domain ("example.com:p"), a location, which may be "-", or an id of the service's. */
static bool is_part(const char *text, size_t len)
{
    if (len < 1 || len > 2 * ID_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("-._:", text[i]))
            return false;
    return true;
}

/* Walks "WORD/PART/" on: what is behind it, or NULL. The last one has no '/' behind it. */
static const char *skip(const char *name, const char *word)
{
    size_t len = strlen(word), part;

    if (strncmp(name, word, len) != 0 || name[len] != '/')
        return NULL;
    name += len + 1;
    part = strcspn(name, "/");
    if (!is_part(name, part))
        return NULL;
    return name[part] ? name + part + 1 : name + part;
}

/* Behind the name of one of that kind, or of a location where it is 0; NULL: it does not begin so. */
static const char *skip_kind(enum bl_gke_kind kind, const char *name)
{
    const char *at;

    if (!kind) {
        at = skip(name, "projects");
        return at ? skip(at, "locations") : NULL;
    }
    at = skip_kind(kinds[kind].parent, name);
    return at ? skip(at, kinds[kind].collection) : NULL;
}

static bool is_whole(const char *name, const char *end)
{
    return end && !*end && !bl_text_ends(name, "/");
}

static int check_parent(enum bl_gke_kind kind, const char *parent, struct bl_error **err)
{
    enum bl_gke_kind above = kinds[kind].parent;

    if (is_whole(parent, skip_kind(above, parent)))
        return 0;
    return bl_fail(err, BL_ERR_INVALID, "\"%.200s\" is no name of a %s", parent,
                   above ? kinds[above].word : "location");
}

int bl_gke_name_check(enum bl_gke_kind kind, const char *name, struct bl_error **err)
{
    if (is_whole(name, skip_kind(kind, name)))
        return 0;
    return bl_fail(err, BL_ERR_INVALID, "\"%.200s\" is no name of a %s", name, kinds[kind].word);
}

int bl_gke_location(struct bl_strbuf *name, const char *project, const char *location,
                    struct bl_error **err)
{
    if (!is_part(project, strlen(project)))
        return bl_fail(err, BL_ERR_INVALID, "\"%.200s\" is no id of a project", project);
    if (!is_part(location, strlen(location)))
        return bl_fail(err, BL_ERR_INVALID, "\"%.200s\" is no location", location);
    bl_strbuf_addf(name, "projects/%s/locations/%s", project, location);
    return bl_strbuf_check(name, "the name", err);
}

int bl_gke_cluster_name(struct bl_strbuf *name, const char *project, const char *location,
                        const char *cluster, struct bl_error **err)
{
    if (!is_part(cluster, strlen(cluster)))
        return bl_fail(err, BL_ERR_INVALID, "\"%.200s\" is no name of a cluster", cluster);
    if (bl_gke_location(name, project, location, err) < 0)
        return -1;
    bl_strbuf_addf(name, "/clusters/%s", cluster);
    return bl_strbuf_check(name, "the name", err);
}

static int check_id(enum bl_gke_kind kind, const char *id, struct bl_error **err)
{
    if (bl_gke_id_valid(id))
        return 0;
    bl_fail(err, BL_ERR_INVALID, "\"%.200s\" is no id of a %s", id, kinds[kind].word);
    return bl_hint(err, "It has 1 to 63 of a-z, 0-9 and '-', begins with a letter and does not end "
                        "with '-'.");
}

int bl_gke_name(struct bl_strbuf *name, enum bl_gke_kind kind, const char *parent, const char *id,
                struct bl_error **err)
{
    if (check_parent(kind, parent, err) < 0 || check_id(kind, id, err) < 0)
        return -1;
    bl_strbuf_addf(name, "%s/%s/%s", parent, kinds[kind].collection, id);
    return bl_strbuf_check(name, "the name", err);
}

void bl_gke_parent(const char *name, struct bl_strbuf *parent)
{
    const char *id = strrchr(name, '/'), *collection = id;

    while (collection && collection > name && collection[-1] != '/')
        collection--;
    bl_strbuf_add(parent, name,
                  collection && collection > name ? (size_t)(collection - name) - 1 : 0);
}

/* --- requests --- */

/* Volumes are the service's own. */
static int check_ours(enum bl_gke_kind kind, struct bl_error **err)
{
    if (kinds[kind].id_query)
        return 0;
    return bl_fail(err, BL_ERR_INVALID, "a %s is made, changed and deleted by the service alone",
                   kinds[kind].word);
}

int bl_gke_get(struct bl_google_client *client, enum bl_gke_kind kind, const char *name,
               cJSON **ret_resource, struct bl_error **err)
{
    if (bl_gke_name_check(kind, name, err) < 0)
        return -1;
    return bl_google_get(client, name, ret_resource, err);
}

int bl_gke_create(struct bl_google_client *client, enum bl_gke_kind kind, const char *parent,
                  const char *id, const cJSON *body, char **ret_operation, struct bl_error **err)
{
    struct bl_google_create create = {.parent = parent,
                                      .collection = kinds[kind].collection,
                                      .id_query = kinds[kind].id_query,
                                      .id = id,
                                      .body = body,
                                      .timeout = kinds[kind].create * BL_NSEC_S};

    if (check_ours(kind, err) < 0 || check_parent(kind, parent, err) < 0 ||
        check_id(kind, id, err) < 0)
        return -1;
    return bl_google_create(client, &create, ret_operation, err);
}

int bl_gke_patch(struct bl_google_client *client, enum bl_gke_kind kind,
                 const struct bl_google_patch *patch, char **ret_operation, struct bl_error **err)
{
    struct bl_google_patch mine = *patch;

    mine.timeout = kinds[kind].change * BL_NSEC_S;
    if (check_ours(kind, err) < 0 || bl_gke_name_check(kind, patch->name, err) < 0)
        return -1;
    return bl_google_patch(client, &mine, ret_operation, err);
}

int bl_gke_delete(struct bl_google_client *client, enum bl_gke_kind kind,
                  const struct bl_google_delete *how, char **ret_operation, struct bl_error **err)
{
    struct bl_google_delete mine = *how;

    mine.timeout = kinds[kind].delete *BL_NSEC_S;
    if (check_ours(kind, err) < 0 || bl_gke_name_check(kind, how->name, err) < 0)
        return -1;
    if (how->force && kinds[kind].forceless)
        return bl_fail(err, BL_ERR_INVALID, "a %s cannot be deleted by force", kinds[kind].word);
    return bl_google_delete(client, &mine, ret_operation, err);
}

int bl_gke_list(struct bl_google_client *client, enum bl_gke_kind kind, const char *parent,
                const char *filter, cJSON **ret_items, struct bl_strings *unreachable,
                struct bl_error **err)
{
    struct bl_google_list list = {
        .parent = parent, .collection = kinds[kind].collection, .filter = filter};

    if (check_parent(kind, parent, err) < 0)
        return -1;
    return bl_google_list(client, &list, ret_items, unreachable, err);
}

int bl_gke_cluster_get(struct bl_google_client *client, const char *name,
                       struct bl_gke_cluster *ret_cluster, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *cluster = NULL;

    if (bl_google_get(client, name, &cluster, err) < 0)
        return -1;
    ret_cluster->running = bl_text_eq(bl_json_string(cluster, "status"), "RUNNING");
    ret_cluster->backup_agent = bl_json_bool(
        bl_json_at(cluster, "addonsConfig", "gkeBackupAgentConfig", NULL), "enabled", false);
    return 0;
}
