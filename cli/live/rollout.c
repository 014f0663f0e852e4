#include "rollout.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/api/builtin.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "cli.h"
#include "print.h"

#define LOOK_EVERY BL_NSEC_S

struct options {
    struct bl_texts words; /* the action, and the StatefulSet */
    const char *namespace, *message;
    bool all_namespaces, dry_run, until_complete, next;
    bl_nsec timeout; /* 0: none */
    struct cli_view view;
    struct bl_kube_target cluster;
};

static const char *const actions[] = {"status", "pause", "resume", "abort", NULL};

static const struct bl_option own_options[] = {
    {.letter = 'n',
     .name = "namespace",
     .value = "NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct options, namespace),
     .help = "namespace; the context's where not given"},
    {.letter = 'A',
     .name = "all-namespaces",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, all_namespaces),
     .help = "in all namespaces"},
    {.letter = 'm',
     .name = "message",
     .value = "REASON",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct options, message),
     .help = "why it is paused, for others to read"},
    {.name = "until-complete",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, until_complete),
     .help = "with status: watch until every pod is of the newest template, ready and in sync; "
             "the exit status says whether"},
    {.name = "next",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, next),
     .help = "with --until-complete: wait first until an upgrade has begun"},
    {.name = "timeout",
     .value = "TIME",
     .type = BL_OPTION_DURATION,
     .offset = offsetof(struct options, timeout),
     .help = "with --until-complete or -w: how long at most, as 30m; without end where not given"},
    CLI_DRY_RUN_OPTION(struct options, dry_run),
    {0},
};
static const struct bl_option_group own = {.options = own_options};

static const struct bl_option_place groups[] = {
    {&own, 0},
    {&cli_view_options, offsetof(struct options, view)},
    {&cli_cluster_options, offsetof(struct options, cluster)},
    {0},
};

static const struct bl_command command = {
    .name = "ballast rollout",
    .usage = "ballast rollout [OPTION…] status|pause|resume|abort [STATEFULSET]",
    .description =
        "status says what is done or waited for, why and since when, and of each pod whether it is "
        "of the\n"
        "newest template, ready, in sync, and may go down now. With -w it goes on until the "
        "upgrade is over;\n"
        "scripts say --until-complete after helm upgrade, and --next as well where they begin "
        "before it.\n"
        "pause stops before the next pod, resume goes on and has a template that failed tried "
        "again, abort\n"
        "restores the template before. Without a name: all StatefulSets of Kafka and ZooKeeper in "
        "the namespace.",
    .groups = groups,
    .examples = "  ballast rollout status -n kafka -w\n"
                "  helm upgrade kafka CHART -n kafka && ballast rollout status -n kafka "
                "--until-complete --timeout 30m\n"
                "  ballast rollout pause sts/kafka -n kafka -m 'Black Friday'\n"
                "  ballast rollout resume -n kafka\n"
                "  ballast rollout abort sts/kafka -n kafka\n",
    .after = CLI_EXIT_CODES "ballast-rollout\n",
    .takes_arguments = true,
    .words = actions,
};

/* One look at a namespace, or at all. */
struct look {
    struct cli_sets sets;
    struct cli_objects pods, nodes, services;
    bool sees_services;
    struct cli_life life;
    struct cli_rollouts rollouts; /* of Kafka and ZooKeeper; of the one that was asked for */
    struct cli_rollouts others;   /* beside the one that was asked for */
};

static void look_release(struct look *look)
{
    cli_rollouts_release(&look->rollouts);
    cli_rollouts_release(&look->others);
    cli_objects_release(&look->pods);
    cli_objects_release(&look->nodes);
    cli_objects_release(&look->services);
    cli_sets_release(&look->sets);
    *look = (struct look){0};
}

/* What was asked for: where, and of which name. */
struct question {
    struct bl_kube_client *client;
    const char *namespace; /* NULL: all */
    const char *name;      /* NULL: all that are managed */
    const char *lease;
    bool may_come; /* what is asked for may have yet to be made */
};

static bool is_named(const struct question *question, const struct bl_workload *workload)
{
    return question->name && strcmp(workload->ref.name, question->name) == 0;
}

static int find_rollouts(const struct question *question, struct look *look, struct bl_error **err)
{
    const struct bl_scene *scene = look->sets.scene;

    for (size_t i = 0; i < scene->workloads.len; i++) {
        const struct bl_workload *workload = scene->workloads.items[i];

        if (!cli_is_ours(workload) && !is_named(question, workload))
            continue;
        if (!cli_is_ours(workload))
            return bl_fail(err, BL_ERR_INVALID,
                           workload->owner ? "StatefulSet \"%s\" is rolled by its operator, %s"
                                           : "StatefulSet \"%s\" is not recognised as Kafka or "
                                             "ZooKeeper%s",
                           workload->ref.name, workload->owner ? workload->owner : "");
        cli_rollout_read(
            workload, &look->pods, &look->nodes, look->sees_services ? &look->services : NULL,
            question->name && !is_named(question, workload) ? BL_PUSH(&look->others)
                                                            : BL_PUSH(&look->rollouts));
    }
    if (question->name && !look->rollouts.len && !question->may_come)
        return bl_fail(err, BL_ERR_NOT_FOUND, "there is no StatefulSet \"%s\" in namespace \"%s\"",
                       question->name, question->namespace);
    return 0;
}

static int take_look(const struct question *question, struct look *look, struct bl_error **err)
{
    const struct bl_kube_selection all = {0}, asked = {.namespace = question->namespace};

    if (cli_sets_read(question->client, question->namespace, &look->sets, err) < 0 ||
        cli_list(question->client, &bl_kind_pod.resource, &asked, &look->pods, err) < 0 ||
        cli_list_if_allowed(question->client, &bl_kind_node.resource, &all, &look->nodes, NULL,
                            err) < 0 ||
        cli_list_if_allowed(question->client, &bl_kind_service.resource, &asked, &look->services,
                            &look->sees_services, err) < 0)
        return -1;
    cli_life_read(question->client, question->lease, &look->life);
    return find_rollouts(question, look, err);
}

/* --- status --- */

static void render_text(const struct look *look, struct bl_strbuf *out)
{
    int64_t now = bl_clock_seconds(&bl_clock_real);

    if (look->life.life == BL_CONTROLLER_AWAY) {
        bl_strbuf_adds(out, "Ballast's controller has not been heard of for ");
        cli_add_span(out, look->life.silent);
        bl_strbuf_adds(out, ": what it noted may be history.\n\n");
    }
    for (size_t i = 0; i < look->rollouts.len; i++) {
        if (i)
            bl_strbuf_addc(out, '\n');
        cli_rollout_text(&look->rollouts.items[i], now, out);
    }
    if (!look->rollouts.len)
        bl_strbuf_adds(out, "There is no StatefulSet of Kafka or ZooKeeper here.\n");
}

static void render_json(const struct look *look, bool watch, struct bl_strbuf *out)
{
    static const char *const lives[] = {
        [BL_CONTROLLER_UNKNOWN] = "unknown",
        [BL_CONTROLLER_ALIVE] = "alive",
        [BL_CONTROLLER_AWAY] = "away",
    };
    BL_AUTO_JSON cJSON *json = bl_json_new_object();
    cJSON *rollouts;

    bl_json_add_string(json, "controller", lives[look->life.life]);
    rollouts = bl_json_add_array(json, "rollouts");
    for (size_t i = 0; i < look->rollouts.len; i++)
        bl_json_push(rollouts, cli_rollout_json(&look->rollouts.items[i]));
    cli_add_json(out, json, watch);
}

static void render(const struct look *look, const struct cli_view *view, struct bl_strbuf *out)
{
    if (view->format == CLI_JSON) {
        render_json(look, view->watch, out);
    } else if (view->watch && !isatty(STDOUT_FILENO)) {
        for (size_t i = 0; i < look->rollouts.len; i++)
            cli_rollout_line(&look->rollouts.items[i], out);
    } else {
        render_text(look, out);
    }
}

/* Who waits, and for what. */
struct waiting {
    const struct options *options;
    struct cli_view view;
    struct cli_screen screen;
    struct cli_rollout_watch watch;
    bool looked;
    struct bl_strbuf left; /* of the last look: what is not done */
};

static void waiting_release(struct waiting *waiting)
{
    cli_screen_release(&waiting->screen);
    cli_rollout_watch_release(&waiting->watch);
    bl_strbuf_release(&waiting->left);
}

/* Who waits for something that is not there has mistaken the name, unless it has yet to be made. */
static int check_found(const struct question *question, const struct look *look,
                       struct bl_error **err)
{
    if (look->rollouts.len || question->may_come)
        return 0;
    return bl_fail(err, BL_ERR_NOT_FOUND,
                   question->namespace
                       ? "there is no StatefulSet of Kafka or ZooKeeper in namespace \"%s\""
                       : "there is no StatefulSet of Kafka or ZooKeeper%s",
                   question->namespace ? question->namespace : "");
}

/* Returns -1 to look again, or the exit code. */
static int judge(struct waiting *waiting, const struct look *look, bool begun)
{
    enum cli_rollout_end end =
        cli_rollouts_end(&look->rollouts, &look->others, waiting->options->until_complete);

    if (!waiting->view.watch)
        return cli_rollouts_are_bad(&look->rollouts, &look->others) ? CLI_FINDINGS : CLI_OK;
    if (end == CLI_ROLLOUT_GOES_ON || !begun)
        return -1;
    return end == CLI_ROLLOUT_DONE ? CLI_OK : CLI_FINDINGS;
}

static void note_left(struct waiting *waiting, const struct look *look, bool begun)
{
    bl_strbuf_reset(&waiting->left);
    if (begun)
        cli_rollouts_waited_for(&look->rollouts, &waiting->left);
    else
        bl_strbuf_adds(&waiting->left, "an upgrade to begin");
    bl_strbuf_trim(&waiting->left);
}

/* Returns -1 to look again, or the exit code. */
static int show(struct question *question, struct waiting *waiting)
{
    const struct options *options = waiting->options;
    BL_ERROR(err);
    BL_AUTO(look_release) struct look look = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    bool begun, first = !waiting->looked;

    waiting->looked = true;
    if (take_look(question, &look, &err) < 0) {
        /* An API server that is away for a moment is no reason to stop watching. */
        if (waiting->view.watch && !first && bl_error_code(err) == BL_ERR_UNAVAILABLE)
            return -1;
        return cli_fail(err);
    }
    begun = !options->next || cli_rollout_watch_see(&waiting->watch, &look.rollouts);
    question->may_come &= !begun;
    if (options->until_complete && check_found(question, &look, &err) < 0)
        return cli_fail(err);
    render(&look, &waiting->view, &out);
    if (cli_screen_show(&waiting->screen, &waiting->view, &out) != CLI_OK)
        return CLI_ERROR;
    note_left(waiting, &look, begun);
    return judge(waiting, &look, begun);
}

static int give_up(const struct waiting *waiting)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf span = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    cli_add_span(&span, waiting->options->timeout / BL_NSEC_S);
    cli_say(STDERR_FILENO, "ballast: given up after %s of waiting for\n%s", span.text,
            waiting->left.text);
    return CLI_FINDINGS;
}

/* Until the next look, or until there is no more time. False: there is none. */
static bool rest(bl_nsec deadline)
{
    bl_nsec left = deadline - bl_clock_now(&bl_clock_real);

    if (left <= 0)
        return false;
    /* An interrupt ends the program. */
    (void)poll(NULL, 0, (int)((left < LOOK_EVERY ? left : LOOK_EVERY) / BL_NSEC_MS) + 1);
    return true;
}

static int status(struct question *question, const struct options *options,
                  const struct cli_view *view)
{
    BL_AUTO(waiting_release)
    struct waiting waiting = {
        .options = options, .view = *view, .left = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED)};
    bl_nsec deadline =
        options->timeout ? bl_clock_now(&bl_clock_real) + options->timeout : INT64_MAX;
    int rc;

    waiting.view.watch |= options->until_complete;
    question->may_come = options->next;
    while ((rc = show(question, &waiting)) < 0)
        if (!rest(deadline))
            return give_up(&waiting);
    return rc;
}

/* --- orders --- */

static void give(const char *action, const struct cli_rollout *rollout, const char *reason,
                 struct cli_order *order)
{
    if (strcmp(action, "pause") == 0)
        cli_rollout_pause(rollout, reason, order);
    else if (strcmp(action, "resume") == 0)
        cli_rollout_resume(rollout, order);
    else
        cli_rollout_abort(rollout, order);
}

/* Returns the exit code. */
static int carry_out(const struct question *question, bool dry_run,
                     const struct cli_rollout *rollout, const struct cli_order *order)
{
    const struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_MERGE, .body = order->patch};
    BL_ERROR(err);

    if (order->patch && !dry_run &&
        bl_kube_patch(question->client, &bl_kind_stateful_set.resource, rollout->ref.namespace,
                      rollout->ref.name, &patch, NULL, &err) < 0) {
        (void)bl_wrap(&err, "could not annotate StatefulSet \"%s\"", rollout->ref.name);
        return cli_fail(err);
    }
    cli_say(order->refused ? STDERR_FILENO : STDOUT_FILENO, "%s%s", order->text,
            order->patch && dry_run ? " (dry run)" : "");
    return order->refused ? CLI_FINDINGS : CLI_OK;
}

static int order_all(const struct question *question, const struct options *options)
{
    BL_ERROR(err);
    BL_AUTO(look_release) struct look look = {0};
    const char *action = options->words.items[0];
    int worst = CLI_OK;
    size_t meant = 0;

    if (take_look(question, &look, &err) < 0)
        return cli_fail(err);
    for (size_t i = 0; i < look.rollouts.len; i++) {
        const struct cli_rollout *rollout = &look.rollouts.items[i];
        BL_AUTO(cli_order_release) struct cli_order order = {0};
        int rc;

        /* Who names none means those that it can be said of. */
        if (!question->name && (!rollout->managed || (strcmp(action, "abort") == 0 &&
                                                      !rollout->outdated && !rollout->stale)))
            continue;
        meant++;
        give(action, rollout, options->message, &order);
        rc = carry_out(question, options->dry_run, rollout, &order);
        worst = rc > worst ? rc : worst;
    }
    if (meant)
        return worst;
    cli_say(STDERR_FILENO, "ballast: there is nothing to %s: no StatefulSet that Ballast rolls%s",
            action, strcmp(action, "abort") == 0 ? " has an upgrade under way" : "");
    return CLI_FINDINGS;
}

/* --- the call --- */

/* "statefulset/kafka", "sts/kafka" or "kafka". NULL: another kind. */
static const char *name_of(const char *word)
{
    static const char *const kinds[] = {"statefulset/", "statefulsets/", "sts/",
                                        "statefulset.apps/", "statefulsets.apps/"};

    for (size_t i = 0; i < BL_ARRAY_LEN(kinds); i++)
        if (bl_text_starts(word, kinds[i]))
            return word + strlen(kinds[i]);
    return strchr(word, '/') ? NULL : word;
}

static int check_words(const struct bl_texts *words)
{
    if (!words->len)
        return bl_command_usage(&command, "say what: status, pause, resume or abort");
    if (!bl_text_in(words->items[0], actions))
        return bl_command_usage(
            &command, "unknown action \"%s\", it is one of status, pause, resume and abort",
            words->items[0]);
    if (words->len > 2)
        return bl_command_usage(&command, "name one StatefulSet, or none for all");
    if (words->len == 2 && !name_of(words->items[1]))
        return bl_command_usage(&command, "\"%s\" is no StatefulSet", words->items[1]);
    return CLI_OK;
}

/* What goes with which action. */
static int check_options(const struct options *options)
{
    const char *action = options->words.items[0];
    bool is_status = strcmp(action, "status") == 0;

    if (options->all_namespaces && (options->namespace || options->words.len == 2))
        return bl_command_usage(&command, "-A goes with neither -n nor a name");
    if (options->message && strcmp(action, "pause") != 0)
        return bl_command_usage(&command, "-m is for pause");
    if ((options->view.watch || options->view.format) && !is_status)
        return bl_command_usage(&command, "-w and -o are for status");
    if ((options->until_complete || options->timeout) && !is_status)
        return bl_command_usage(&command, "--until-complete and --timeout are for status");
    if (options->timeout && !options->until_complete && !options->view.watch)
        return bl_command_usage(&command, "--timeout goes with --until-complete or -w");
    if (options->next && !options->until_complete)
        return bl_command_usage(&command, "--next goes with --until-complete");
    if (options->dry_run && is_status)
        return bl_command_usage(&command, "status changes nothing, with or without --dry-run");
    return CLI_OK;
}

static int rollout(const struct options *options)
{
    BL_ERROR(err);
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = NULL;
    struct question question = {.lease = options->view.lease};
    struct cli_view view = options->view;

    if (!view.format)
        view.format = CLI_TEXT;
    if (cli_connect(&options->cluster, &client, &err) < 0)
        return cli_fail(err);
    question.client = client;
    if (options->words.len == 2)
        question.name = name_of(options->words.items[1]);
    if (!options->all_namespaces)
        question.namespace = cli_namespace(options->namespace, client);
    return strcmp(options->words.items[0], "status") == 0 ? status(&question, options, &view)
                                                          : order_all(&question, options);
}

static void options_release(struct options *options)
{
    bl_texts_release(&options->words);
}

static int run(int argc, char **argv)
{
    BL_AUTO(options_release) struct options options = {0};
    int rc = bl_command_parse(&command, argc, argv, &options, &options.words);

    if (rc >= 0)
        return rc;
    rc = check_words(&options.words);
    if (rc == CLI_OK)
        rc = check_options(&options);
    return rc == CLI_OK ? rollout(&options) : rc;
}

const struct cli_verb cli_rollout = {
    &command, "look at rolling upgrades by the controller, and steer them", run};
