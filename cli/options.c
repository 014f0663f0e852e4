#include "options.h"

const char *const cli_formats[] = {"text", "json", NULL};

/* As policies/bundles has them. */
static const char *const bundles[] = {"default", "strict", "audit", "managed", NULL};

const char *const cli_against_words[] = {CLI_AGAINST_LIVE, NULL};

void cli_source_release(struct cli_source *source)
{
    bl_texts_release(&source->policies);
    bl_texts_release(&source->files);
    bl_texts_release(&source->against);
}

static const struct bl_option policy_options[] = {
    {.letter = 'p',
     .name = "policy",
     .value = "PATH",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct cli_source, policies),
     .words = bundles,
     .is_path = true,
     .help = "policy file, folder of such files, or bundle (default, strict, audit, managed); may "
             "be repeated"},
    {0},
};
const struct bl_option_group cli_policy_options = {.options = policy_options};

static const struct bl_option file_options[] = {
    {.letter = 'f',
     .name = "filename",
     .value = "PATH",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct cli_source, files),
     .is_path = true,
     .help = "file or folder, as without -f; \"-\" is standard input"},
    {0},
};
const struct bl_option_group cli_file_options = {.options = file_options};

static const struct bl_option namespace_options[] = {
    {.letter = 'n',
     .name = "namespace",
     .value = "NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct cli_source, namespace),
     .help = "namespace of objects that name none"},
    {0},
};
const struct bl_option_group cli_namespace_options = {.options = namespace_options};
