#include "ballast/base/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define DURATION_MAX 86400

/* One that was found, and the struct that it fills. */
struct found {
    const struct bl_option *option;
    char *into;
};

struct call {
    const struct bl_command *command;
    int argc;
    char **argv;
    int at;
    char *into;
    struct bl_texts *arguments;
};

void bl_texts_end(struct bl_texts *texts)
{
    *BL_PUSH(texts) = NULL;
    texts->len--;
}

void bl_texts_release(struct bl_texts *texts)
{
    free(texts->items);
    *texts = (struct bl_texts){0};
}

/* --- what is said --- */

int bl_command_usage(const struct bl_command *command, const char *fmt, ...)
{
    size_t program = strcspn(command->name, " ");
    va_list args;

    (void)fprintf(stderr, "%.*s: ", (int)program, command->name);
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fprintf(stderr, "\nRun \"%s --help\" for what it takes.\n", command->name);
    return BL_EXIT_USAGE;
}

int bl_command_fail(const struct bl_command *command, const struct bl_error *err)
{
    enum bl_errcode code = bl_error_code(err);

    (void)fprintf(stderr, "%s: error: %s\n", command->name, bl_error_text(err));
    if (bl_error_hint(err))
        (void)fprintf(stderr, "hint: %s\n", bl_error_hint(err));
    return code == BL_ERR_UNAVAILABLE || code == BL_ERR_INTERNAL ? BL_EXIT_FAILED : BL_EXIT_USAGE;
}

static int unknown(const struct call *call, const char *word)
{
    const char *start = word + strspn(word, "-");
    BL_AUTO_FREE char *name = bl_strndup(start, strcspn(start, "="));
    struct bl_texts names = {0};
    const char *meant = NULL;

    for (const struct bl_option_place *place = call->command->groups; place->group; place++)
        for (const struct bl_option *option = place->group->options; option->name; option++)
            *BL_PUSH(&names) = option->name;
    bl_texts_end(&names);
    if (bl_text_starts(word, "--"))
        meant = bl_text_nearest(name, names.items);
    free(names.items);
    if (meant)
        return bl_command_usage(call->command, "unknown option %s, did you mean --%s?", word,
                                meant);
    return bl_command_usage(call->command, "unknown option %s", word);
}

/* --- values --- */

/* "500ms", "10s", "2m", "1h": as kubectl takes them. */
static bool read_duration(const char *text, bl_nsec *ret_duration)
{
    static const struct {
        const char *unit;
        bl_nsec factor;
    } units[] = {
        {"ms", BL_NSEC_MS}, {"s", BL_NSEC_S}, {"m", 60 * BL_NSEC_S}, {"h", 3600 * BL_NSEC_S}};
    size_t digits = strspn(text, "0123456789");
    int64_t value;

    if (!bl_text_to_int(text, digits, &value) || value > DURATION_MAX)
        return false;
    for (size_t i = 0; i < BL_ARRAY_LEN(units); i++) {
        if (strcmp(text + digits, units[i].unit) == 0) {
            *ret_duration = value * units[i].factor;
            return true;
        }
    }
    return false;
}

static int store_count(const struct bl_option *option, const char *value, int64_t *place,
                       struct bl_error **err)
{
    int64_t count;

    if (!bl_text_to_int(value, strlen(value), &count) || count < option->min || count > option->max)
        return bl_fail(err, BL_ERR_INVALID, "takes %lld to %lld", (long long)option->min,
                       (long long)option->max);
    *place = count;
    return 0;
}

static int store_duration(const struct bl_option *option, const char *value, bl_nsec *place,
                          struct bl_error **err)
{
    bl_nsec duration;

    if (!read_duration(value, &duration) || (option->min && !duration))
        return bl_fail(err, BL_ERR_INVALID, "takes a duration, as 10s");
    *place = duration;
    return 0;
}

static int store_word(const struct bl_option *option, const char *value, int *place,
                      struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf all = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (int i = 0; option->words[i]; i++) {
        if (strcmp(option->words[i], value) == 0) {
            *place = option->first + i;
            return 0;
        }
    }
    bl_words_add(&all, option->words);
    return bl_fail(err, BL_ERR_INVALID, "takes %s, not \"%s\"", all.text, value);
}

static void set_flag(const struct found *found)
{
    *(bool *)(found->into + found->option->offset) = true;
}

/* `value` is not NULL: it is no flag. */
static int store(const struct found *found, const char *value, struct bl_error **err)
{
    const struct bl_option *option = found->option;
    void *place = found->into + option->offset;

    switch (option->type) {
    case BL_OPTION_COUNT:
        return store_count(option, value, place, err);
    case BL_OPTION_DURATION:
        return store_duration(option, value, place, err);
    case BL_OPTION_WORD:
        return store_word(option, value, place, err);
    case BL_OPTION_READ:
        return option->read(value, place, err);
    case BL_OPTION_FLAG:
    case BL_OPTION_TEXT:
    case BL_OPTION_TEXTS:
        break;
    }
    if (option->read && option->read(value, NULL, err) < 0)
        return -1;
    if (option->type == BL_OPTION_TEXT)
        *(const char **)place = value;
    else
        *BL_PUSH((struct bl_texts *)place) = value;
    return 0;
}

bool bl_namespaced_valid(const char *text)
{
    const char *slash = strchr(text, '/');

    return slash && slash != text && slash[1] && !strchr(slash + 1, '/');
}

void bl_namespaced_split(const char *text, struct bl_namespaced *ret_namespaced)
{
    const char *slash = strchr(text, '/');

    ret_namespaced->namespace = bl_strndup(text, (size_t)(slash - text));
    ret_namespaced->name = bl_strdup(slash + 1);
}

void bl_namespaced_release(struct bl_namespaced *namespaced)
{
    free(namespaced->namespace);
    free(namespaced->name);
    *namespaced = (struct bl_namespaced){0};
}

int bl_option_read_namespaced(const char *text, void *place, struct bl_error **err)
{
    if (!bl_namespaced_valid(text))
        return bl_fail(err, BL_ERR_INVALID, "takes NAMESPACE/NAME");
    if (place) {
        bl_namespaced_release(place);
        bl_namespaced_split(text, place);
    }
    return 0;
}

/* --- the call --- */

static bool is_named(const struct bl_option *option, char letter, const char *name, size_t len)
{
    if (letter)
        return option->letter == letter;
    return strlen(option->name) == len && strncmp(option->name, name, len) == 0;
}

/* By its letter, or else by its name. */
static struct found find(const struct call *call, char letter, const char *name, size_t len)
{
    for (const struct bl_option_place *place = call->command->groups; place->group; place++)
        for (const struct bl_option *option = place->group->options; option->name; option++)
            if (is_named(option, letter, name, len))
                return (struct found){option, call->into + place->offset};
    return (struct found){0};
}

/* Takes the value from behind '=' or the letter, else the next word. */
static int take(struct call *call, const struct found *found, const char *attached)
{
    const char *value = attached;
    BL_ERROR(err);

    if (!found->option->value && attached)
        return bl_command_usage(call->command, "option --%s takes no value", found->option->name);
    if (!found->option->value) {
        set_flag(found);
        return -1;
    }
    if (!value) {
        if (call->at + 1 >= call->argc)
            return bl_command_usage(call->command, "option --%s needs a value",
                                    found->option->name);
        value = call->argv[++call->at];
    }
    if (store(found, value, &err) < 0)
        return bl_command_usage(call->command, "--%s %s", found->option->name, bl_error_text(err));
    return -1;
}

static int print_help(const struct bl_command *command)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_command_help(command, &text);
    (void)fputs(text.text, stdout);
    return BL_EXIT_OK;
}

static int take_long(struct call *call)
{
    const char *name = call->argv[call->at] + 2;
    size_t len = strcspn(name, "=");
    struct found found = find(call, 0, name, len);

    if (strcmp(name, "help") == 0)
        return print_help(call->command);
    if (strcmp(name, "version") == 0) {
        printf("%.*s %s\n", (int)strcspn(call->command->name, " "), call->command->name,
               BALLAST_VERSION);
        return BL_EXIT_OK;
    }
    if (!found.option)
        return unknown(call, call->argv[call->at]);
    return take(call, &found, name[len] ? name + len + 1 : NULL);
}

/* Letters without values may stand together: -iq. */
static int take_letters(struct call *call)
{
    const char *word = call->argv[call->at];

    for (const char *letter = word + 1; *letter; letter++) {
        struct found found = find(call, *letter, NULL, 0);

        if (*letter == 'h')
            return print_help(call->command);
        if (!found.option)
            return unknown(call, word);
        if (found.option->value)
            return take(call, &found, letter[1] ? letter + 1 : NULL);
        set_flag(&found);
    }
    return -1;
}

static int take_argument(struct call *call, const char *word)
{
    if (!call->command->takes_arguments)
        return bl_command_usage(call->command, "unexpected argument \"%s\"; %s takes options only",
                                word, call->command->name);
    *BL_PUSH(call->arguments) = word;
    return -1;
}

int bl_command_parse(const struct bl_command *command, int argc, char **argv, void *into,
                     struct bl_texts *ret_arguments)
{
    struct call call = {command, argc, argv, 0, into, ret_arguments};
    bool arguments_only = false;

    for (; call.at < argc; call.at++) {
        const char *word = argv[call.at];
        int rc = -1;

        if (arguments_only || word[0] != '-' || !word[1])
            rc = take_argument(&call, word);
        else if (strcmp(word, "--") == 0)
            arguments_only = true;
        else
            rc = word[1] == '-' ? take_long(&call) : take_letters(&call);
        if (rc >= 0)
            return rc;
    }
    for (const struct bl_option_place *place = command->groups; place->group; place++)
        for (const struct bl_option *option = place->group->options; option->name; option++)
            if (option->type == BL_OPTION_TEXTS)
                bl_texts_end(
                    (struct bl_texts *)(void *)((char *)into + place->offset + option->offset));
    if (command->takes_arguments)
        bl_texts_end(ret_arguments);
    return -1;
}
