/** A client of one fake API, whose tokens come from another fake: so requests are counted apart. */
#ifndef BALLAST_TEST_GOOGLE_CLIENT_H
#define BALLAST_TEST_GOOGLE_CLIENT_H

#include "ballast/google/client.h"
#include "google_help.h"

#define NAME "projects/p/locations/l/backupPlans/plan"
#define PARENT "projects/p/locations/l"
#define OPERATION "projects/p/locations/l/operations/op-1"
#define STARTED "{\"name\":\"" OPERATION "\"}"

static struct fakekube *api, *metadata;
static struct bl_google_tokens *tokens;
static struct bl_google_client *client;

static inline void help_set_up(void)
{
    struct bl_google_options options = {.tries = 3, .pace = BL_NSEC_MS / 10};
    BL_ERROR(err);

    api = fakekube_new();
    metadata = fakekube_new();
    tokens = help_tokens(metadata, &bl_clock_real, NULL);
    fakekube_answer(metadata, 1, HELP_GRANT("first"));
    fakekube_answer(metadata, 2, HELP_GRANT("second"));
    options.endpoint = fakekube_url(api);
    if (bl_google_client_new(tokens, &options, &client, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
}

static inline void help_tear_down(void)
{
    bl_google_client_free(client);
    bl_google_tokens_free(tokens);
    fakekube_free(api);
    fakekube_free(metadata);
}

static inline void help_answer(unsigned nth, int status, const char *body)
{
    fakekube_answer(api, nth, &(struct fake_answer){.status = status, .body = body});
}

/** The latest request's first line is this, and its body that. */
static inline void help_sent(const char *line, const char *body)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(1 << 16);
    BL_AUTO_FREE char *head = bl_asprintf("%s HTTP/1.1\r\n", line);
    BL_AUTO_FREE char *tail = bl_asprintf("\r\n\r\n%s", body);

    fakekube_last(api, &last);
    ck_assert_msg(bl_text_starts(last.text, head), "%s", last.text);
    ck_assert_msg(bl_text_ends(last.text, tail), "%s", last.text);
}

/** An error as Google writes it. */
#define HELP_ERROR(code, status) \
    "{\"error\":{\"code\":" #code ",\"message\":\"words\",\"status\":\"" status "\"}}"

#endif
