#include <inttypes.h>
#include <string.h>

#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rollout.h"

/* --- text --- */

static const char *yes(bool value)
{
    return value ? "yes" : "no";
}

static void add_safety(struct cli_table *table, const struct cli_rollout_pod *pod)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (pod->hold)
        bl_strbuf_addf(&text, "no: held%s%s", *pod->hold ? ": " : "", pod->hold);
    else if (pod->pending)
        bl_strbuf_adds(&text, pod->why);
    else if (pod->never)
        bl_strbuf_adds(&text, "no, and waiting does not help");
    else if (bl_text_eq(pod->safe, "True"))
        bl_strbuf_adds(&text, "yes");
    else if (bl_text_eq(pod->safe, "False"))
        bl_strbuf_addf(&text, "no%s%s", pod->why ? ": " : "", pod->why ? pod->why : "");
    else
        bl_strbuf_addf(&text, "not known%s%s", pod->why ? ": " : "", pod->why ? pod->why : "");
    cli_table_add(table, text.text);
}

static void add_pod(struct cli_table *table, const struct cli_rollout_pod *pod)
{
    cli_table_add(table, pod->name);
    if (!pod->pod) {
        cli_table_add(table, "away");
        for (size_t i = 0; i < 5; i++)
            cli_table_add(table, NULL);
        return;
    }
    cli_table_add(table, pod->outdated ? "old" : "new");
    cli_table_add(table, bl_object_is_going(pod->pod) ? "going" : yes(pod->ready));
    cli_table_add(table, pod->gated ? yes(pod->in_sync) : NULL);
    cli_table_add(table, pod->node);
    cli_table_add(table, pod->zone);
    add_safety(table, pod);
}

static void add_pods(const struct cli_rollout *rollout, struct bl_strbuf *out)
{
    static const char *const heads[] = {"POD",  "REVISION", "READY",          "IN SYNC",
                                        "NODE", "ZONE",     "MAY GO DOWN NOW"};
    BL_AUTO(cli_table_release) struct cli_table table = {.columns = BL_ARRAY_LEN(heads)};

    for (size_t i = 0; i < BL_ARRAY_LEN(heads); i++)
        cli_table_add(&table, heads[i]);
    for (size_t i = 0; i < rollout->pods.len; i++)
        add_pod(&table, &rollout->pods.items[i]);
    cli_table_print(&table, "  ", out);
}

/* One of them has it in full, as what helps one helps the others. */
static const struct cli_rollout_pod *first_never(const struct cli_rollout *rollout)
{
    for (size_t i = 0; i < rollout->pods.len; i++)
        if (rollout->pods.items[i].never && rollout->pods.items[i].why)
            return &rollout->pods.items[i];
    return NULL;
}

/* Told at any time, as the next upgrade or drain would be held up by it; where one is, it has said so. */
static void add_never(const struct cli_rollout *rollout, struct bl_strbuf *out)
{
    const struct cli_rollout_pod *pod = first_never(rollout);

    if (pod && !bl_text_eq(rollout->phase, "Blocked"))
        bl_strbuf_addf(out, "  no upgrade or drain gets past %s: %s\n", pod->name, pod->why);
}

static void add_notes(const struct cli_rollout *rollout, struct bl_strbuf *out)
{
    if (bl_text_eq(rollout->phase, "Stuck"))
        bl_strbuf_adds(out, "  nothing has moved for as long as the policy has patience; it goes "
                            "on waiting\n");
    if (rollout->paused)
        bl_strbuf_addf(out, "  paused%s%s; go on with ballast rollout resume\n",
                       *rollout->paused ? ": " : "", rollout->paused);
    if (rollout->failed)
        bl_strbuf_addf(out, "  revision %s did not come up%s\n", rollout->failed,
                       bl_text_eq(rollout->failed, rollout->revision) ? "" : " and was taken back");
    if (rollout->aborted && bl_text_eq(rollout->aborted, rollout->revision) && rollout->outdated)
        bl_strbuf_addf(out, "  aborted: revision %s is taken back\n", rollout->aborted);
    add_never(rollout, out);
}

void cli_rollout_text(const struct cli_rollout *rollout, int64_t now, struct bl_strbuf *out)
{
    bool goes_on = cli_rollout_end(rollout) == CLI_ROLLOUT_GOES_ON && rollout->current;

    bl_strbuf_addf(out, "%s/%s  %s  %s  %zu of %zu pods new and ready\n  %s",
                   rollout->ref.namespace, rollout->ref.name, bl_role_name(rollout->role),
                   rollout->phase, rollout->done, rollout->total, rollout->message);
    if (goes_on && rollout->noted.changed) {
        bl_strbuf_adds(out, ", for ");
        cli_add_span(out, now - rollout->noted.changed);
    }
    if (goes_on && rollout->noted.started) {
        bl_strbuf_adds(out, "; begun ");
        cli_add_span(out, now - rollout->noted.started);
        bl_strbuf_adds(out, " ago");
    }
    bl_strbuf_addc(out, '\n');
    add_notes(rollout, out);
    add_pods(rollout, out);
}

void cli_rollout_line(const struct cli_rollout *rollout, struct bl_strbuf *out)
{
    bl_strbuf_addf(
        out, "%s/%s: %s, %zu of %zu: %s%s%s\n", rollout->ref.namespace, rollout->ref.name,
        rollout->phase, rollout->done, rollout->total, rollout->message,
        bl_text_eq(rollout->phase, "Stuck") ? " (nothing moves; it goes on waiting)" : "",
        rollout->paused && !bl_text_eq(rollout->phase, "Paused") ? " (paused)" : "");
}

/* --- JSON --- */

static void add_text(cJSON *json, const char *key, const char *text)
{
    if (text && *text)
        bl_json_add_string(json, key, text);
}

static void add_time(cJSON *json, const char *key, int64_t seconds)
{
    char text[BL_TIME_SIZE];

    if (!seconds)
        return;
    bl_time_format(seconds, text);
    bl_json_add_string(json, key, text);
}

static cJSON *pod_json(const struct cli_rollout_pod *pod)
{
    cJSON *json = bl_json_new_object();

    bl_json_add_string(json, "name", pod->name);
    bl_json_add_bool(json, "exists", pod->pod != NULL);
    if (!pod->pod)
        return json;
    bl_json_add_bool(json, "newest", !pod->outdated);
    bl_json_add_bool(json, "going", bl_object_is_going(pod->pod));
    bl_json_add_bool(json, "ready", pod->ready);
    if (pod->gated)
        bl_json_add_bool(json, "inSync", pod->in_sync);
    bl_json_add_string(json, "safeToDisrupt", pod->safe ? pod->safe : "Unknown");
    add_text(json, "reason", pod->why);
    if (pod->hold)
        bl_json_add_string(json, "hold", pod->hold);
    add_text(json, "node", pod->node);
    add_text(json, "zone", pod->zone);
    return json;
}

cJSON *cli_rollout_json(const struct cli_rollout *rollout)
{
    cJSON *json = bl_json_new_object(), *pods;

    bl_json_add_string(json, "namespace", rollout->ref.namespace);
    bl_json_add_string(json, "name", rollout->ref.name);
    bl_json_add_string(json, "role", bl_role_name(rollout->role));
    add_text(json, "cluster", rollout->cluster);
    bl_json_add_string(json, "phase", rollout->phase);
    bl_json_add_string(json, "message", rollout->message);
    bl_json_add_int(json, "done", (int64_t)rollout->done);
    bl_json_add_int(json, "total", (int64_t)rollout->total);
    add_text(json, "revision", rollout->revision);
    if (rollout->current) {
        add_text(json, "act", rollout->noted.act);
        add_text(json, "pod", rollout->noted.pod);
        add_time(json, "startedAt", rollout->noted.started);
        add_time(json, "changedAt", rollout->noted.changed);
    }
    if (rollout->paused)
        bl_json_add_string(json, "paused", rollout->paused);
    add_text(json, "failedRevision", rollout->failed);
    pods = bl_json_add_array(json, "pods");
    for (size_t i = 0; i < rollout->pods.len; i++)
        bl_json_push(pods, pod_json(&rollout->pods.items[i]));
    return json;
}
