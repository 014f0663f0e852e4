#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/helm_release.h"
#include "ballast/workload/service.h"
#include "review.h"

/* What the parts of a review say: denials, warnings, notes, and the questions that they all ask. */

/*
 * The API server cuts each warning to 256 characters once all of them have more than 4096, and drops none
 * (endpoints/filters/warning.go). So many of the shortest are there in any case; a longer one, such as a command that is to be
 * typed, stays whole as long as all are within it.
 */
#define WARNING_MIN_BYTES 256
#define WARNING_MAX_BYTES 1024
#define WARNINGS_MAX 15
#define WARNINGS_BYTES ((size_t)WARNINGS_MAX * WARNING_MIN_BYTES)

/* All errors in one message: the API server shows the first webhook's denial only. */
void bl_review_deny(struct bl_review *review, int code, const char *rule, const char *hint,
                    const char *fmt, ...)
{
    va_list args;

    review->code = code;
    if (++review->denials > BL_DENIALS_MAX)
        return;
    bl_strbuf_adds(&review->denial, review->denial.len ? "\n" : "");
    if (rule)
        bl_strbuf_addf(&review->denial, "%s: ", rule);
    va_start(args, fmt);
    bl_strbuf_vaddf(&review->denial, fmt, args);
    va_end(args);
    if (hint)
        bl_strbuf_addf(&review->denial, " (%s)", hint);
}

/* What is left of the whole for the next one. */
static size_t room_for_warning(const struct bl_review *review)
{
    size_t left = WARNINGS_BYTES;
    const cJSON *warning;

    cJSON_ArrayForEach(warning, review->warnings) {
        size_t len = strlen(warning->valuestring);

        left -= len < left ? len : left;
    }
    return left < WARNING_MAX_BYTES ? left : WARNING_MAX_BYTES;
}

/* Control characters are not allowed, and a cut must not split a character. */
static void tidy_warning(char *text, size_t room)
{
    size_t len = strlen(text);

    if (len > room) {
        len = room;
        while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
        text[len] = '\0';
    }
    for (char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = ' ';
}

void bl_review_warn(struct bl_review *review, const char *rule, const char *fmt, ...)
{
    va_list args;

    size_t room = room_for_warning(review);

    if (bl_json_len(review->warnings) >= WARNINGS_MAX || room < WARNING_MIN_BYTES) {
        review->warnings_left_out++;
        return;
    }
    va_start(args, fmt);
    BL_AUTO_FREE char *message = bl_vasprintf(fmt, args);
    va_end(args);
    BL_AUTO_FREE char *text = bl_asprintf("%s%s%s", rule ? rule : "", rule ? ": " : "", message);
    tidy_warning(text, room);
    bl_json_push(review->warnings, bl_json_new_string(text));
}

/* For the audit log: "zoneSpread": "default Mutate changed". */
void bl_review_note(struct bl_review *review, enum bl_rule_id rule, const struct bl_policy *policy,
                    enum bl_action action, enum bl_outcome outcome)
{
    review->summary.asked[rule] = true;
    review->summary.action[rule] = action;
    review->summary.outcome[rule] = outcome;
    if (outcome == BL_OUTCOME_PASS || outcome == BL_OUTCOME_OFF ||
        bl_json_get(review->audit, bl_rule_key(rule)))
        return;
    BL_AUTO_FREE char *text = bl_asprintf("%s %s %s", policy ? bl_policy_name(policy) : "-",
                                          bl_action_name(action), bl_outcome_name(outcome));
    bl_json_add_string(review->audit, bl_rule_key(rule), text);
}

const struct bl_result *bl_review_result(struct bl_review *review, const struct bl_report *report,
                                         size_t object, enum bl_rule_id rule)
{
    for (size_t i = 0; i < report->objects[object].results.len; i++) {
        const struct bl_result *result = &report->objects[object].results.items[i];

        if (result->rule != rule)
            continue;
        if (result->outcome == BL_OUTCOME_OFF || result->outcome == BL_OUTCOME_EXEMPT) {
            bl_review_note(review, rule, result->policy, result->action, result->outcome);
            return NULL;
        }
        return result;
    }
    return NULL;
}

bool bl_review_pod_ended(const cJSON *pod)
{
    const char *phase = bl_json_string(bl_json_get(pod, "status"), "phase");

    return bl_text_eq(phase, "Succeeded") || bl_text_eq(phase, "Failed") || bl_object_is_going(pod);
}

bool bl_review_is(const struct bl_review *review, const char *operation)
{
    return strcmp(review->operation, operation) == 0;
}

static const char *user_of(const struct bl_review *review)
{
    return bl_json_string(bl_json_get(review->request, "userInfo"), "username");
}

bool bl_review_distrusts(const struct bl_review *review, const struct bl_world *world,
                         const cJSON *object)
{
    return bl_policies_distrust(review->set, world, object, review->namespace, user_of(review));
}

const cJSON *bl_review_context(const struct bl_review *review, const char *kind, const char *name)
{
    for (size_t i = 0; i < review->facts->context_len; i++) {
        const cJSON *object = review->facts->context[i];
        struct bl_ref ref = bl_object_ref(object);

        if (strcmp(ref.kind, kind) == 0 && strcmp(ref.name, name) == 0 &&
            (!*ref.namespace || strcmp(ref.namespace, review->namespace) == 0))
            return object;
    }
    return NULL;
}

struct bl_world *bl_review_namespaces(const struct bl_review *review)
{
    const cJSON *namespace = bl_review_context(review, "Namespace", review->namespace);

    return bl_world_new(&namespace, namespace ? 1 : 0, NULL, 0);
}

/* What the request names no namespace of goes into the request's. */
static bool same_object(const struct bl_review *review, const cJSON *a, const cJSON *b)
{
    struct bl_ref x = bl_object_ref(a), y = bl_object_ref(b);

    if (!*x.namespace)
        x.namespace = review->namespace;
    if (!*y.namespace)
        y.namespace = review->namespace;
    return bl_ref_same(&x, &y);
}

/* What the controller keeps makes way for what people bring, so it stands in nobody's way. */
bool bl_review_makes_way(const cJSON *object)
{
    enum bl_world_kind kind = bl_world_kind_of(object);

    return (kind == BL_WORLD_DISRUPTION_BUDGET || kind == BL_WORLD_NETWORK_POLICY) &&
           bl_object_label(object, BL_LABEL_COMPANION);
}

struct bl_report *bl_review_judge(struct bl_review *review, const cJSON *const *objects, size_t len,
                                  bool judge_all)
{
    struct bl_engine_options options = {
        .today = review->facts->today,
        .namespace = review->namespace,
        .user = user_of(review),
        .context_from = !judge_all,
        .edits_only = review->kind == BL_REVIEW_MUTATE,
        .no_companions = !judge_all,
    };
    if (len && !judge_all && objects[0] == review->object) {
        options.new_brokers = &review->new_brokers;
        options.stored = review->old;
    }
    struct bl_report *report = bl_engine_run(review->set, objects, len, &options);

    if (report->too_large && !review->too_large)
        review->too_large = bl_strdup(report->too_large);
    return report;
}

/* Which of these the engine is to look at; `first` stands in front of the context. */
struct input {
    const cJSON **objects;
    const struct bl_kin **kin;
    size_t len;
    bool *near;
};

static void input_release(struct input *input)
{
    free(input->kin);
    free(input->near);
}

/* What protects is judged by those whom it selects, or did. */
static void begin_with_selected(const struct bl_review *review, struct input *input)
{
    size_t bytes;
    BL_AUTO(bl_kin_cleanup)
    struct bl_kin *now = review->object ? bl_kin_new(review->object, &bytes) : NULL;
    BL_AUTO(bl_kin_cleanup)
    struct bl_kin *was = review->old ? bl_kin_new(review->old, &bytes) : NULL;

    for (size_t i = 0; i < input->len; i++)
        input->near[i] |=
            bl_kin_may_select(now, input->kin[i]) || bl_kin_may_select(was, input->kin[i]);
}

/* Before anything is asked of the objects themselves, as there may be thousands. */
static void find_near(const struct bl_review *review, const cJSON *first, bool judge_all,
                      struct input *input)
{
    size_t bytes;
    BL_AUTO(bl_kin_cleanup) struct bl_kin *own = first ? bl_kin_new(first, &bytes) : NULL;

    if (first) {
        input->kin[0] = own;
        input->near[0] = true;
    }
    if (judge_all)
        begin_with_selected(review, input);
    bl_kin_find(input->objects, input->kin, input->len, input->near);
}

/* Of the context edits look at the labels of namespaces and at nothing else. */
static void find_namespaces(struct input *input, const cJSON *first)
{
    for (size_t i = 0; i < input->len; i++)
        input->near[i] =
            (first && i == 0) || bl_world_kind_of(input->objects[i]) == BL_WORLD_NAMESPACE;
}

static void keep_near(const struct bl_review *review, const cJSON *first, const cJSON *without,
                      struct input *input)
{
    size_t kept = first != NULL;

    for (size_t i = kept; i < input->len; i++) {
        const cJSON *other = input->objects[i];

        if (input->near[i] && !bl_review_makes_way(other) &&
            !(first && same_object(review, first, other)) &&
            !(without && same_object(review, without, other)))
            input->objects[kept++] = other;
    }
    input->len = kept;
}

static void input_init(struct input *input, const struct bl_review *review, const cJSON *first)
{
    const struct bl_review_facts *facts = review->facts;
    size_t most = facts->context_len + 1;

    *input = (struct input){.objects = bl_alloc(most, sizeof(*input->objects)),
                            .kin = bl_alloc(most, sizeof(*input->kin)),
                            .near = bl_alloc(most, sizeof(*input->near))};
    if (first)
        input->objects[input->len++] = first;
    for (size_t i = 0; i < facts->context_len; i++) {
        input->kin[input->len] = facts->kin ? facts->kin[i] : NULL;
        input->objects[input->len++] = facts->context[i];
    }
}

struct bl_report *bl_review_run(struct bl_review *review, const cJSON *first, const cJSON *without,
                                bool judge_all, const cJSON ***ret_objects)
{
    BL_AUTO(input_release) struct input input = {0};
    bool judged = !review->too_large;

    input_init(&input, review, first);
    if (review->kind == BL_REVIEW_MUTATE)
        find_namespaces(&input, first);
    else if (review->facts->kin)
        find_near(review, first, judge_all, &input);
    else
        memset(input.near, true, input.len);
    keep_near(review, first, without, &input);
    *ret_objects = input.objects;
    struct bl_report *report = bl_review_judge(review, input.objects, input.len, judge_all);
    if (judged && review->too_large)
        review->not_judged = first;
    return report;
}

/* Settings of a broker or a ZooKeeper server, by what no file of theirs is without. */
static bool holds_settings(const cJSON *map)
{
    static const char *const words[] = {
        "listeners=", "zookeeper.connect=", "process.roles=", "log.dirs=",
        "dataDir=",   "broker.id=",         "node.id=",       NULL};
    const cJSON *text;

    cJSON_ArrayForEach(text, bl_json_get(map, "data")) {
        for (size_t i = 0; cJSON_IsString(text) && words[i]; i++)
            if (strstr(text->valuestring, words[i]))
                return true;
    }
    return false;
}

/* That a list is there and not empty says all: what it holds is not read. */
static void trim_list(cJSON *rule, const char *name)
{
    cJSON *list = bl_json_get(rule, name);

    if (!cJSON_IsArray(list) || !list->child)
        return;
    bl_json_cut(rule, name);
    (void)bl_json_push(bl_json_add_array(rule, name), bl_json_new_object());
}

/* Of a network plugin's policy only whom it is for is read, and which way it looks. */
static void trim_rule(cJSON *rule)
{
    static const char *const lists[] = {"ingress", "ingressDeny", "egress", "egressDeny"};

    for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++)
        trim_list(rule, lists[i]);
}

static void trim_plugin_policy(cJSON *policy)
{
    cJSON *rule;

    trim_rule(bl_json_get(policy, "spec"));
    cJSON_ArrayForEach(rule, bl_json_get(policy, "specs")) {
        trim_rule(rule);
    }
}

void bl_review_trim(cJSON *object)
{
    static const char *const metadata[] = {"name",
                                           "namespace",
                                           "uid",
                                           "labels",
                                           "annotations",
                                           "deletionTimestamp",
                                           "ownerReferences",
                                           "finalizers",
                                           "generation",
                                           "creationTimestamp",
                                           "resourceVersion",
                                           NULL};
    static const char *const helm[] = {BL_HELM_NAME, BL_HELM_NAMESPACE, BL_HELM_RESOURCE_POLICY,
                                       NULL};
    cJSON *annotations = bl_json_at(object, "metadata", "annotations", NULL);
    cJSON *annotation = bl_json_first_member(annotations), *next;

    bl_json_keep_only(bl_json_get(object, "metadata"), metadata);
    if (bl_world_kind_of(object) == BL_WORLD_PLUGIN_POLICY)
        trim_plugin_policy(object);
    for (; annotation; annotation = next) {
        next = annotation->next;
        if (!bl_text_starts(annotation->string, BL_API_GROUP "/") &&
            !bl_text_in(annotation->string, helm))
            bl_json_free(cJSON_DetachItemViaPointer(annotations, annotation));
    }
}

bool bl_review_matters(const cJSON *object)
{
    enum bl_world_kind kind = bl_world_kind_of(object);
    struct bl_workload *workload;
    struct bl_budget budget;
    bool matters;

    if (kind == BL_WORLD_SERVICE)
        return bl_service_may_matter(object);
    if (kind == BL_WORLD_CONFIG_MAP)
        return holds_settings(object);
    if (kind != BL_WORLD_WORKLOAD)
        return kind != BL_WORLD_OTHER;
    bl_budget_begin(&budget, BL_UNITS_REVIEW);
    workload = bl_workload_recognise(object, NULL, true);
    matters = workload->role != BL_ROLE_NONE || bl_budget_over();
    (void)bl_budget_end(&budget);
    bl_workload_free(workload);
    return matters;
}

/* Who cleans up after a deletion that was allowed already. */
static bool is_cleaner(const char *user)
{
    static const char *const cleaners[] = {
        "system:serviceaccount:kube-system:generic-garbage-collector",
        "system:serviceaccount:kube-system:namespace-controller",
        "system:serviceaccount:kube-system:statefulset-controller", NULL};

    return bl_text_in(user, cleaners);
}

static bool is_named(const char *admin, const cJSON *user)
{
    const cJSON *group;

    if (bl_text_starts(admin, "user:"))
        return bl_text_eq(bl_json_string(user, "username"), admin + strlen("user:"));
    cJSON_ArrayForEach(group, bl_json_get(user, "groups")) {
        if (bl_text_starts(admin, "group:") && cJSON_IsString(group) &&
            strcmp(group->valuestring, admin + strlen("group:")) == 0)
            return true;
    }
    return false;
}

bool bl_review_unguarded(const struct bl_review *review)
{
    const cJSON *user = bl_json_get(review->request, "userInfo");
    const cJSON *namespace = bl_review_context(review, "Namespace", review->namespace);

    if (is_cleaner(bl_json_string(user, "username")) || bl_object_is_going(namespace) ||
        bl_namespace_excluded(review->namespace))
        return true;
    for (const char *const *admin = review->facts->admins; admin && *admin; admin++)
        if (is_named(*admin, user))
            return true;
    return false;
}
