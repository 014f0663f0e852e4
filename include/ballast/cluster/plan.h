/**
 * What is to be done for a KafkaCluster, or why not. Pure: what the chart renders, what the release has, and what is live in;
 * changes, refusals and a digest out. The digest stands for all of it, so that a plan can be approved by it.
 */
#ifndef BALLAST_CLUSTER_PLAN_H
#define BALLAST_CLUSTER_PLAN_H

#include "ballast/base/digest.h"
#include "ballast/cluster/record.h"
#include "ballast/cluster/scale.h"
#include "ballast/cluster/spec.h"
#include "ballast/policies/policy.h"

/** Reasons, as conditions have them. */
#define BL_REFUSED_NONDETERMINISTIC "NonDeterministicChart"
#define BL_REFUSED_LOSS "LosesMembers"
#define BL_REFUSED_IMMUTABLE "ImmutableField"
#define BL_REFUSED_SHRINKS "ShrinksVolume"
#define BL_REFUSED_VERSION "VersionNotReached"
#define BL_REFUSED_LOWER "LowerVersion"
#define BL_REFUSED_SKIPS "SkipsVersion"
#define BL_REFUSED_VOTERS "LosesQuorum"
#define BL_REFUSED_CLUSTER_ID "OtherClusterId"
#define BL_REFUSED_RENAMED "ReleaseRenamed"
#define BL_REFUSED_DURABILITY "StopsWrites"
#define BL_REFUSED_SCALE "RemovesBrokers"
#define BL_REFUSED_NOT_OURS "NotOwned"
#define BL_REFUSED_EMPTY "NothingRendered"
#define BL_REFUSED_NO_DIGEST "ImageWithoutDigest"

struct bl_refusal {
    const char *reason; /* a word in CamelCase */
    char *message, *hint;
};

/** What the status of the KafkaCluster has noted. Texts are borrowed from it, and NULL where there is none. */
struct bl_cluster_known {
    const char *release; /* the name of the release that it is about */
    int64_t attempt;     /* the revision of it that Ballast told Helm to make last; 0: none */
    const char *kafka, *zookeeper; /* the versions that run */
    const char *protocol;          /* inter.broker.protocol.version, where Ballast holds it */
    int64_t level;                 /* of metadata.version; -1: not known */
    int64_t revision, since;       /* that is deployed; when its pods were ready; 0: not yet */
    int64_t verified, lost; /* the revision that was proven last; messages that were missed */
};
/**
 * The status of a KafkaCluster; NULL where it is about one of the same name that went just before, for which somebody was
 * still at work.
 */
const cJSON *bl_cluster_own_status(const cJSON *object);
/** `object` may be NULL, or have no status. */
void bl_cluster_known_read(const cJSON *object, struct bl_cluster_known *ret_known);
/**
 * Is this revision of the release done: rolled, left to soak, and proven where that is asked for? `now` is in seconds since
 * 1970.
 */
bool bl_cluster_known_is_settled(const struct bl_cluster_known *known,
                                 const struct bl_cluster_spec *spec, const char *release,
                                 int64_t revision, int64_t now);

/**
 * inter.broker.protocol.version of brokers with ZooKeeper, where Ballast gives it to the chart at spec.versions.protocolValue:
 * held while brokers of two versions run, and raised by a release of its own. Texts are owned.
 */
struct bl_cluster_protocol {
    bool ours;   /* there are such brokers, and nobody else has set it */
    bool given;  /* the values say it themselves */
    bool raises; /* `value` is what it is raised to by this plan, without a way back */
    char *is;    /* the highest that brokers speak now; NULL: not known */
    char *value; /* what the chart is given; NULL: nothing */
    char *next;  /* what it is raised to, now or once the release is done; NULL: it stays */
};
void bl_cluster_protocol_release(struct bl_cluster_protocol *protocol);

/** All borrowed, but where it says otherwise. */
struct bl_cluster_plan_input {
    const struct bl_cluster_spec *spec;
    const char *namespace, *release;
    const struct bl_record *rendered,
        *again;                       /* the chart, rendered twice: if they differ, it is refused */
    const struct bl_record *deployed; /* NULL: there is none */
    const cJSON *const *live;         /* those objects that `rendered` or `deployed` names */
    size_t live_len;
    const struct bl_policy_set
        *policies; /* their rule upgradePath decides whether a loss is allowed */
    bl_day today;
    struct bl_cluster_known known;
    const char *former; /* a release of another name that the KafkaCluster has made; NULL */
    /* As bl_cluster_protocol_decide() has filled it, and the plan takes what is in it; NULL: it is the author's. */
    struct bl_cluster_protocol *protocol;
    const struct bl_cluster *brokers; /* what they say; NULL: they were not asked */
    const char *unasked;              /* why not, as the end of a sentence; NULL: nobody tried */
};

enum bl_cluster_action {
    BL_CLUSTER_NOTHING, /* the release is as it shall be */
    BL_CLUSTER_INSTALL,
    BL_CLUSTER_UPGRADE,
};

struct bl_cluster_plan {
    enum bl_cluster_action action;
    struct {
        struct bl_refusal *items;
        size_t len, cap;
    } refusals;
    /** "~ StatefulSet/kafka /spec/…/image: a → b". At most 50 lines, and then one with the number of the rest. */
    struct bl_strings changes;
    struct bl_strings
        notes; /* what a person better knows before; none of it is a reason to refuse */
    struct bl_strings rewritten; /* images by other names than the chart's: "A → B" */
    struct bl_strings
        images; /* that the rendered pods run, those of hooks too, each once, by name */
    char *kafka, *zookeeper; /* versions that the chart brings; NULL: not known, or none runs */
    struct {
        char *kafka, *zookeeper; /* the same of what is live */
    } running;
    struct bl_cluster_protocol protocol;
    struct bl_scales scales; /* brokers that go, and hold nothing */
    bool asks;               /* whether they do was not asked: for that alone these are refused */
    bool
        grown; /* nothing is to be done, and a set has more pods than it gives: to put that back would take brokers away */
    char digest
        [BL_DIGEST_SIZE]; /* of the rendered objects, values, refusals and the deployed revision */
    char input[BL_DIGEST_SIZE]; /* of the chart and the values alone: what Helm is given */
    struct {
        char chart[BL_DIGEST_SIZE], values[BL_DIGEST_SIZE];
    } deployed; /* of the release as Helm has it; "": there is none */
};

/**
 * What the chart is given at spec.versions.protocolValue, where the values give nothing there. Of `rendered` it takes the version
 * of Kafka alone, which what is given does not change. `settled`: the release is done.
 */
void bl_cluster_protocol_decide(const struct bl_cluster_plan_input *input, bool settled,
                                struct bl_cluster_protocol *ret_protocol);

void bl_cluster_plan(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *ret_plan);
void bl_cluster_plan_release(struct bl_cluster_plan *plan);

/**
 * Adds a refusal that the API server or a registry gave. `reason` is a constant; the plan takes `message` and `hint`, which
 * may be NULL.
 */
void bl_cluster_plan_refuse(struct bl_cluster_plan *plan, const char *reason, char *message,
                            char *hint);

/** What is held of the protocol or raised, and why, for people. For free(); NULL: nothing is. */
char *bl_cluster_plan_protocol(const struct bl_cluster_plan *plan);

/** Is it refused for this reason, among others? */
bool bl_cluster_plan_has(const struct bl_cluster_plan *plan, const char *reason);

/** The refusals as a status and `-o json` say them: [{reason, message, hint}]. */
BL_NONNULL cJSON *bl_cluster_plan_refusals(const struct bl_cluster_plan *plan);

/** By their numbers, as "3.10.0" is above "3.9.1": less than, equal to or greater than 0. A suffix such as "-rc1" is ignored. */
int bl_version_compare(const char *a, const char *b);

#endif
