#include "ballast/backup/names.h"

#include <string.h>

#include "ballast/base/digest.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/backup.h"

/* What a cut name keeps of itself, and how much of its digest stands behind. */
#define HASH_LEN 8

int bl_backup_check_id(const cJSON *value, struct bl_error **err)
{
    if (bl_gke_id_valid(value->valuestring))
        return 0;
    return bl_fail(err, BL_ERR_INVALID,
                   "\"%.80s\" is no ID of Backup for GKE: 1 to %d lower-case letters, digits and "
                   "dashes, with a letter first and no dash at the end",
                   value->valuestring, BL_BACKUP_ID_MAX);
}

/* Object names have dots and may begin with a digit, which IDs do not. */
static void add_letter(struct bl_strbuf *id, char letter)
{
    bool fits = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');

    if (!id->len && (letter < 'a' || letter > 'z'))
        bl_strbuf_adds(id, "b-");
    bl_strbuf_add(id, fits ? &letter : "-", 1);
}

char *bl_backup_make_id(const char *scope, const char *name)
{
    BL_AUTO_FREE char *whole = bl_asprintf("%s/%s", scope, name);
    struct bl_strbuf id = BL_STRBUF_INIT(BL_BACKUP_ID_MAX + 1);
    char digest[BL_DIGEST_SIZE];

    bl_digest(whole, strlen(whole), digest);
    for (const char *c = name; *c && id.len < BL_BACKUP_ID_MAX - HASH_LEN - 2; c++)
        add_letter(&id, *c);
    bl_strbuf_addf(&id, "-%.*s", HASH_LEN, digest);
    return bl_strbuf_take(&id);
}

static bool fits(const char *pattern, const char *resource)
{
    return bl_text_ends(pattern, "/") ? bl_text_starts(resource, pattern)
                                      : strcmp(pattern, resource) == 0;
}

bool bl_backup_is_allowed(const char *const *allowed, size_t len, const char *namespace,
                          const char *resource)
{
    for (size_t i = 0; i < len; i++) {
        const char *entry = allowed[i], *resources = strchr(entry, '=');
        size_t until = (size_t)(resources - entry);
        bool ours = (until == 1 && *entry == '*') ||
                    (strlen(namespace) == until && strncmp(entry, namespace, until) == 0);

        if (ours && fits(resources + 1, resource))
            return true;
    }
    return false;
}

int bl_backup_check_allowed(const char *entry, struct bl_error **err)
{
    const char *resource = strchr(entry, '=');

    if (!resource || resource == entry || !resource[1])
        return bl_fail(err, BL_ERR_INVALID, "\"%.200s\" is not NAMESPACE=RESOURCE", entry);
    if (strchr(resource, '*'))
        return bl_fail(err, BL_ERR_INVALID,
                       "\"%.200s\": a resource has no star; end it in / for all below", entry);
    return 0;
}
