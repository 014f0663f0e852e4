/** Would the drain of a node get through its pods of Kafka and ZooKeeper? From objects alone. Pure. */
#ifndef BALLAST_CLI_LIVE_DRAIN_H
#define BALLAST_CLI_LIVE_DRAIN_H

#include "live.h"

/** From good to bad. */
enum cli_drain_answer {
    CLI_DRAIN_NOW = 1, /* it may go */
    CLI_DRAIN_UNKNOWN, /* nothing refuses it, and nobody says that it is safe */
    CLI_DRAIN_WAIT,    /* not now; waiting helps */
    CLI_DRAIN_NEVER,   /* not before somebody changes something */
};

struct cli_drain_pod {
    const cJSON *pod;
    enum bl_role role;
    enum cli_drain_answer answer;
    char *why;
    const cJSON *budget; /* that selects it; NULL: none, or more than one */
    size_t budgets;
};

struct cli_drain {
    const char *node;
    struct {
        struct cli_drain_pod *items; /* by namespace and name */
        size_t len, cap;
    } pods;
    enum cli_drain_answer answer; /* the worst of them */
};

struct cli_drain_facts {
    const struct cli_objects *pods; /* of the node */
    const struct cli_objects *sets, *budgets;
    struct cli_life life;
};

/** Borrows the facts. */
void cli_drain_judge(const char *node, const struct cli_drain_facts *facts,
                     struct cli_drain *ret_drain);
void cli_drain_release(struct cli_drain *drain);

void cli_drain_text(const struct cli_drain *drain, struct bl_strbuf *out);
cJSON *cli_drain_json(const struct cli_drain *drain);
/** "now", "unknown", "wait", "never". */
const char *cli_drain_answer_name(enum cli_drain_answer answer);

#endif
