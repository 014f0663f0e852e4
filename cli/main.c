#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/text.h"
#include "ballast/cluster/rewrite.h"
#include "cli.h"
#include "completion.h"
#include "print.h"

static int complete(int argc, char **argv);

static const struct cli_verb completion = {
    &cli_completion_command, "print a script for bash, zsh or fish, which completes calls",
    complete};

static const struct cli_verb *const verbs[] = {
    &cli_harden, &cli_lint,   &cli_explain, &cli_test,    &cli_review,  &cli_vap,
    &cli_status, &cli_topics, &cli_verify,  &cli_cluster, &cli_rollout, &cli_drain_check,
    &cli_leave,  &cli_backup, &cli_restore, &completion,  NULL,
};

static int complete(int argc, char **argv)
{
    return cli_completion(verbs, argc, argv);
}

static void print_usage(FILE *to)
{
    (void)fputs("Ballast keeps Apache Kafka safe on Kubernetes.\n\nUsage: ballast VERB [OPTION…] "
                "[FILE…]\n\n",
                to);
    for (size_t i = 0; verbs[i]; i++)
        (void)fprintf(to, "  %-11s %s\n", cli_verb_name(verbs[i]), verbs[i]->summary);
    (void)fputs("\n  ballast VERB --help   what a verb takes, with examples\n"
                "  ballast --version     the version\n"
                "\nTry: helm template my-kafka CHART | ballast harden --diff\n",
                to);
}

static const struct cli_verb *find_verb(const char *name)
{
    for (size_t i = 0; verbs[i]; i++)
        if (strcmp(cli_verb_name(verbs[i]), name) == 0)
            return verbs[i];
    return NULL;
}

static int unknown_verb(const char *name)
{
    const char *names[BL_ARRAY_LEN(verbs)] = {NULL};

    for (size_t i = 0; verbs[i]; i++)
        names[i] = cli_verb_name(verbs[i]);

    const char *meant = bl_text_nearest(name, names);
    cli_say(STDERR_FILENO,
            "ballast: unknown verb \"%s\"%s%s%s\nRun \"ballast --help\" for all of them.", name,
            meant ? ", did you mean \"" : "", meant ? meant : "", meant ? "\"?" : "");
    return CLI_ERROR;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;
    int rc = bl_rewrite_main(argc, argv);

    /* A reader that went away is told by write(), where it can be handled. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (rc >= 0)
        return rc;
    if (!word) {
        print_usage(stderr);
        return CLI_ERROR;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "version") == 0) {
        printf("ballast %s\n", BALLAST_VERSION);
        return CLI_OK;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        const struct cli_verb *verb = argc > 2 ? find_verb(argv[2]) : NULL;
        char help[] = "--help", *help_argv[] = {help};

        if (verb)
            return verb->run(1, help_argv);
        print_usage(stdout);
        return CLI_OK;
    }

    const struct cli_verb *verb = find_verb(word);
    return verb ? verb->run(argc - 2, argv + 2) : unknown_verb(word);
}
