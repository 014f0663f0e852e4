/* What a chart is given as inter.broker.protocol.version: held through an upgrade, and raised by a second release. */
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/metadata_version.h"
#include "ballast/object/object.h"
#include "plan.h"

#define PROTOCOL "inter.broker.protocol.version"

/* Brokers with ZooKeeper that are live and stay. */
struct brokers {
    bool any;
    bool unknown;  /* a version of theirs, or what they speak */
    bool behind;   /* some run a Kafka that speaks less than what the chart brings */
    bool complete; /* all pods are of the newest template, and ready */
    char *is;      /* the highest that is spoken: to fall below it is refused */
    char *known;   /* the highest that all will know */
};

static void brokers_release(struct brokers *brokers)
{
    free(brokers->is);
    free(brokers->known);
}

static bool is_complete(const cJSON *set)
{
    const cJSON *status = bl_json_get(set, "status");
    int64_t wanted = bl_object_replicas(set);

    return bl_json_number(status, "observedGeneration") >=
               bl_json_number(bl_json_get(set, "metadata"), "generation") &&
           bl_json_number(status, "updatedReplicas") >= wanted &&
           bl_json_number(status, "readyReplicas") >= wanted;
}

/* The protocol is taken. */
static void keep(char **kept, char *protocol, bool highest)
{
    if (!*kept || (bl_protocol_compare(protocol, *kept) > 0) == highest) {
        free(*kept);
        *kept = protocol;
    } else
        free(protocol);
}

static void add_step(const struct bl_plan_step *step, void *context)
{
    struct brokers *brokers = context;
    BL_AUTO_FREE char *spoken = NULL;

    if (step->wanted->role != BL_ROLE_BROKER || step->wanted->kraft ||
        (step->to && bl_version_compare(step->to, "4") >= 0))
        return;
    brokers->any = true;
    spoken = step->from && step->to ? bl_protocol_spoken(step) : NULL;
    if (!spoken || !*spoken) {
        brokers->unknown = true;
        return;
    }
    BL_AUTO_FREE char *from = bl_protocol_of(step->from), *to = bl_protocol_of(step->to);
    brokers->behind |= bl_version_compare(from, to) < 0;
    brokers->complete &= is_complete(step->live->object);
    keep(&brokers->is, BL_STEAL(spoken), true);
    keep(&brokers->known, BL_STEAL(to), false);
}

/* As far as it is to be raised, sooner or later; NULL: not at all. For free(). */
static char *target_of(const struct bl_cluster_spec *spec, const struct brokers *brokers)
{
    int64_t wanted = bl_cluster_metadata_wanted(spec);
    BL_AUTO_FREE char *asked = NULL;

    if (!wanted)
        return NULL;
    if (wanted != BL_METADATA_HIGHEST)
        asked = strchr(spec->versions.metadata, '.') ? bl_strdup(spec->versions.metadata)
                                                     : bl_metadata_version_name(wanted);
    if (!asked || bl_protocol_compare(asked, brokers->known) > 0) {
        free(asked);
        asked = bl_strdup(brokers->known);
    }
    return bl_protocol_compare(asked, brokers->is) > 0 ? BL_STEAL(asked) : NULL;
}

/*
 * While it is behind, what is spoken. Then what the release has given, as one that was raised and then failed is made again
 * with the same; nothing where that says nothing, and brokers speak what they know.
 */
static const char *held_at(const struct brokers *brokers, const char *has)
{
    if (brokers->behind)
        return brokers->is;
    if (bl_protocol_compare(brokers->is, brokers->known) >= 0)
        return has;
    return has && bl_protocol_compare(has, brokers->is) > 0 ? has : brokers->is;
}

void bl_cluster_protocol_decide(const struct bl_cluster_plan_input *input, bool settled,
                                struct bl_cluster_protocol *ret_protocol)
{
    const char *path = input->spec->versions.protocol_value;
    const char *has =
        input->deployed ? bl_values_text(bl_record_values(input->deployed), path) : NULL;
    BL_AUTO(bl_plan_states_release) struct bl_plan_states states;
    BL_AUTO(brokers_release) struct brokers brokers = {.complete = true};
    const char *value = has;

    *ret_protocol = (struct bl_cluster_protocol){0};
    bl_plan_states_open(input, &states);
    bl_plan_states_each(&states, add_step, &brokers);
    ret_protocol->ours = brokers.any;
    if (brokers.any && !brokers.unknown) {
        ret_protocol->next = target_of(input->spec, &brokers);
        ret_protocol->raises = ret_protocol->next && settled && brokers.complete && !brokers.behind;
        value = ret_protocol->raises ? ret_protocol->next : held_at(&brokers, has);
        ret_protocol->is = BL_STEAL(brokers.is);
    }
    ret_protocol->value = value ? bl_strdup(value) : NULL;
}

/* --- what is said of it --- */

char *bl_cluster_plan_protocol(const struct bl_cluster_plan *plan)
{
    const struct bl_cluster_protocol *protocol = &plan->protocol;
    BL_AUTO_FREE char *known = plan->kafka ? bl_protocol_of(plan->kafka) : NULL;

    if (!protocol->is || !known)
        return NULL;
    if (protocol->raises)
        return bl_asprintf(PROTOCOL " is raised from %s to %s: there is no way back from there",
                           protocol->is, protocol->next);
    if (protocol->next)
        return bl_asprintf(PROTOCOL " is held at %s until Kafka %s is rolled out and proven, and "
                                    "raised to %s by an upgrade of its own then: there is no way "
                                    "back from there",
                           protocol->is, plan->kafka, protocol->next);
    if (bl_protocol_compare(protocol->is, known) < 0)
        return bl_asprintf(PROTOCOL " is held at %s; spec.versions.metadata: Auto raises it to %s "
                                    "once Kafka %s is proven, and there is no way back from there",
                           protocol->is, known, plan->kafka);
    return NULL;
}

/* As check_metadata() has it of clusters without ZooKeeper. */
static void refuse_lower(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan)
{
    int64_t wanted = bl_cluster_metadata_wanted(input->spec);
    BL_AUTO_FREE char *asked = NULL;

    if (!wanted || wanted == BL_METADATA_HIGHEST || !plan->protocol.is)
        return;
    asked = bl_metadata_version_name(wanted);
    if (bl_protocol_compare(asked, plan->protocol.is) < 0)
        bl_cluster_plan_refuse(plan, BL_REFUSED_LOWER,
                               bl_asprintf(PROTOCOL " is %s, and spec.versions.metadata asks for "
                                                    "%s: there is no way back",
                                           plan->protocol.is, input->spec->versions.metadata),
                               bl_strdup("Take Hold, or a level that is not lower."));
}

void bl_plan_protocol_held(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan)
{
    char *said = bl_cluster_plan_protocol(plan);

    refuse_lower(input, plan);
    if (said)
        *BL_PUSH(&plan->notes) = said;
}
