#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/helm_release.h"
#include "ballast/policies/losses.h"
#include "review.h"
#include "rule.h"

/*
 * What members that run would lose: by one object that is changed or deleted, or by a release of Helm, which is judged as
 * a whole at the first thing that Helm writes. Later is too late: Helm goes on after a refused update, swallows refused
 * deletions, and ends deployed.
 */

struct objects {
    const cJSON **items;
    size_t len, cap;
};

static void objects_release(struct objects *objects)
{
    free(objects->items);
}

static const char *user_of(const struct bl_review *review)
{
    return bl_json_string(bl_json_get(review->request, "userInfo"), "username");
}

static bool warns(const struct bl_loss *loss, bool rollback)
{
    return loss->action == BL_ACTION_WARN || (rollback && loss->newcomer);
}

/* A rollback takes away what the revision before it had added: that is what it is for. */
static void say(struct bl_review *review, const struct bl_losses *losses, const char *who,
                bool rollback)
{
    const char *rule = bl_rule_name(BL_RULE_UPGRADE_PATH);

    for (size_t i = 0; i < losses->len; i++) {
        const struct bl_loss *loss = &losses->items[i];
        bool warn = warns(loss, rollback);

        bl_review_note(review, BL_RULE_UPGRADE_PATH, loss->policy, loss->action,
                       warn ? BL_OUTCOME_WARNED : BL_OUTCOME_DENIED);
        if (warn)
            bl_review_warn(review, rule, "%s%s", who, loss->message);
        else
            bl_review_deny(review, BL_CODE_FORBIDDEN, rule, loss->hint, "%s%s", who, loss->message);
    }
}

static void compare(struct bl_review *review, const struct objects *before,
                    const struct objects *after, struct bl_losses *losses)
{
    struct bl_engine_options options = {
        .today = review->facts->today, .namespace = review->namespace, .user = user_of(review)};
    struct bl_states states = {.before = before->items,
                               .before_len = before->len,
                               .after = after->items,
                               .after_len = after->len,
                               .pods = review->facts->pods,
                               .pods_len = review->facts->pods_len};

    bl_losses_find(review->set, &options, &states, losses);
}

/* --- one object --- */

/* A chart may name a namespace, and mostly leaves it to Helm. */
static const char *namespace_of(const struct bl_review *review, const struct bl_ref *ref)
{
    return *ref->namespace ? ref->namespace : review->namespace;
}

static bool is_named(const struct bl_review *review, const cJSON *object, const cJSON *other)
{
    struct bl_ref a = bl_object_ref(object), b = bl_object_ref(other);

    return strcmp(a.kind, b.kind) == 0 && strcmp(a.name, b.name) == 0 &&
           strcmp(namespace_of(review, &a), namespace_of(review, &b)) == 0;
}

/* `now` NULL: it is deleted. */
static void judge_object(struct bl_review *review, const cJSON *now)
{
    BL_AUTO(bl_losses_release) struct bl_losses losses = {0};
    BL_AUTO(objects_release) struct objects before = {0};
    BL_AUTO(objects_release) struct objects after = {0};

    *BL_PUSH(&before) = review->old;
    for (size_t i = 0; i < review->facts->context_len; i++) {
        const cJSON *other = review->facts->context[i];

        if (is_named(review, review->old, other))
            continue;
        *BL_PUSH(&before) = other;
        *BL_PUSH(&after) = other;
    }
    if (now)
        *BL_PUSH(&after) = now;
    compare(review, &before, &after, &losses);
    say(review, &losses, "", false);
}

void bl_review_used_deletion(struct bl_review *review)
{
    if (!bl_review_unguarded(review) && !bl_allows_deletion(review->old))
        judge_object(review, NULL);
}

/* Does the Service lead to whom it led? */
static bool leads_alike(const cJSON *a, const cJSON *b)
{
    static const char *const parts[] = {"selector", "type", "ports"};

    for (size_t i = 0; i < BL_ARRAY_LEN(parts); i++)
        if (!bl_json_equal(bl_json_at(a, "spec", parts[i], NULL),
                           bl_json_at(b, "spec", parts[i], NULL)))
            return false;
    return true;
}

/* Do its pods go on as they are, or run nothing of ours before and after? */
static bool goes_on_alike(const cJSON *a, const cJSON *b)
{
    struct bl_workload *x = bl_workload_recognise(a, NULL, true);
    struct bl_workload *y = bl_workload_recognise(b, NULL, true);
    bool nobody = x->role == BL_ROLE_NONE && y->role == BL_ROLE_NONE;

    bl_workload_free(x);
    bl_workload_free(y);
    return nobody || bl_json_equal(bl_json_get(bl_object_pod(a), "spec"),
                                   bl_json_get(bl_object_pod(b), "spec"));
}

void bl_review_used_change(struct bl_review *review)
{
    bool service = bl_object_is(review->old, "", "Service");

    if (!review->old || !bl_review_is(review, "UPDATE") || bl_review_unguarded(review) ||
        bl_allows_deletion(review->object))
        return;
    if (service ? leads_alike(review->old, review->object)
                : !bl_object_is_workload(review->old) || goes_on_alike(review->old, review->object))
        return;
    judge_object(review, review->object);
}

/* --- a release --- */

/* Kinds that members are, or are found or protected by. What else a chart renders is not in sight as it is live. */
static const char *const kinds[] = {"StatefulSet",         "Deployment",    "Service",
                                    "PodDisruptionBudget", "NetworkPolicy", NULL};

static const cJSON *find_in(const struct bl_review *review, const struct bl_manifest *manifest,
                            const cJSON *object)
{
    for (size_t i = 0; i < manifest->objects.len; i++)
        if (is_named(review, object, manifest->objects.items[i].object))
            return manifest->objects.items[i].object;
    return NULL;
}

static bool is_of(const struct bl_helm_release *release, const cJSON *object)
{
    return bl_text_eq(bl_object_annotation(object, BL_HELM_NAME), release->name) &&
           bl_text_eq(bl_object_annotation(object, BL_HELM_NAMESPACE), release->namespace);
}

static bool is_kept(const cJSON *object)
{
    return bl_text_eq(bl_object_annotation(object, BL_HELM_RESOURCE_POLICY), "keep");
}

static bool is_read(const cJSON *object)
{
    const char *kind = bl_object_ref(object).kind;

    for (const char *const *at = kinds; *at; at++)
        if (strcmp(*at, kind) == 0)
            return true;
    return false;
}

/*
 * The object after the release; NULL: Helm deletes it. `helm uninstall` deletes all objects of the record, and reads
 * `helm.sh/resource-policy: keep` in the record; `helm upgrade` deletes objects that the new record lacks, and reads it in the
 * live object.
 */
static const cJSON *left_by(const struct bl_review *review, const struct bl_helm_release *release,
                            const cJSON *object)
{
    const cJSON *rendered = find_in(review, &release->manifest, object);
    bool uninstall = release->status == BL_HELM_UNINSTALL;

    if (rendered)
        return !uninstall ? rendered : is_kept(rendered) ? object : NULL;
    /*
     * Not found in the record: of the kinds that are read from it, an upgrade deletes the object, and an uninstall, which deletes
     * what the record has, does not. Of other kinds the record may have it, so that it is the other way about.
     */
    if (is_read(object) == uninstall)
        return object;
    return is_of(release, object) && !is_kept(object) ? NULL : object;
}

static bool is_live(const struct bl_review *review, const cJSON *rendered)
{
    for (size_t i = 0; i < review->facts->context_len && bl_budget_turn(); i++)
        if (is_named(review, review->facts->context[i], rendered))
            return true;
    return false;
}

static void fill_states(const struct bl_review *review, const struct bl_helm_release *release,
                        struct objects *before, struct objects *after)
{
    for (size_t i = 0; i < review->facts->context_len; i++) {
        const cJSON *object = review->facts->context[i];
        const cJSON *left = left_by(review, release, object);

        *BL_PUSH(before) = object;
        if (left)
            *BL_PUSH(after) = left;
    }
    for (size_t i = 0; i < release->manifest.objects.len; i++) {
        const cJSON *object = release->manifest.objects.items[i].object;

        if (release->status != BL_HELM_UNINSTALL && !is_live(review, object))
            *BL_PUSH(after) = object;
    }
}

static bool protects(const cJSON *object)
{
    enum bl_world_kind kind = bl_world_kind_of(object);

    return (kind == BL_WORLD_DISRUPTION_BUDGET || kind == BL_WORLD_NETWORK_POLICY) &&
           !bl_review_makes_way(object);
}

/*
 * Budgets and network policies that go while what they protect stays. Helm deletes them last: refused there, Helm 3
 * tells nobody, and Helm 4 fails with all the rest written.
 */
static void judge_protection(struct bl_review *review, const struct bl_helm_release *release,
                             const char *who, const struct objects *after)
{
    BL_AUTO_FREE const cJSON **left = bl_alloc(after->len + 1, sizeof(*left));
    size_t len = 0;

    for (size_t i = 0; i < after->len; i++)
        if (!bl_review_makes_way(after->items[i]))
            left[len++] = after->items[i];
    for (size_t i = 0; i < review->facts->context_len && bl_budget_turn(); i++) {
        const cJSON *object = review->facts->context[i];

        if (protects(object) && !left_by(review, release, object))
            bl_review_protection_gone(review, who, object, left, len);
    }
}

/* Helm ends at a refused record, but for that of an uninstall, which it does without. */
static void say_what_was_done(struct bl_review *review, const struct bl_helm_release *release)
{
    if (release->status == BL_HELM_UNINSTALL)
        bl_review_deny(review, BL_CODE_FORBIDDEN, NULL, NULL,
                       "Helm goes on: what members need stays, the rest goes, and helm upgrade "
                       "puts that back.");
    else
        bl_review_deny(
            review, BL_CODE_FORBIDDEN, NULL, NULL,
            "Nothing of it was written: what runs, and the last revision of \"%s\", are as "
            "they were.",
            release->name);
}

static void judge_release(struct bl_review *review, const struct bl_helm_release *release)
{
    BL_AUTO(bl_losses_release) struct bl_losses losses = {0};
    BL_AUTO(objects_release) struct objects before = {0};
    BL_AUTO(objects_release) struct objects after = {0};

    fill_states(review, release, &before, &after);
    compare(review, &before, &after, &losses);
    BL_AUTO_FREE char *who = bl_asprintf("release \"%s\": ", release->name);
    say(review, &losses, who, release->status == BL_HELM_ROLLBACK);
    /* A set that goes has been told of. And a rollback is not held up by what is refused when it comes to it. */
    if (!review->denial.len && release->status != BL_HELM_ROLLBACK)
        judge_protection(review, release, who, &after);
    if (review->denial.len)
        say_what_was_done(review, release);
}

bool bl_review_release(struct bl_review *review)
{
    BL_AUTO(bl_helm_release_release) struct bl_helm_release release = {0};
    enum bl_helm_status status, before = BL_HELM_OTHER;
    BL_ERROR(err);

    if (!bl_helm_is_release(review->object, &status))
        return false;
    if (review->old)
        (void)bl_helm_is_release(review->old, &before);
    if (status == BL_HELM_OTHER || status == before || bl_review_unguarded(review))
        return true;
    if (bl_helm_release_read(review->object, kinds, &release, &err) < 0) {
        /* Its text may hold what the chart rendered. */
        bl_json_add_string(review->audit, BL_AUDIT_NOT_JUDGED,
                           "the record of the release cannot be read");
        return true;
    }
    release.status = status;
    judge_release(review, &release);
    return true;
}
