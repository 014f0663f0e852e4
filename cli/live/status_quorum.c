#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/kafka/metadata_version.h"
#include "status.h"

static char *address(const struct bl_voter *voter)
{
    return voter->host ? bl_asprintf("%s:%d", voter->host, voter->port) : bl_strdup("-");
}

static char *lag(const struct bl_quorum *quorum, const struct bl_voter *voter)
{
    if (voter->id == quorum->leader)
        return bl_strdup("leads");
    if (voter->behind_ms < 0)
        return bl_strdup("?");
    return bl_asprintf("%lld.%lld s", (long long)voter->behind_ms / 1000,
                       (long long)voter->behind_ms % 1000 / 100);
}

static void add_version(const struct bl_cluster *cluster, struct bl_strbuf *out)
{
    if (cluster->metadata_version < 0)
        return;
    BL_AUTO_FREE char *is = bl_metadata_version_name(cluster->metadata_version);
    BL_AUTO_FREE char *most = bl_metadata_version_name(cluster->max_metadata_version);

    bl_strbuf_addf(out, "metadata.version %s", is);
    if (cluster->max_metadata_version > cluster->metadata_version)
        bl_strbuf_addf(out, "; every broker knows %s", most);
    bl_strbuf_addc(out, '\n');
}

static void add_voters(const struct cli_status *status, struct bl_strbuf *out)
{
    const struct bl_quorum *quorum = &status->cluster.quorum;
    int width = (int)strlen("ADDRESS");

    for (size_t i = 0; i < quorum->voters.len; i++) {
        BL_AUTO_FREE char *text = address(&quorum->voters.items[i]);

        if ((int)strlen(text) > width)
            width = (int)strlen(text);
    }
    bl_strbuf_addf(out, "\n%-10s  %-*s  %10s  %8s  %s\n", "CONTROLLER", width, "ADDRESS", "LOG END",
                   "BEHIND", "MAY GO DOWN NOW");
    for (size_t i = 0; i < quorum->voters.len; i++) {
        const struct bl_voter *voter = &quorum->voters.items[i];
        const struct bl_voter_verdict *verdict = &status->voters.items[i];
        BL_AUTO_FREE char *text = address(voter);
        BL_AUTO_FREE char *behind = lag(quorum, voter);

        bl_strbuf_addf(out, "%-10d  %-*s  %10lld  %8s  %s", voter->id, width, text,
                       (long long)voter->log_end, behind, verdict->safe ? "yes" : "no");
        if (verdict->reason) {
            bl_strbuf_adds(out, verdict->safe ? ", but " : ": ");
            bl_voter_verdict_explain(verdict, out);
        }
        bl_strbuf_addc(out, '\n');
    }
}

void cli_status_add_quorum(const struct cli_status *status, struct bl_strbuf *out)
{
    const struct bl_cluster *cluster = &status->cluster;

    if (!cluster->kraft && cluster->controller >= 0)
        bl_strbuf_addf(out, "\nZooKeeper mode; the controller is broker %d\n", cluster->controller);
    if (cluster->kraft && !cluster->quorum.known)
        bl_strbuf_adds(out, "\nThe quorum of controllers could not be asked\n");
    if (cluster->quorum.known)
        add_voters(status, out);
    add_version(cluster, out);
}

static cJSON *voter_json(const struct bl_voter *voter, const struct bl_voter_verdict *verdict)
{
    cJSON *json = bl_json_new_object();

    bl_json_add_int(json, "id", voter->id);
    if (voter->host) {
        bl_json_add_string(json, "host", voter->host);
        bl_json_add_int(json, "port", voter->port);
    }
    bl_json_add_int(json, "logEnd", voter->log_end);
    if (voter->behind_ms >= 0)
        bl_json_add_int(json, "behindMs", voter->behind_ms);
    bl_json_add_bool(json, "caughtUp", voter->caught_up);
    bl_json_add_bool(json, "mayGoDown", verdict->safe);
    if (verdict->reason)
        bl_json_add_string(json, "reason", bl_voter_reason_name(verdict->reason));
    return json;
}

/* What is not known is left out. */
void cli_status_add_quorum_json(const struct cli_status *status, cJSON *json)
{
    const struct bl_cluster *cluster = &status->cluster;
    cJSON *voters;

    bl_json_add_bool(json, "kraft", cluster->kraft);
    if (cluster->controller >= 0)
        bl_json_add_int(json, "controller", cluster->controller);
    if (cluster->metadata_version >= 0)
        bl_json_add_int(json, "metadataVersion", cluster->metadata_version);
    if (cluster->max_metadata_version >= 0)
        bl_json_add_int(json, "maxMetadataVersion", cluster->max_metadata_version);
    if (!cluster->quorum.known)
        return;
    voters = bl_json_add_array(json, "voters");
    for (size_t i = 0; i < cluster->quorum.voters.len; i++)
        bl_json_push(voters,
                     voter_json(&cluster->quorum.voters.items[i], &status->voters.items[i]));
}
