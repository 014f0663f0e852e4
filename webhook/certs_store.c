#include "certs_store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ballast/api/builtin.h"
#include "ballast/base/base64.h"
#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/options.h"
#include "ballast/base/text.h"

#define PEM_MAX_BYTES ((size_t)64 << 10)

/* The parts of a state, and what they are called in a Secret and in a folder. */
struct part {
    const char *key;
    char **text;
    bool secret;
};

#define PARTS 4

static void parts_of(struct bl_pki_state *state, struct part parts[PARTS])
{
    parts[0] = (struct part){"ca.crt", &state->bundle, false};
    parts[1] = (struct part){"ca.key", &state->authority.key, true};
    parts[2] = (struct part){"tls.crt", &state->leaf.cert, false};
    parts[3] = (struct part){"tls.key", &state->leaf.key, true};
}

void bl_certs_stored_release(struct bl_certs_stored *stored)
{
    bl_pki_state_release(&stored->state);
    bl_json_wipe(&stored->secret);
}

/* The authority that signs stands first in the bundle. */
static void find_authority(struct bl_pki_state *state)
{
    const char *at = state->bundle;

    state->authority.cert = at ? bl_pki_next(&at) : NULL;
}

static int load_folder(const char *folder, struct bl_pki_state *state, struct bl_error **err)
{
    struct part parts[PARTS];

    parts_of(state, parts);
    for (size_t i = 0; i < PARTS; i++) {
        BL_AUTO_FREE char *path = bl_asprintf("%s/%s", folder, parts[i].key);
        BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(PEM_MAX_BYTES);

        if (access(path, F_OK) != 0)
            continue;
        if (bl_file_read(path, &text, err) < 0)
            return -1;
        *parts[i].text = bl_strbuf_take(&text);
    }
    return 0;
}

/* Keys are for their owner alone, and the leaf is whole before its key changes. */
static int save_folder(const char *folder, struct bl_pki_state *state, struct bl_error **err)
{
    struct part parts[PARTS];
    int rc = 0;

    parts_of(state, parts);
    (void)mkdir(folder, 0755);
    for (size_t i = 0; i < PARTS && rc == 0; i++) {
        BL_AUTO_FREE char *path = bl_asprintf("%s/%s", folder, parts[i].key);
        const char *text = *parts[i].text;

        rc = parts[i].secret ? bl_file_replace_secret(path, text, strlen(text), err)
                             : bl_file_replace(path, text, strlen(text), err);
    }
    return rc;
}

static int load_part(const cJSON *data, struct part *part, struct bl_error **err)
{
    const char *encoded = bl_json_string(data, part->key);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(PEM_MAX_BYTES);

    if (!encoded || !*encoded)
        return 0;
    if (bl_base64_decode(&text, encoded, strlen(encoded), err) < 0)
        return bl_wrap(err, "%s of the Secret", part->key);
    *part->text = bl_strbuf_take(&text);
    return 0;
}

static int load_secret(const struct bl_certs_options *options, const char *name,
                       struct bl_certs_stored *stored, struct bl_error **err)
{
    BL_AUTO(bl_namespaced_release) struct bl_namespaced secret = {0};
    struct part parts[PARTS];

    bl_namespaced_split(name, &secret);
    if (bl_kube_get(options->client, &bl_kind_secret.resource, secret.namespace, secret.name,
                    &stored->secret, err) < 0) {
        if (bl_error_code(*err) == BL_ERR_NOT_FOUND)
            bl_hint(err, "Make it, empty: kubectl create secret generic %s -n %s", secret.name,
                    secret.namespace);
        return bl_wrap(err, "could not read Secret %s", name);
    }
    parts_of(&stored->state, parts);
    for (size_t i = 0; i < PARTS; i++)
        if (load_part(bl_json_get(stored->secret, "data"), &parts[i], err) < 0)
            return -1;
    return 0;
}

int bl_certs_load(const struct bl_certs_options *options, struct bl_certs_stored *stored,
                  struct bl_error **err)
{
    int rc = options->secret ? load_secret(options, options->secret, stored, err)
                             : load_folder(options->folder, &stored->state, err);

    if (rc == 0)
        find_authority(&stored->state);
    return rc;
}

int bl_certs_load_shown(const struct bl_certs_options *options, const char *secret,
                        struct bl_certs_stored *stored, struct bl_error **err)
{
    if (load_secret(options, secret, stored, err) < 0)
        return -1;
    find_authority(&stored->state);
    return 0;
}

static void set_data(cJSON *data, const struct part *part)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf encoded = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    cJSON *before = cJSON_DetachItemFromObjectCaseSensitive(data, part->key);

    bl_json_wipe(&before);
    bl_base64_encode(&encoded, *part->text, strlen(*part->text));
    bl_json_add_string(data, part->key, encoded.text);
}

static void unset_data(cJSON *data, const char *key)
{
    cJSON *before = cJSON_DetachItemFromObjectCaseSensitive(data, key);

    bl_json_wipe(&before);
}

/*
 * The update carries the resourceVersion that was read: where another replica wrote first, the API server refuses it, and
 * the caller reads again. Keys that `state` lacks are deleted.
 */
static int save_secret(const struct bl_certs_options *options, const char *name,
                       const cJSON *secret_object, struct bl_pki_state *state,
                       struct bl_error **err)
{
    BL_AUTO(bl_namespaced_release) struct bl_namespaced secret = {0};
    BL_AUTO(bl_json_wipe) cJSON *object = bl_json_copy(secret_object);
    cJSON *data = bl_json_get(object, "data");
    struct part parts[PARTS];

    bl_namespaced_split(name, &secret);
    if (!cJSON_IsObject(data)) {
        cJSON_DeleteItemFromObjectCaseSensitive(object, "data");
        data = bl_json_add_object(object, "data");
    }
    parts_of(state, parts);
    for (size_t i = 0; i < PARTS; i++) {
        if (*parts[i].text)
            set_data(data, &parts[i]);
        else
            unset_data(data, parts[i].key);
    }
    if (bl_kube_update(options->client, &bl_kind_secret.resource, secret.namespace, object, NULL,
                       err) < 0)
        return bl_wrap(err, "could not write Secret %s", name);
    return 0;
}

static bool shows(const struct bl_pki_state *shown, const struct bl_pki_state *state)
{
    return bl_text_eq(shown->bundle, state->bundle) &&
           bl_text_eq(shown->leaf.cert, state->leaf.cert) &&
           bl_text_eq(shown->leaf.key, state->leaf.key) && !shown->authority.key;
}

int bl_certs_hand_out(const struct bl_certs_options *options, const struct bl_pki_state *state,
                      struct bl_error **err)
{
    BL_AUTO(bl_certs_stored_release) struct bl_certs_stored there = {0};
    struct bl_pki_state shown = {.bundle = state->bundle, .leaf = state->leaf};

    if (bl_certs_load_shown(options, options->to, &there, err) < 0)
        return -1;
    return shows(&there.state, state)
               ? 0
               : save_secret(options, options->to, there.secret, &shown, err);
}

int bl_certs_save(const struct bl_certs_options *options, const struct bl_certs_stored *stored,
                  struct bl_error **err)
{
    struct bl_pki_state state = stored->state;

    return options->secret ? save_secret(options, options->secret, stored->secret, &state, err)
                           : save_folder(options->folder, &state, err);
}

static void add_operation(cJSON *patch, const char *op, size_t index, const char *below,
                          const char *value)
{
    BL_AUTO_FREE char *path = bl_asprintf("/webhooks/%zu/%s", index, below);
    cJSON *operation = bl_json_push(patch, bl_json_new_object());

    bl_json_add_string(operation, "op", op);
    bl_json_add_string(operation, "path", path);
    bl_json_add_string(operation, "value", value);
}

/* An entry is named in the patch, so that it cannot hit another that has moved into its place. */
static cJSON *bundle_patch(const cJSON *config, const char *encoded)
{
    cJSON *patch = bl_json_new_array();
    const cJSON *webhook;
    size_t index = 0;

    cJSON_ArrayForEach(webhook, bl_json_get(config, "webhooks")) {
        const char *name = bl_json_string(webhook, "name");
        const cJSON *client = bl_json_get(webhook, "clientConfig");
        const char *now = bl_json_string(client, "caBundle");

        if (name && client && (!now || strcmp(now, encoded) != 0)) {
            add_operation(patch, "test", index, "name", name);
            add_operation(patch, "add", index, "clientConfig/caBundle", encoded);
        }
        index++;
    }
    return patch;
}

static int publish_to(const struct bl_certs_options *options, const struct bl_resource *resource,
                      const char *encoded, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *config = NULL;
    const char *name = options->webhook_config;

    if (bl_kube_get(options->client, resource, NULL, name, &config, err) < 0)
        return bl_wrap(err, "could not read %s/%s", resource->plural, name);
    BL_AUTO_JSON cJSON *operations = bundle_patch(config, encoded);
    struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_JSON, .body = operations};
    if (!operations->child)
        return 0;
    if (bl_kube_patch(options->client, resource, NULL, name, &patch, NULL, err) < 0)
        return bl_wrap(err, "could not write caBundle of %s/%s", resource->plural, name);
    return 0;
}

int bl_certs_publish(const struct bl_certs_options *options, const char *bundle,
                     struct bl_error **err)
{
    static const struct bl_kind *const kinds[] = {&bl_kind_mutating_configuration,
                                                  &bl_kind_validating_configuration};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf encoded = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_base64_encode(&encoded, bundle, strlen(bundle));
    for (size_t i = 0; i < BL_ARRAY_LEN(kinds); i++)
        if (publish_to(options, &kinds[i]->resource, encoded.text, err) < 0)
            return -1;
    return 0;
}
