/** What the two halves of the client share: client.c keeps, transfer.c sends. */
#ifndef BALLAST_HTTP_CLIENT_PRIVATE_H
#define BALLAST_HTTP_CLIENT_PRIVATE_H

#include <curl/curl.h>
#include <pthread.h>

#include "ballast/http/client.h"

/** Most sessions that are kept for later, each with its connections. */
#define SESSIONS_MAX 4

/** Connections, for one request after the other. One thread at a time has it. */
struct session {
    CURLM *multi;
    struct session *next;
};

struct bl_http_client {
    char *url;        /* without '/' at its end; its host is the name that the server must prove */
    char *origin;     /* "https://host:port", for messages: never a password */
    char *host;       /* header, or NULL where it follows from the URL */
    char *connect_to; /* curl's "name:port:host:port", or NULL */
    char *proxy;      /* NULL: the environment's */
    char *user_agent;
    char *ca_file, *ca_pem;
    bool insecure;
    bool abroad;
    bool local; /* the server is on this machine, behind no proxy */
    bl_nsec connect_timeout, timeout;

    pthread_mutex_t lock; /* guards what is below */
    struct session *idle;
    size_t idle_len;
};

struct session *bl_http_session_take(struct bl_http_client *client);
void bl_http_session_return(struct bl_http_client *client, struct session *session);

#endif
