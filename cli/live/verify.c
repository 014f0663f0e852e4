#include <inttypes.h>
#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/verify.h"
#include "brokers.h"
#include "cli.h"
#include "live.h"
#include "print.h"

/* As KafkaClusters have them. */
#define TOPIC "ballast-verify"
#define MESSAGES 201
#define AT_MOST (120 * BL_NSEC_S)
/* A thousand partitions take less. */
#define NOTE_MAX ((size_t)64 << 10)

struct options {
    struct bl_texts arguments; /* it takes none */
    struct cli_brokers brokers;
    const char *topic, *expected, *note;
    int64_t messages, factor;
    bool read_only;
    bl_nsec at_most;
    int format; /* enum cli_format */
};

static const struct bl_option own_options[] = {
    CLI_BROKER_OPTIONS(struct options, brokers),
    {.name = "topic",
     .value = "NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct options, topic),
     .help = "where the messages lie (" TOPIC "); it is made where it is missing"},
    {.name = "messages",
     .value = "N",
     .type = BL_OPTION_COUNT,
     .offset = offsetof(struct options, messages),
     .min = 1,
     .max = 1000000,
     .help = "how many are written (201)"},
    {.name = "replication-factor",
     .value = "N",
     .type = BL_OPTION_COUNT,
     .offset = offsetof(struct options, factor),
     .min = 1,
     .max = 100,
     .help = "replicas that the topic shall have (3, or as many as there are brokers)"},
    {.name = "expected",
     .value = "FILE",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct options, expected),
     .is_path = true,
     .help = "what a former run noted, which has to be there still; \"-\" is standard input"},
    {.name = "note",
     .value = "FILE",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct options, note),
     .is_path = true,
     .help = "note there what lies in the topic, unless something is lost"},
    {.name = "read-only",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, read_only),
     .help = "write nothing, and make no topic"},
    {.name = "timeout",
     .value = "TIME",
     .type = BL_OPTION_DURATION,
     .offset = offsetof(struct options, at_most),
     .min = 1,
     .help = "of all of it (2m)"},
    CLI_OUTPUT_OPTION(struct options, format, cli_formats, CLI_TEXT),
    {0},
};
static const struct bl_option_group own = {.options = own_options};

static const struct bl_option_place groups[] = {
    {&own, 0},
    {0},
};

static const struct bl_command command = {
    .name = "ballast verify",
    .usage = "ballast verify [OPTION…] --bootstrap SERVERS",
    .description =
        "Proves with messages that a cluster works: writes some to all partitions of a topic, with "
        "acks=all, and\n"
        "reads the topic back whole. What it notes, a later run can ask for again: run it before "
        "an upgrade with\n"
        "--note and after it with --expected, and it tells whether everything that was "
        "acknowledged is still there.\n"
        "The topic keeps what is written until somebody deletes it.",
    .groups = groups,
    .examples = "  ballast verify --bootstrap localhost:9092\n"
                "  ballast verify --bootstrap localhost:9092 --note before.txt\n"
                "  ballast verify --bootstrap localhost:9092 --expected before.txt\n"
                "  kubectl get kafkacluster kafka -o jsonpath='{.status.verification.noted}' |\n"
                "      ballast verify --bootstrap localhost:9092 --read-only --expected -\n",
    .after = "Exit codes: 0 all is there, 1 something is lost or could not be proven, 2 the input "
             "or the call is wrong.\nRead on: man ballast-verify\n",
    .takes_arguments = true,
};

/* --- what is said --- */

static void add_topic(const struct options *options, const struct bl_verify_result *result,
                      struct bl_strbuf *out)
{
    bl_strbuf_addf(out, "topic \"%s\"", options->topic);
    if (!result->partitions)
        bl_strbuf_adds(out, ", which is not there");
    else
        bl_strbuf_addf(out, " (%s%" PRId32 " %s of %" PRId32 " %s)", result->made ? "new, " : "",
                       result->partitions,
                       bl_text_plural(result->partitions, "partition", "partitions"),
                       result->replicas, bl_text_plural(result->replicas, "replica", "replicas"));
}

static void add_sentence(const struct options *options, const struct bl_verify_result *result,
                         struct bl_strbuf *out)
{
    if (options->read_only) {
        bl_strbuf_addf(out, "%" PRId64 " %s read from ", result->read,
                       bl_text_plural(result->read, "message was", "messages were"));
        add_topic(options, result, out);
        bl_strbuf_adds(out, ".\n");
        return;
    }
    bl_strbuf_addf(out, "%" PRId64 " %s written to ", result->sent,
                   bl_text_plural(result->sent, "message was", "messages were"));
    add_topic(options, result, out);
    bl_strbuf_addf(out, ", the slowest in %" PRId64 " ms, and %" PRId64 " read from it.\n",
                   (result->slowest + BL_NSEC_MS - 1) / BL_NSEC_MS, result->read);
}

static void add_end(const struct options *options, const struct bl_verify_result *result,
                    struct bl_strbuf *out)
{
    if (result->doubled)
        bl_strbuf_addf(out, "%" PRId64 " %s there twice, which loses nothing.\n", result->doubled,
                       bl_text_plural(result->doubled, "is", "are"));
    if (!bl_verify_is_spread(result))
        bl_strbuf_addf(out,
                       "Not spread: replicas of a partition lie in %" PRId32 " %s, and brokers in "
                       "%" PRId32 ".\n",
                       result->spread, bl_text_plural(result->spread, "rack", "racks"),
                       result->racks);
    if (result->lost)
        bl_strbuf_addf(out, "LOST: %" PRId64 " %s acknowledged, and %s not there.\n", result->lost,
                       bl_text_plural(result->lost, "message was", "messages were"),
                       bl_text_plural(result->lost, "is", "are"));
    else if (options->expected)
        bl_strbuf_adds(out, "Nothing is lost, neither of now nor of what was noted before.\n");
    else
        bl_strbuf_adds(out, "Nothing is lost.\n");
}

static cJSON *json_of(const struct options *options, const struct bl_verify_result *result)
{
    cJSON *json = bl_json_new_object();

    bl_json_add_string(json, "topic", options->topic);
    bl_json_add_int(json, "partitions", result->partitions);
    bl_json_add_int(json, "replicas", result->replicas);
    bl_json_add_int(json, "racks", result->racks);
    bl_json_add_int(json, "spread", result->spread);
    bl_json_add_bool(json, "made", result->made);
    bl_json_add_int(json, "sent", result->sent);
    bl_json_add_int(json, "read", result->read);
    bl_json_add_int(json, "lost", result->lost);
    bl_json_add_int(json, "doubled", result->doubled);
    bl_json_add_int(json, "slowestMs", (result->slowest + BL_NSEC_MS - 1) / BL_NSEC_MS);
    bl_json_add_string(json, "noted", result->noted);
    return json;
}

static int print(const struct options *options, const struct bl_verify_result *result)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (options->format == CLI_JSON) {
        BL_AUTO_JSON cJSON *json = json_of(options, result);

        cli_add_json(&out, json, false);
        return cli_print(&out);
    }
    add_sentence(options, result, &out);
    add_end(options, result, &out);
    return cli_show(&out);
}

/* --- doing it --- */

static int read_expected(const char *path, struct bl_strbuf *text, struct bl_error **err)
{
    if (!path)
        return 0;
    if (bl_file_read(path, text, err) < 0 || bl_strbuf_check(text, path, err) < 0)
        return -1;
    bl_strbuf_trim(text);
    if (!text->len)
        return bl_fail(err, BL_ERR_INVALID, "%s: there is no note in it", path);
    return 0;
}

static int write_note(const char *path, const char *noted, struct bl_error **err)
{
    BL_AUTO_FREE char *text = path ? bl_asprintf("%s\n", noted) : NULL;

    return path ? bl_file_replace(path, text, strlen(text), err) : 0;
}

/* A call that is wrong is another thing than a cluster of which nothing could be proven. */
static int failed(const struct bl_error *err)
{
    bool wrong = bl_error_code(err) == BL_ERR_INVALID || bl_error_code(err) == BL_ERR_IO;

    (void)cli_fail(err);
    return wrong ? CLI_ERROR : CLI_FINDINGS;
}

static int prove(const struct options *options, const struct bl_stop *stop)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf expected = BL_STRBUF_INIT(NOTE_MAX);
    BL_AUTO(bl_verify_result_release) struct bl_verify_result result = {0};
    struct bl_verify_settings settings = {.bootstrap = options->brokers.bootstrap,
                                          .command_config = options->brokers.command_config,
                                          .topic = options->topic,
                                          .replicas = (int)options->factor,
                                          .messages = options->read_only ? 0 : options->messages,
                                          .at_most = options->at_most,
                                          .stop = stop};
    BL_ERROR(err);

    if (read_expected(options->expected, &expected, &err) < 0)
        return cli_fail(err);
    settings.expected = expected.text;
    if (bl_verify(&settings, &result, &err) < 0)
        return failed(err);
    if (print(options, &result) != CLI_OK)
        return CLI_ERROR;
    if (result.lost)
        return CLI_FINDINGS;
    return write_note(options->note, result.noted, &err) < 0 ? cli_fail(err) : CLI_OK;
}

static int verify(const struct options *options)
{
    BL_AUTO(bl_stop_cleanup) struct bl_stop *stop = NULL;
    BL_ERROR(err);

    if (options->arguments.len)
        return bl_command_usage(&command, "it takes no files; name brokers by --bootstrap");
    if (!options->brokers.bootstrap)
        return bl_command_usage(&command, "name a broker: --bootstrap HOST:PORT");
    if (options->read_only && options->messages)
        return bl_command_usage(&command, "--messages are not written with --read-only");
    if (bl_stop_new(&stop, &err) < 0) /* an interrupt ends the program */
        return cli_fail(err);

    struct options asked = *options;
    asked.messages = asked.messages ? asked.messages : MESSAGES;
    return prove(&asked, stop);
}

static void options_release(struct options *options)
{
    bl_texts_release(&options->arguments);
}

static int run(int argc, char **argv)
{
    BL_AUTO(options_release)
    struct options options = {.topic = TOPIC, .at_most = AT_MOST, .format = CLI_TEXT};
    int rc = bl_command_parse(&command, argc, argv, &options, &options.arguments);

    return rc < 0 ? verify(&options) : rc;
}

const struct cli_verb cli_verify = {
    &command, "prove with messages that a cluster works, and lost nothing", run};
