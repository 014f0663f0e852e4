#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "cli.h"

/*
 * Options in kubectl's way: short and long, before or after the files, "--name=value" or "--name value",
 * and "--" before a file that begins with a dash. One table serves the parser, --help and what is said
 * of a mistake.
 */

struct option {
    enum cli_flag flag;
    char letter; /* 0: none */
    const char *name, *value, *help;
};

static const struct option options[] = {
    {CLI_FLAG_POLICY, 'p', "policy", "PATH",
     "policy file, folder of such files, or bundle (default, strict, audit, managed); may be "
     "repeated"},
    {CLI_FLAG_FILENAME, 'f', "filename", "PATH",
     "file or folder, as without -f; \"-\" is standard input"},
    {CLI_FLAG_NAMESPACE, 'n', "namespace", "NAME", "namespace of objects that name none"},
    {CLI_FLAG_OUTPUT, 'o', "output", "FORMAT", NULL},
    {CLI_FLAG_DIFF, 0, "diff", NULL, "show what changes as a unified diff"},
    {CLI_FLAG_IN_PLACE, 'i', "in-place", NULL,
     "write the files themselves, unless something is denied"},
    {CLI_FLAG_QUIET, 'q', "quiet", NULL, "no summary; harden prints denials only, no warnings"},
    {CLI_FLAG_FAIL_ON, 0, "fail-on", "SEVERITY",
     "exit with 1 from this severity on: info, warning or error"},
    {CLI_FLAG_KIND, 0, "mutate", NULL, "answer as the mutating webhook would"},
    {CLI_FLAG_KIND, 0, "validate", NULL,
     "answer as the validating webhook would; without either: both"},
    {CLI_FLAG_CONTEXT, 0, "context-objects", "PATH", "manifests of other objects in the cluster"},
    {CLI_FLAG_VERBOSE, 'v', "verbose", NULL, "name every case, also those that pass"},
    {CLI_FLAG_ADMIN, 0, "admin", "user:NAME|group:NAME",
     "who may take protection away; may be repeated"},
    {CLI_FLAG_ALL_NAMESPACES, 'A', "all-namespaces", NULL,
     "not only those with the label ballast.dev/enforce: \"true\""},
    {CLI_FLAG_BOOTSTRAP, 0, "bootstrap", "SERVERS",
     "brokers to ask first: HOST:PORT[,HOST:PORT…]; the others are found through them"},
    {CLI_FLAG_COMMAND_CONFIG, 0, "command-config", "FILE",
     "properties file with TLS and SASL settings, as Kafka's own tools take it"},
    {CLI_FLAG_WATCH, 'w', "watch", NULL, "look again every two seconds, until interrupted"},
    {CLI_FLAG_LOOK_IN, 'n', "namespace", "NAME", "namespace; the context's where not given"},
    {CLI_FLAG_LOOK_IN, 'A', "all-namespaces", NULL, "in all namespaces"},
    {CLI_FLAG_FOLLOW, 'w', "watch", NULL, "go on until it is over, and show what changes"},
    {CLI_FLAG_MESSAGE, 'm', "message", "REASON", "why, for others to read"},
    {CLI_FLAG_LEAVE, 0, "label", "KEY",
     "label by which the webhook's selector takes namespaces; ballast.dev/enforce"},
    {CLI_FLAG_LEAVE, 0, "webhook-config", "NAME",
     "webhook configurations to delete with -A; ballast-webhook"},
    {CLI_FLAG_LEAVE, 0, "controller", "NAMESPACE/NAME",
     "Deployment to stop with -A; ballast-system/ballast-controller"},
    {CLI_FLAG_LEAVE, 0, "restart", NULL, "hand upgrades back also where that restarts pods"},
    {CLI_FLAG_DRY_RUN, 0, "dry-run", NULL, "say what would be done, and do nothing"},
    {CLI_FLAG_LEASE, 0, "controller-lease", "NAMESPACE/NAME",
     "Lease that tells whether the controller runs; ballast-system/ballast-controller"},
    {CLI_FLAG_CLUSTER, 0, "kubeconfig", "FILE", "how to reach the cluster, as kubectl takes it"},
    {CLI_FLAG_CLUSTER, 0, "context", "NAME", "of the kubeconfig"},
    {CLI_FLAG_CLUSTER, 0, "in-cluster", NULL, "by the service account of the pod"},
};

static bool has(const struct cli_verb *verb, const struct option *option)
{
    return (verb->flags & option->flag) != 0;
}

static void print_options(const struct cli_verb *verb)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(options); i++) {
        const struct option *option = &options[i];

        if (!has(verb, option))
            continue;
        BL_AUTO_FREE char *name = bl_asprintf("--%s%s%s", option->name, option->value ? " " : "",
                                              option->value ? option->value : "");
        printf("  %c%c%s %-22s%s %s\n", option->letter ? '-' : ' ',
               option->letter ? option->letter : ' ', option->letter ? "," : " ", name,
               strlen(name) > 22 ? "\n                            " : "",
               option->help ? option->help : verb->outputs);
    }
    printf("  -h, %-22s %s\n", "--help", "this text");
}

static void print_help(const struct cli_verb *verb)
{
    printf("Usage: ballast %s [OPTION…] %s\n\n%s\n\nOptions:\n", verb->name, verb->arguments,
           verb->description);
    print_options(verb);
    printf("\nExamples:\n%s\n", verb->examples);
    printf(
        "Exit codes: 0 fine, 1 something was found or denied, 2 the input or the call is wrong.\n"
        "Read on: man ballast-%s, man ballast-policy\n",
        verb->name);
}

int cli_usage(const struct cli_verb *verb, const char *fmt, ...)
{
    va_list args;

    (void)fputs("ballast: ", stderr);
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fprintf(stderr, "\nRun \"ballast %s --help\" for what it takes.\n", verb->name);
    return CLI_ERROR;
}

static void list_add(struct cli_list *list, const char *text)
{
    *BL_PUSH(list) = text;
}

/* By name, which says what an option is wherever two verbs give it another meaning. */
static void store(struct cli_args *args, const struct option *option, const char *value)
{
    const struct {
        const char *name;
        struct cli_list *list;
        const char **text;
        bool *set;
    } places[] = {
        {"policy", &args->policies, NULL, NULL},
        {"filename", &args->files, NULL, NULL},
        {"context-objects", &args->context, NULL, NULL},
        {"admin", &args->admins, NULL, NULL},
        {"namespace", &args->namespaces, &args->namespace, NULL},
        {"output", NULL, &args->output, NULL},
        {"fail-on", NULL, &args->fail_on, NULL},
        {"bootstrap", NULL, &args->bootstrap, NULL},
        {"command-config", NULL, &args->command_config, NULL},
        {"message", NULL, &args->message, NULL},
        {"label", NULL, &args->label, NULL},
        {"webhook-config", NULL, &args->webhook_config, NULL},
        {"controller", NULL, &args->controller, NULL},
        {"controller-lease", NULL, &args->lease, NULL},
        {"kubeconfig", NULL, &args->kubeconfig, NULL},
        {"context", NULL, &args->kube_context, NULL},
        {"in-cluster", NULL, NULL, &args->in_cluster},
        {"diff", NULL, NULL, &args->diff},
        {"in-place", NULL, NULL, &args->in_place},
        {"quiet", NULL, NULL, &args->quiet},
        {"verbose", NULL, NULL, &args->verbose},
        {"all-namespaces", NULL, NULL, &args->all_namespaces},
        {"watch", NULL, NULL, &args->watch},
        {"mutate", NULL, NULL, &args->mutate},
        {"validate", NULL, NULL, &args->validate},
        {"restart", NULL, NULL, &args->restart},
        {"dry-run", NULL, NULL, &args->dry_run},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(places); i++) {
        if (strcmp(places[i].name, option->name) != 0)
            continue;
        if (places[i].list)
            list_add(places[i].list, value);
        if (places[i].text)
            *places[i].text = value;
        if (places[i].set)
            *places[i].set = true;
    }
}

static const struct option *find_long(const struct cli_verb *verb, const char *name, size_t len)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(options); i++)
        if (has(verb, &options[i]) && strlen(options[i].name) == len &&
            strncmp(options[i].name, name, len) == 0)
            return &options[i];
    return NULL;
}

static const struct option *find_letter(const struct cli_verb *verb, char letter)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(options); i++)
        if (has(verb, &options[i]) && options[i].letter && options[i].letter == letter)
            return &options[i];
    return NULL;
}

static int unknown(const struct cli_verb *verb, const char *text)
{
    const char *names[BL_ARRAY_LEN(options) + 1] = {NULL};
    BL_AUTO_FREE char *name =
        bl_strndup(text + strspn(text, "-"), strcspn(text + strspn(text, "-"), "="));
    size_t count = 0;

    for (size_t i = 0; i < BL_ARRAY_LEN(options); i++)
        if (has(verb, &options[i]))
            names[count++] = options[i].name;

    const char *meant = text[1] == '-' ? bl_text_nearest(name, names) : NULL;
    if (meant)
        return cli_usage(verb, "unknown option %s, did you mean --%s?", text, meant);
    return cli_usage(verb, "unknown option %s", text);
}

/* Takes the value from behind '=' or the letter, else the next argument. Returns -1 to go on. */
static int take_option(const struct cli_verb *verb, const struct option *option,
                       const char *attached, int argc, char **argv, int *at, struct cli_args *args)
{
    const char *value = attached;

    if (!option->value && attached)
        return cli_usage(verb, "option --%s takes no value", option->name);
    if (option->value && !value) {
        if (*at + 1 >= argc)
            return cli_usage(verb, "option --%s needs a value", option->name);
        value = argv[++*at];
    }
    store(args, option, value);
    return -1;
}

static int take_long(const struct cli_verb *verb, int argc, char **argv, int *at,
                     struct cli_args *args)
{
    const char *name = argv[*at] + 2;
    size_t len = strcspn(name, "=");
    const struct option *option = find_long(verb, name, len);

    if (strcmp(name, "help") == 0) {
        print_help(verb);
        return CLI_OK;
    }
    if (!option)
        return unknown(verb, argv[*at]);
    return take_option(verb, option, name[len] ? name + len + 1 : NULL, argc, argv, at, args);
}

/* Letters without values may stand together: -iq. */
static int take_letters(const struct cli_verb *verb, int argc, char **argv, int *at,
                        struct cli_args *args)
{
    const char *word = argv[*at];

    for (const char *letter = word + 1; *letter; letter++) {
        const struct option *option = find_letter(verb, *letter);

        if (*letter == 'h') {
            print_help(verb);
            return CLI_OK;
        }
        if (!option)
            return unknown(verb, word);
        if (option->value)
            return take_option(verb, option, letter[1] ? letter + 1 : NULL, argc, argv, at, args);
        store(args, option, NULL);
    }
    return -1;
}

int cli_parse(const struct cli_verb *verb, int argc, char **argv, struct cli_args *args)
{
    bool files_only = false;

    for (int at = 0; at < argc; at++) {
        const char *word = argv[at];
        int rc = -1;

        if (files_only || word[0] != '-' || !word[1])
            list_add(&args->files, word);
        else if (strcmp(word, "--") == 0)
            files_only = true;
        else if (word[1] == '-')
            rc = take_long(verb, argc, argv, &at, args);
        else
            rc = take_letters(verb, argc, argv, &at, args);
        if (rc >= 0)
            return rc;
    }
    return -1;
}

void cli_args_release(struct cli_args *args)
{
    free(args->policies.items);
    free(args->files.items);
    free(args->context.items);
    free(args->admins.items);
    free(args->namespaces.items);
    *args = (struct cli_args){0};
}

bool cli_output_known(const struct cli_verb *verb, const struct cli_args *args)
{
    size_t len = args->output ? strlen(args->output) : 0;

    for (const char *at = verb->outputs; len && *at;) {
        size_t word = strcspn(at, "|");

        if (word == len && strncmp(at, args->output, len) == 0)
            return true;
        at += word;
        at += *at == '|';
    }
    if (!args->output)
        return true;
    (void)cli_usage(verb, "unknown output format \"%s\", it is one of %s", args->output,
                    verb->outputs);
    return false;
}
