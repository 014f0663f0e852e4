#include "webhook.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/arena.h"

#define JSON_TYPE "application/json"
/*
 * Values of one review, and of all that are answered at a time. A value takes 64 bytes in the tree of the review, and as
 * much again in each of the copies that completing it takes: the working one, the one that proves the patch, and the one
 * that keeps what is stored.
 */
#define REVIEW_VALUES (1L << 17)
#define ALL_VALUES (1L << 18)
/* Before the API server asks again (client-go heeds it for 429 and 5xx). */
#define RETRY_SECONDS 1

static void say_later(struct bl_response *response, int status, const char *text)
{
    bl_response_say(response, status, text);
    response->retry_after = RETRY_SECONDS;
}

static char *unready(void *context)
{
    const struct bl_webhook *webhook = context;
    BL_AUTO(bl_snapshot_cleanup)
    struct bl_snapshot *snapshot = bl_policies_get(bl_sources_policies(webhook->sources));

    if (atomic_load(&webhook->leaving))
        return bl_strdup("shutting down");
    if (!snapshot)
        return bl_strdup("no policies were read yet");
    if (webhook->tls && !bl_tls_expiry(webhook->tls))
        return bl_strdup("there is no certificate yet");
    return webhook->cluster ? bl_cluster_cache_unready(webhook->cluster) : NULL;
}

/* "3s" as the API server sends it; 0 where there is none to heed. */
static bl_nsec timeout_of(const struct bl_request *request)
{
    const char *text = bl_request_query(request, "timeout");
    size_t len = text ? strlen(text) : 0;
    int64_t seconds;

    if (len < 2 || text[len - 1] != 's' || !bl_text_to_int(text, len - 1, &seconds) ||
        seconds <= 0 || seconds > 3600)
        return 0;
    return seconds * BL_NSEC_S;
}

static bool is_json(const char *type)
{
    size_t len = strlen(JSON_TYPE);

    return type && strncasecmp(type, JSON_TYPE, len) == 0 &&
           (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

static enum bl_path path_of(const struct bl_request *request)
{
    if (strcmp(request->path, "/mutate") == 0)
        return BL_PATH_MUTATE;
    return strcmp(request->path, "/validate") == 0 ? BL_PATH_VALIDATE : BL_PATH_OTHER;
}

static bool admit_review(const struct bl_webhook *webhook, const struct bl_request *request,
                         struct bl_response *response)
{
    if (strcmp(request->method, "POST") != 0)
        bl_response_say(response, 405, "an AdmissionReview is sent by POST");
    else if (webhook->trusted_only && !request->trusted)
        bl_response_say(response, 401,
                        "show a client certificate of the authority that --client-ca names");
    else if (!is_json(request->content_type))
        bl_response_say(response, 415, "an AdmissionReview has Content-Type: application/json");
    else
        return true;
    return false;
}

static bool admit_other(const struct bl_request *request, struct bl_response *response)
{
    if (bl_probes_is_health(request->path))
        return bl_probes_asks(request, response);
    bl_response_say(response, 404, "there is /mutate, /validate, /healthz and /readyz here");
    return false;
}

static void count(const struct bl_webhook *webhook, const struct bl_request *request,
                  const struct bl_response *response)
{
    bl_webhook_telemetry_request(webhook->telemetry, path_of(request),
                                 response->status ? response->status : 200,
                                 bl_clock_now(&bl_clock_real) - request->arrived);
}

bool bl_webhook_admit(const struct bl_request *request, struct bl_response *response, void *context)
{
    const struct bl_webhook *webhook = context;
    bool admitted = path_of(request) == BL_PATH_OTHER ? admit_other(request, response)
                                                      : admit_review(webhook, request, response);

    if (!admitted)
        count(webhook, request, response);
    return admitted;
}

static void log_review(const struct bl_request *request, const cJSON *answer, const cJSON *review,
                       const struct bl_review_summary *summary)
{
    const cJSON *details = bl_json_get(review, "request");
    const cJSON *response = bl_json_get(answer, "response");
    const char *denial = bl_json_string(bl_json_get(response, "status"), "message");
    const cJSON *patch = bl_json_get(response, "patch");
    bl_nsec took = bl_clock_now(&bl_clock_real) - request->arrived;

    BL_LOG(summary->allowed ? BL_LOG_DEBUG : BL_LOG_INFO, summary->allowed ? "allowed" : "denied",
           BL_LOG_TEXT("path", request->path), BL_LOG_TEXT("uid", bl_json_string(details, "uid")),
           BL_LOG_TEXT("operation", bl_json_string(details, "operation")),
           BL_LOG_TEXT("resource", bl_json_string(bl_json_get(details, "resource"), "resource")),
           BL_LOG_TEXT("subresource", bl_json_string(details, "subResource")),
           BL_LOG_TEXT("namespace", bl_json_string(details, "namespace")),
           BL_LOG_TEXT("name", bl_json_string(details, "name")),
           BL_LOG_TEXT("user", bl_json_string(bl_json_get(details, "userInfo"), "username")),
           BL_LOG_TEXT("dry_run", bl_json_bool(details, "dryRun", false) ? "true" : "false"),
           BL_LOG_INT("patch_bytes", patch ? strlen(patch->valuestring) : 0),
           BL_LOG_INT("micros", took / 1000), BL_LOG_TEXT("message", denial));
}

/* Once in a period, where it becomes plain. */
static void note_fight(const struct bl_webhook *webhook, const cJSON *review, const cJSON *answer)
{
    unsigned round = bl_fights_note(webhook->fights, review, answer, bl_clock_now(&bl_clock_real));
    const cJSON *request = bl_json_get(review, "request");

    if (!round)
        return;
    bl_metric_add(webhook->telemetry->repeated, 1, 0, 0, 0);
    if (round == BL_FIGHT_ROUNDS)
        BL_LOG(
            BL_LOG_WARN, "the same patch again",
            BL_LOG_TEXT("resource", bl_json_string(bl_json_get(request, "resource"), "resource")),
            BL_LOG_TEXT("namespace", bl_json_string(request, "namespace")),
            BL_LOG_TEXT("name", bl_json_string(request, "name")),
            BL_LOG_TEXT("user", bl_json_string(bl_json_get(request, "userInfo"), "username")),
            BL_LOG_TEXT("hint", "what was completed is taken back each time: let that tool keep "
                                "it, or harden its manifests"));
}

static void fail(struct bl_response *response, const char *path, const struct bl_error *err)
{
    int status = bl_error_code(err) == BL_ERR_INTERNAL      ? 500
                 : bl_error_code(err) == BL_ERR_TOO_LARGE   ? 413
                 : bl_error_code(err) == BL_ERR_UNAVAILABLE ? 429
                                                            : 400;

    BL_LOG(status == 500 ? BL_LOG_ERROR : BL_LOG_WARN, "review not answered",
           BL_LOG_TEXT("path", path), BL_LOG_INT("status", status),
           BL_LOG_TEXT("error", bl_error_text(err)));
    if (status == 429)
        say_later(response, status, bl_error_text(err));
    else
        bl_response_say(response, status, bl_error_text(err));
}

/* What was completed under the policies of a moment ago is not denied for it. */
static int judge_again(const struct bl_webhook *webhook, const cJSON *review,
                       const struct bl_review_facts *facts, cJSON **reply,
                       struct bl_review_summary *summary, struct bl_error **err)
{
    BL_AUTO(bl_snapshot_cleanup)
    struct bl_snapshot *previous = bl_policies_get_previous(bl_sources_policies(webhook->sources));
    struct bl_review_summary other;
    cJSON *second = NULL;

    if (!previous)
        return 0;
    if (bl_review_answer(bl_snapshot_policies(previous), review, BL_REVIEW_VALIDATE, facts, &second,
                         &other, err) < 0)
        return -1;
    if (other.allowed) {
        cJSON *first = *reply;

        *reply = second;
        *summary = other;
        second = first;
    }
    bl_json_free(second);
    return 0;
}

static int decide(const struct bl_webhook *webhook, const cJSON *review, enum bl_path path,
                  const struct bl_policy_set *set, cJSON **ret_reply,
                  struct bl_review_summary *summary, struct bl_error **err)
{
    enum bl_review_kind kind = path == BL_PATH_MUTATE ? BL_REVIEW_MUTATE : BL_REVIEW_VALIDATE;
    BL_AUTO(bl_cluster_view_release) struct bl_cluster_view view = {0};

    bl_cluster_cache_view(webhook->cluster, bl_json_get(review, "request"), &view);
    struct bl_review_facts facts = {.context = view.items,
                                    .context_len = view.len,
                                    .pods = view.pods.items,
                                    .pods_len = view.pods.len,
                                    .kin = view.kin,
                                    .sees_cluster = view.complete,
                                    .restoring = view.restoring,
                                    .sees_claims = view.complete && view.sees_claims,
                                    .now = bl_clock_seconds(&bl_clock_real),
                                    .admins = webhook->admins,
                                    .today = bl_day_today(),
                                    .controller = bl_cluster_cache_controller(webhook->cluster)};
    if (bl_review_answer(set, review, kind, &facts, ret_reply, summary, err) < 0)
        return -1;
    return summary->allowed ? 0 : judge_again(webhook, review, &facts, ret_reply, summary, err);
}

static struct bl_json_pool pool = {ALL_VALUES, REVIEW_VALUES};

static int answer(const struct bl_webhook *webhook, const struct bl_request *request,
                  enum bl_path path, const struct bl_policy_set *set, struct bl_response *response,
                  struct bl_error **err)
{
    BL_AUTO(bl_json_loan_return) struct bl_json_loan loan = {0};
    BL_AUTO_JSON cJSON *review = NULL;
    BL_AUTO_JSON cJSON *reply = NULL;
    struct bl_review_summary summary;

    if (bl_json_parse_pooled(request->body, request->len, &pool, &loan, &review, err) < 0)
        return bl_wrap(err, "cannot read the AdmissionReview");
    if (decide(webhook, review, path, set, &reply, &summary, err) < 0)
        return -1;
    bl_json_write(&response->body, reply);
    response->content_type = JSON_TYPE;
    response->proves = true;
    bl_webhook_telemetry_decision(webhook->telemetry, path, &summary);
    if (summary.patched)
        note_fight(webhook, review, reply);
    if (bl_log_wants(summary.allowed ? BL_LOG_DEBUG : BL_LOG_INFO))
        log_review(request, reply, review, &summary);
    return 0;
}

static void serve_review(const struct bl_webhook *webhook, const struct bl_request *request,
                         enum bl_path path, struct bl_response *response)
{
    BL_AUTO(bl_snapshot_cleanup) struct bl_snapshot *snapshot = NULL;
    bl_nsec timeout = timeout_of(request);
    BL_ERROR(err);

    if (timeout && bl_clock_now(&bl_clock_real) - request->arrived >= timeout) {
        bl_response_say(response, 504, "the API server's timeout has passed");
        return;
    }
    snapshot = bl_policies_get(bl_sources_policies(webhook->sources));
    if (!snapshot) {
        say_later(response, 503, "no policies were read yet");
        return;
    }
    BL_JSON_ARENA(arena);
    if (answer(webhook, request, path, bl_snapshot_policies(snapshot), response, &err) < 0)
        fail(response, request->path, err);
}

void bl_webhook_serve(const struct bl_request *request, struct bl_response *response, void *context)
{
    const struct bl_webhook *webhook = context;
    enum bl_path path = path_of(request);

    if (path == BL_PATH_OTHER)
        bl_probes_health(&webhook->probes, request, response);
    else
        serve_review(webhook, request, path, response);
    count(webhook, request, response);
}

static void render(void *context, struct bl_strbuf *out)
{
    const struct bl_webhook *webhook = context;
    struct bl_webhook_telemetry *telemetry = webhook->telemetry;

    bl_sources_measure(webhook->sources);
    if (webhook->tls)
        bl_metric_set(telemetry->certificate_expiry, bl_tls_expiry(webhook->tls), 0, 0, 0);
    bl_metric_set(telemetry->in_flight, bl_server_in_flight(webhook->server), 0, 0, 0);
    bl_metric_set(telemetry->connections, bl_server_connections(webhook->server), 0, 0, 0);
    if (webhook->cluster)
        bl_cluster_cache_measure(webhook->cluster);
    bl_webhook_telemetry_render(telemetry, out);
}

void bl_webhook_init_probes(struct bl_webhook *webhook)
{
    webhook->probes = (struct bl_probes){unready, render, webhook};
}

void bl_webhook_event(enum bl_serve_event event, void *context)
{
    struct bl_webhook *webhook = context;

    bl_metric_add(webhook->telemetry->refused, 1, event, 0, 0);
}
