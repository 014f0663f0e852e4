#include "ballast/runtime/leader.h"
#include "ballast/api/builtin.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "microtime.h"

struct bl_leader {
    struct bl_leader_options options;
    cJSON *seen;     /* the Lease as it was last; NULL: never */
    bl_nsec changed; /* when we saw its spec change, by our clock */
};

struct bl_leader *bl_leader_new(const struct bl_leader_options *options)
{
    struct bl_leader *leader = BL_NEW(struct bl_leader);

    leader->options = *options;
    if (!leader->options.clock)
        leader->options.clock = &bl_clock_real;
    if (!leader->options.lease)
        leader->options.lease = 15 * BL_NSEC_S;
    if (!leader->options.renew)
        leader->options.renew = 10 * BL_NSEC_S;
    if (!leader->options.retry)
        leader->options.retry = 2 * BL_NSEC_S;
    return leader;
}

void bl_leader_free(struct bl_leader *leader)
{
    if (!leader)
        return;
    cJSON_Delete(leader->seen);
    free(leader);
}

static const cJSON *spec_of(const cJSON *lease)
{
    return bl_json_get(lease, "spec");
}

static const char *holder_of(const cJSON *lease)
{
    const char *holder = bl_json_string(spec_of(lease), "holderIdentity");

    return holder && *holder ? holder : NULL;
}

static bool leads(const struct bl_leader *leader)
{
    return bl_text_eq(holder_of(leader->seen), leader->options.identity);
}

/* Takes `lease`. */
static void note(struct bl_leader *leader, cJSON *lease)
{
    if (!leader->seen || !bl_json_equal(spec_of(leader->seen), spec_of(lease)))
        leader->changed = bl_clock_now(leader->options.clock);
    cJSON_Delete(leader->seen);
    leader->seen = lease;
}

/* Has it lasted as long as its holder said, since we saw it change? */
static bool ran_out(const struct bl_leader *leader)
{
    int64_t seconds = 0;

    (void)bl_json_int(bl_json_get(spec_of(leader->seen), "leaseDurationSeconds"), &seconds);
    return bl_clock_now(leader->options.clock) - leader->changed >= seconds * BL_NSEC_S;
}

static void set(cJSON *spec, const char *key, cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(spec, key);
    bl_json_add(spec, key, value);
}

/* What the Lease shall say: that `holder` has it for so long from now. */
static void fill(struct bl_leader *leader, cJSON *spec, const char *holder, bl_nsec duration,
                 bool fresh)
{
    char now[BL_MICRO_TIME_SIZE];
    int64_t transitions = 0;

    bl_micro_time(bl_clock_wall(leader->options.clock), now);
    set(spec, "holderIdentity", bl_json_new_string(holder));
    set(spec, "leaseDurationSeconds", bl_json_new_int(duration / BL_NSEC_S));
    set(spec, "renewTime", bl_json_new_string(now));
    if (!fresh)
        return;
    if (bl_json_int(bl_json_get(spec, "leaseTransitions"), &transitions))
        transitions++;
    set(spec, "acquireTime", bl_json_new_string(now));
    set(spec, "leaseTransitions", bl_json_new_int(transitions));
}

static cJSON *new_lease(struct bl_leader *leader)
{
    cJSON *lease =
        bl_kind_new_object(&bl_kind_lease, leader->options.namespace, leader->options.name);
    cJSON *spec = bl_json_add_object(lease, "spec");

    fill(leader, spec, leader->options.identity, leader->options.lease, true);
    return lease;
}

static int create(struct bl_leader *leader, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *lease = new_lease(leader);
    cJSON *stored = NULL;

    if (bl_kube_create(leader->options.client, &bl_kind_lease.resource, leader->options.namespace,
                       lease, &stored, err) < 0)
        return -1;
    note(leader, stored);
    return 0;
}

/* The resourceVersion that was read goes back with it, so that of two that write only one is heard. */
static int update(struct bl_leader *leader, const char *holder, bl_nsec duration, bool fresh,
                  struct bl_error **err)
{
    BL_AUTO_JSON cJSON *lease = bl_json_copy(leader->seen);
    cJSON *spec = bl_json_get(lease, "spec"), *stored = NULL;

    if (!spec)
        spec = bl_json_add_object(lease, "spec");
    fill(leader, spec, holder, duration, fresh);
    if (bl_kube_update(leader->options.client, &bl_kind_lease.resource, leader->options.namespace,
                       lease, &stored, err) < 0)
        return -1;
    note(leader, stored);
    return 0;
}

/* Reads it, and makes it where there is none. */
static int look(struct bl_leader *leader, struct bl_error **err)
{
    cJSON *lease = NULL;

    if (bl_kube_find(leader->options.client, &bl_kind_lease.resource, leader->options.namespace,
                     leader->options.name, &lease, err) < 0)
        return -1;
    if (!lease)
        return create(leader, err);
    note(leader, lease);
    return 0;
}

/* Another one was faster: who it is shows at the next try. */
static int lost_race(bool *ret_leads, struct bl_error **err)
{
    if (bl_error_code(*err) != BL_ERR_CONFLICT)
        return bl_wrap(err, "could not read or write the Lease");
    bl_error_free(*err);
    *err = NULL;
    *ret_leads = false;
    return 0;
}

/* A leader whose Lease is as it left it need not read it first. False: read it. */
static bool renew(struct bl_leader *leader, struct bl_error **err)
{
    if (!leads(leader) || ran_out(leader))
        return false;
    if (update(leader, leader->options.identity, leader->options.lease, false, err) == 0)
        return true;
    /* A server that does not answer is not asked twice: time is short. */
    if (bl_error_code(*err) != BL_ERR_CONFLICT && bl_error_code(*err) != BL_ERR_NOT_FOUND)
        return true;
    bl_error_free(*err);
    *err = NULL;
    return false;
}

static int take(struct bl_leader *leader, bool *ret_leads, struct bl_error **err)
{
    bool led = leads(leader);

    *ret_leads = led || !holder_of(leader->seen) || ran_out(leader);
    if (*ret_leads &&
        update(leader, leader->options.identity, leader->options.lease, !led, err) < 0)
        return lost_race(ret_leads, err);
    return 0;
}

int bl_leader_try(struct bl_leader *leader, bool *ret_leads, struct bl_error **err)
{
    bool leads = true;

    if (renew(leader, err)) {
        if (*err)
            return bl_wrap(err, "could not write the Lease");
    } else if (look(leader, err) < 0) {
        if (lost_race(&leads, err) < 0)
            return -1;
    } else if (take(leader, &leads, err) < 0) {
        return -1;
    }
    *ret_leads = leads;
    return 0;
}

/* As client-go: up to a fifth more, so that replicas that started together do not stay together. */
static bl_nsec pause_of(const struct bl_leader *leader)
{
    bl_nsec retry = leader->options.retry;

    return retry + bl_clock_wall(leader->options.clock) / 1000 % (retry / 5 + 1);
}

static void complain(const struct bl_leader *leader, char **said, const struct bl_error *err)
{
    if (leader->options.failed && !bl_text_eq(*said, bl_error_text(err)))
        leader->options.failed(err, leader->options.context);
    free(*said);
    *said = bl_strdup(bl_error_text(err));
}

int bl_leader_acquire(struct bl_leader *leader, const struct bl_stop *stop, struct bl_error **err)
{
    BL_AUTO_FREE char *said = NULL;

    while (!bl_stop_raised(stop)) {
        bool leads = false;
        BL_ERROR(failure);

        if (bl_leader_try(leader, &leads, &failure) < 0)
            complain(leader, &said, failure);
        else if (leads)
            return 0;
        if (bl_stop_wait(stop, pause_of(leader)))
            break;
    }
    return bl_fail(err, BL_ERR_CONFLICT, "stopped before it was to lead");
}

int bl_leader_keep(struct bl_leader *leader, const struct bl_stop *stop, struct bl_error **err)
{
    bl_nsec renewed = bl_clock_now(leader->options.clock);
    BL_AUTO_FREE char *said = NULL;

    while (!bl_stop_wait(stop, leader->options.retry)) {
        bl_nsec now = bl_clock_now(leader->options.clock);
        bool leads = false;
        BL_ERROR(failure);

        if (bl_leader_try(leader, &leads, &failure) == 0 && leads) {
            renewed = now;
            continue;
        }
        if (failure)
            complain(leader, &said, failure);
        else if (holder_of(leader->seen))
            return bl_fail(err, BL_ERR_CONFLICT, "the Lease was taken by \"%s\"",
                           holder_of(leader->seen));
        if (bl_clock_now(leader->options.clock) - renewed >= leader->options.renew)
            return bl_fail(err, BL_ERR_UNAVAILABLE, "the Lease could not be renewed in time%s%s",
                           said ? ": " : "", said ? said : "");
    }
    return 0;
}

int bl_leader_release(struct bl_leader *leader, struct bl_error **err)
{
    if (!leads(leader))
        return 0;
    if (update(leader, "", BL_NSEC_S, false, err) < 0)
        return bl_wrap(err, "could not give the Lease back");
    return 0;
}
