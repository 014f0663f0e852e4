/**
 * The servers that settings name: who else is of this cluster, as its members believe.
 *
 * Each list has a form of its own, and charts write it in dialects (Bitnami's and the official image's ZOO_SERVERS,
 * Confluent's ZOOKEEPER_SERVERS). A list is read into servers, because as texts two lists of the same servers differ:
 * each member names itself 0.0.0.0.
 */
#ifndef BALLAST_WORKLOAD_SERVERS_H
#define BALLAST_WORKLOAD_SERVERS_H

#include "ballast/workload/workload.h"

enum bl_servers_form {
    BL_SERVERS_CONNECT = 1, /* zookeeper.connect, bootstrap servers: "host:port,host:port/chroot" */
    BL_SERVERS_VOTERS,      /* controller.quorum.voters: "1@host:port,2@host:port" */
    BL_SERVERS_LISTENERS,   /* advertised.listeners: "NAME://host:port,…" */
    BL_SERVERS_ENSEMBLE, /* ZOO_SERVERS: "server.1=host:2888:3888;2181 host:2888:3888::2", of any dialect */
};

struct bl_listed_server {
    char *name; /* of a listener; "" otherwise */
    char *host; /* as written; "" where none is */
    int port; /* of a connection or listener; the peer port of an ensemble; 0: not given, or no number */
    int election;  /* of an ensemble */
    int client;    /* of an ensemble, where the entry tells it */
    bool observer; /* of an ensemble: it has no vote */
};

struct bl_servers {
    struct bl_listed_server *items;
    size_t len, cap;
    bool unreadable; /* an entry is no server: what it stands for cannot be told */
    char *chroot;    /* of a connection, "/kafka"; NULL: none, which "/" is too */
};

/** Appends those of `text`. */
void bl_servers_parse(struct bl_servers *servers, enum bl_servers_form form, const char *text);
void bl_servers_release(struct bl_servers *servers);

/**
 * The servers of a ZooKeeper ensemble that this member names, from its environment, its start command or a file of
 * settings. False: it names none, so it stands alone, or its settings are not in sight.
 */
bool bl_workload_ensemble_servers(const struct bl_workload *workload, const struct bl_world *world,
                                  struct bl_servers *ret_servers);
/**
 * The number that the author gave this ZooKeeper server of its own, so that others are beside it or should be. -1: it has none,
 * or each of its pods finds one.
 */
int64_t bl_workload_server_number(const struct bl_workload *workload);
/** Those of a property: zookeeper.connect, controller.quorum.voters, … False: nothing sets it. */
bool bl_workload_servers(const struct bl_workload *workload, const struct bl_world *world,
                         const char *property, struct bl_servers *ret_servers);

/** How many of the first list of voters, "1@host:port,2@host:port", the second one lacks, by id. */
unsigned bl_voters_lacking(const char *of, const char *voters);

/** Is its listener of this name bound to the port? Where only advertised listeners are given, those count. */
bool bl_workload_listens_as(const struct bl_workload *workload, const struct bl_world *world,
                            const char *listener, int port);

#endif
