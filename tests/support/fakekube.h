/**
 * A small API server that tells the truth, except where a test says how it shall fail.
 *
 * It keeps ConfigMaps, lists them in pages, streams lists and changes, and forgets old versions when told
 * to. Plain HTTP on 127.0.0.1; a thread a connection. Every request is counted, and the answer to any of
 * them can be replaced: by a status, by garbage, by a body that is cut off, by silence or a reset.
 */
#ifndef BALLAST_TEST_FAKEKUBE_H
#define BALLAST_TEST_FAKEKUBE_H

#include "ballast/base/strbuf.h"

struct fakekube;

/** One answer instead of the right one. */
struct fake_answer {
    int status;          /* 0: none: the connection is reset */
    const char *headers; /* more of them, each with "\r\n"; or NULL */
    const char *body;
    bool chunked;      /* sent in pieces, as a watch is */
    size_t cut;        /* reset after so many bytes of the body; 0: all of it comes */
    unsigned delay_ms; /* before anything is sent */
    bool hold;         /* after it the connection stays open and silent */
    bool right;        /* after the delay, give the right answer */
};

struct fakekube *fakekube_new(void);
/** Ends all connections and joins all threads. */
void fakekube_free(struct fakekube *fake);

/** "http://127.0.0.1:port" */
const char *fakekube_url(const struct fakekube *fake);
/** Can it list by a watch? From the start it can. */
void fakekube_set_streaming(struct fakekube *fake, bool can);
/** Objects of a page at most, whatever the client asks for; 0: as it asks. */
void fakekube_set_page(struct fakekube *fake, unsigned items);

/** Adds or changes a ConfigMap. */
void fakekube_put(struct fakekube *fake, const char *namespace, const char *name,
                  const char *value);
void fakekube_delete(struct fakekube *fake, const char *namespace, const char *name);
/** Forgets all versions but the present one: who asks for an older one gets a 410. */
void fakekube_forget(struct fakekube *fake);
/** Resets every connection. */
void fakekube_kick(struct fakekube *fake);

/** The `nth` request from now on, 1 being the next, gets this answer. Its strings are borrowed. */
void fakekube_answer(struct fakekube *fake, unsigned nth, const struct fake_answer *answer);
/** From now on every request with `path` in its line gets this answer; one path at a time. All is borrowed. */
void fakekube_serve(struct fakekube *fake, const char *path, const struct fake_answer *answer);
unsigned fakekube_requests(struct fakekube *fake);
/** The latest request as it came: line, headers, body. */
void fakekube_last(struct fakekube *fake, struct bl_strbuf *out);
/** All of them, one behind the other, as far as there is room. */
void fakekube_all(struct fakekube *fake, struct bl_strbuf *out);

/** Appends the truth: "namespace/name=version\n" for each object, in order. */
void fakekube_truth(struct fakekube *fake, struct bl_strbuf *out);

#endif
