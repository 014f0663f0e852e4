/**
 * One question to whoever gives tokens, with tries and limits.
 *
 * Which URLs are spoken to is decided here: https, or a loopback address, and no name or password in them.
 */
#ifndef BALLAST_GOOGLE_EXCHANGE_H
#define BALLAST_GOOGLE_EXCHANGE_H

#include "ballast/base/stop.h"
#include "ballast/base/strbuf.h"
#include "ballast/json/json.h"

/** Fails unless a secret may be sent there; `what` names the field. */
BL_CHECK int bl_google_url_check(const char *url, const char *what, struct bl_error **err);

/** How questions are asked. All borrowed. */
struct bl_google_asking {
    const struct bl_stop *stop;
    const char *ca_file;
    bl_nsec pace; /* a second between tries */
    bool once;    /* there is a token that will do, so nobody should be kept waiting */
};

struct bl_google_question {
    const char *what;           /* for messages: "the token of service account key F" */
    const char *url;            /* checked already; messages have it without its query */
    const char *const *headers; /* up to NULL; or NULL */
    const char *form;           /* posted; NULL: no form */
    const char *json;           /* posted; NULL: neither, a GET */
    bool direct;                /* through no proxy */
};

/**
 * Fills `answer` with the body of a 200. Five tries, unless `once`, where nobody answers, or with 408, 429, 500 or 503,
 * or with what OAuth says for the same. Errors have the status, and what the answer says of it with secrets left out.
 */
BL_CHECK int bl_google_ask(const struct bl_google_asking *asking,
                           const struct bl_google_question *question, struct bl_strbuf *answer,
                           struct bl_error **err);

/** The same, read as a JSON object; for bl_json_wipe(). */
BL_CHECK int bl_google_ask_json(const struct bl_google_asking *asking,
                                const struct bl_google_question *question, cJSON **ret_answer,
                                struct bl_error **err);

/** Fails unless the text may stand in a header and is there at all. */
BL_CHECK int bl_google_check_token(const char *token, const char *what, struct bl_error **err);

#endif
