/* What people type about partitions that no waiting helps. */
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/gate.h"
#include "ballast/kafka/raise.h"

/* A broker says what its host is called, and somebody pastes it into a shell. */
static void add_word(struct bl_strbuf *out, const char *word)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/:,@[]";

    if (*word && !word[strspn(word, plain)]) {
        bl_strbuf_adds(out, word);
        return;
    }
    bl_strbuf_addc(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            bl_strbuf_adds(out, "'\\''");
        else
            bl_strbuf_addc(out, *word);
    }
    bl_strbuf_addc(out, '\'');
}

char *bl_way_in(const char *bootstrap, const char *command_config)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_adds(&text, "--bootstrap ");
    add_word(&text, bootstrap);
    if (command_config) {
        bl_strbuf_adds(&text, " --command-config ");
        add_word(&text, command_config);
    }
    return bl_strbuf_take(&text);
}

/* An address of IPv6 has colons of its own. */
char *bl_cluster_bootstrap(const struct bl_cluster *cluster)
{
    const struct bl_broker *broker = cluster->brokers.len ? &cluster->brokers.items[0] : NULL;

    if (!broker || !broker->host)
        return NULL;
    return bl_asprintf(strchr(broker->host, ':') ? "[%s]:%d" : "%s:%d", broker->host, broker->port);
}

void bl_raise_command(const struct bl_raise_options *options, const char *way_in,
                      struct bl_strbuf *out)
{
    bl_strbuf_addf(out, "ballast topics raise%s", options->internal ? " --internal" : "");
    for (size_t i = 0; options->topics && options->topics[i]; i++) {
        bl_strbuf_adds(out, " --topic ");
        add_word(out, options->topics[i]);
    }
    if (options->factor != BL_RAISE_FACTOR)
        bl_strbuf_addf(out, " --replication-factor %d", options->factor);
    bl_strbuf_addf(out, " %s", way_in);
}

/* --- which of it helps --- */

void bl_gate_topics_add(struct bl_gate_topics *topics, const struct bl_gate_blocker *blocker)
{
    bool again = topics->last && strcmp(topics->last, blocker->topic) == 0;

    topics->last = blocker->topic;
    if (again && !topics->other_topics) {
        topics->items[topics->len - 1].partitions++;
    } else if (!again && topics->len < BL_GATE_MAX_TOPICS) {
        topics->items[topics->len++] = (struct bl_gate_topic){*blocker, 1};
    } else {
        topics->other_topics += !again;
        topics->other_partitions++;
    }
}

/* How many replicas the topic can have. */
static size_t reach_of(const struct bl_gate_blocker *blocker, size_t brokers)
{
    size_t most = brokers < BL_RAISE_FACTOR ? brokers : BL_RAISE_FACTOR;

    return blocker->replicas > most ? blocker->replicas : most;
}

static void add_raise(const struct bl_gate_topics *topics, size_t brokers, const char *way_in,
                      struct bl_strbuf *out)
{
    const char *names[BL_GATE_MAX_TOPICS + 1] = {NULL};
    struct bl_raise_options options = {.topics = names, .factor = BL_RAISE_FACTOR};
    size_t len = 0;

    for (size_t i = 0; i < topics->len; i++) {
        const struct bl_gate_blocker *blocker = &topics->items[i].first;

        if (blocker->replicas >= reach_of(blocker, brokers))
            continue;
        if (bl_topic_is_internal(blocker->topic))
            options.internal = true;
        else
            names[len++] = blocker->topic;
    }
    if (!len && !options.internal)
        return;
    bl_strbuf_adds(out, out->len ? " and give the topics more replicas: "
                                 : "give the topics more replicas: ");
    bl_raise_command(&options, way_in, out);
}

/* As many in sync as there can be replicas: no broker may ever be away. */
static void add_lower(const struct bl_gate_topics *topics, size_t brokers, struct bl_strbuf *out)
{
    for (size_t i = 0; i < topics->len; i++) {
        const struct bl_gate_blocker *blocker = &topics->items[i].first;
        size_t reach = reach_of(blocker, brokers);

        if (blocker->min_isr > 1 && blocker->needed >= reach)
            bl_strbuf_addf(out, "%s of %s to %zu", out->len ? "," : "lower min.insync.replicas",
                           blocker->topic, reach > 1 ? reach - 1 : 1);
    }
}

static bool has_room(const struct bl_gate_topics *topics, size_t brokers)
{
    for (size_t i = 0; i < topics->len; i++)
        if (reach_of(&topics->items[i].first, brokers) < 2)
            return false;
    return true;
}

void bl_gate_way_out(const struct bl_gate_topics *topics, size_t brokers, const char *way_in,
                     struct bl_strbuf *out)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    add_lower(topics, brokers, &text);
    if (!has_room(topics, brokers))
        bl_strbuf_adds(&text, text.len ? " and add a broker" : "add a broker");
    add_raise(topics, brokers, way_in, &text);
    bl_strbuf_adds(out, text.text);
}
