#include "against.h"

#include <stdlib.h>
#include <string.h>

#include "against_live.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/policies/losses.h"

/*
 * The state before and the state after. Of files all is said: what only the first ones have goes. A cluster holds more than
 * what one release or folder is about, so what it has stays, but for what the same release would take away.
 */

/* --- who takes away what he applies no more --- */

/*
 * On objects of a tool that prunes: an annotation or label with what it calls the whole, up to `end`. Flux's
 * HelmReleases are releases of Helm.
 */
static const struct owner {
    const char *key, *within; /* NULL: the name alone says which */
    bool label;
    char end;     /* '\0': all of it */
    bool by_argo; /* others write this one, too: it counts on what Argo CD has written */
} owners[] = {
    {"meta.helm.sh/release-name", "meta.helm.sh/release-namespace", false, '\0', false},
    {"argocd.argoproj.io/tracking-id", NULL, false, ':', false},
    {BL_LABEL_INSTANCE, NULL, true, '\0', true},
    {"kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace", true, '\0',
     false},
};

/* What says that its tool leaves an object there that is applied no more. */
static const struct {
    const char *key, *value;
    bool label;
} keeps[] = {
    {"helm.sh/resource-policy", "keep", false},
    {"argocd.argoproj.io/sync-options", "Prune=false", false},
    {"kustomize.toolkit.fluxcd.io/prune", "disabled", false},
    {"kustomize.toolkit.fluxcd.io/prune", "disabled", true},
};

static const char *mark_of(const cJSON *object, const char *key, bool label)
{
    return label ? bl_object_label(object, key) : bl_object_annotation(object, key);
}

/* By the managers of its fields, of which the live ones have Argo CD's. */
static bool is_argos(const cJSON *object)
{
    return bl_json_len(bl_json_at(object, "metadata", "managedFields", NULL)) > 0;
}

static const char *owner_of(const cJSON *object, const struct owner *owner, size_t *ret_len)
{
    const char *text =
        owner->by_argo && !is_argos(object) ? NULL : mark_of(object, owner->key, owner->label);
    const char *end = text && owner->end ? strchr(text, owner->end) : NULL;

    *ret_len = text ? end ? (size_t)(end - text) : strlen(text) : 0;
    return text;
}

/* Two of one name may be of two namespaces. */
static bool is_elsewhere(const cJSON *a, const cJSON *b, const struct owner *owner)
{
    const char *x = owner->within ? mark_of(a, owner->within, owner->label) : NULL;
    const char *y = owner->within ? mark_of(b, owner->within, owner->label) : NULL;

    return x && y && strcmp(x, y) != 0;
}

static bool is_owned_alike(const cJSON *a, const cJSON *b, const struct owner *owner)
{
    size_t x_len, y_len;
    const char *x = owner_of(a, owner, &x_len), *y = owner_of(b, owner, &y_len);

    return x && y && x_len == y_len && strncmp(x, y, x_len) == 0 && !is_elsewhere(a, b, owner);
}

/* One of several, with commas between them. */
static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);

    while (list) {
        list += strspn(list, ", ");
        if (strncmp(list, word, len) == 0 && strchr(", ", list[len]))
            return true;
        list = strchr(list, ',');
    }
    return false;
}

static bool is_kept(const cJSON *live)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(keeps); i++)
        if (has_word(mark_of(live, keeps[i].key, keeps[i].label), keeps[i].value))
            return true;
    return false;
}

/* By its live objects; of Helm's also by how charts label what they render. */
static bool is_of_one(const cJSON *a, const cJSON *b)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(owners); i++)
        if (is_owned_alike(a, b, &owners[i]))
            return true;
    return bl_namespace_may_equal(bl_object_ref(a).namespace, bl_object_ref(b).namespace) &&
           bl_text_eq(bl_object_label(b, BL_LABEL_MANAGED_BY), "Helm") &&
           bl_object_annotation(a, owners[0].key) &&
           bl_text_eq(bl_object_label(b, BL_LABEL_INSTANCE),
                      bl_object_annotation(a, owners[0].key));
}

struct states {
    const struct cli_input *input;
    const char *namespace; /* of objects that name none */
};

static bool is_same(const struct states *states, const cJSON *live, const cJSON *read)
{
    struct bl_ref a = bl_object_ref(live), b = bl_object_ref(read);

    if (!*a.namespace != !*b.namespace) {
        a.namespace = *a.namespace ? a.namespace : states->namespace;
        b.namespace = *b.namespace ? b.namespace : states->namespace;
    }
    return bl_ref_same(&a, &b);
}

/* The object as it was read; NULL: it was not. */
static const cJSON *read_of(const struct states *states, const cJSON *live)
{
    for (size_t i = 0; i < states->input->before; i++)
        if (is_same(states, live, states->input->objects[i]))
            return states->input->objects[i];
    return NULL;
}

/* Is it one of those whose others are read? */
static bool is_pruned(const struct states *states, const cJSON *live)
{
    const struct cli_input *input = states->input;

    if (is_kept(live))
        return false;
    for (size_t i = 0; i < input->before; i++)
        if (is_of_one(live, input->objects[i]))
            return true;
    for (size_t i = input->before; i < input->report->len; i++)
        if (is_of_one(live, input->objects[i]) && read_of(states, input->objects[i]))
            return true;
    return false;
}

/* Does its tool leave it, though it is read no more? Of files all of the others belong together. */
static bool stays(const struct states *states, const cJSON *before)
{
    return states->input->live ? !is_pruned(states, before) : is_kept(before);
}

/* What is read, and what stays beside it. */
static size_t fill_after(const struct states *states, const cJSON **ret_after)
{
    const struct cli_input *input = states->input;
    size_t len = 0;

    for (size_t i = 0; i < input->before; i++)
        ret_after[len++] = input->objects[i];
    for (size_t i = input->before; i < input->report->len; i++)
        if (!read_of(states, input->objects[i]) && stays(states, input->objects[i]))
            ret_after[len++] = input->objects[i];
    return len;
}

void cli_compare_states(struct cli_input *input, const struct bl_engine_options *options)
{
    BL_AUTO(bl_losses_release) struct bl_losses losses = {0};
    BL_AUTO_FREE const cJSON **after = bl_alloc(input->report->len + 1, sizeof(*after));
    struct states sides = {input, options->namespace ? options->namespace : "default"};
    struct bl_states states = {.before = input->objects + input->before,
                               .before_len = input->report->len - input->before,
                               .after = after,
                               .after_len = fill_after(&sides, after)};

    bl_losses_find(&input->policies, options, &states, &losses);
    bl_report_add_losses(input->report, input->objects, &losses);
}

/* --- reading --- */

static bool names_live(const struct bl_texts *against)
{
    for (size_t i = 0; i < against->len; i++)
        if (strcmp(against->items[i], CLI_AGAINST_LIVE) == 0)
            return true;
    return false;
}

static int check_live(const struct cli_source *source, bool live, struct bl_error **err)
{
    const struct bl_kube_target *cluster = &source->cluster;

    if (live && source->against.len > 1)
        return bl_fail(err, BL_ERR_INVALID, "--against " CLI_AGAINST_LIVE " stands alone");
    if (live || (!cluster->path && !cluster->context && !cluster->in_cluster))
        return 0;
    bl_fail(err, BL_ERR_INVALID, "a cluster is named, and nothing is compared with it");
    return bl_hint(err, "Add --against " CLI_AGAINST_LIVE ".");
}

int cli_read_before(const struct cli_source *source, struct cli_input *input, struct bl_error **err)
{
    bool live = names_live(&source->against);

    if (check_live(source, live, err) < 0)
        return -1;
    if (!source->against.len)
        return 0;
    input->before = input->manifest.objects.len;
    input->before_files = input->manifest.files.len;
    if (!input->before)
        return bl_fail(err, BL_ERR_INVALID, "there is no object to compare with --against");
    if (live)
        return cli_read_live(source, input, err);
    if (cli_read_manifests(&source->against, &input->manifest, err) < 0)
        return -1;
    if (input->manifest.objects.len > input->before)
        return 0;
    /* Nothing would be lost of nothing, whatever the other files are. */
    bl_fail(err, BL_ERR_INVALID, "%s: --against holds no object to compare with",
            source->against.items[0]);
    return bl_hint(
        err, "Did the command that wrote it fail? For a first installation leave --against away.");
}
