#include "pressure.h"

/* Addresses that share one count as one; that matters to somebody only under pressure, and costs him his place in line. */
#define BUCKETS 1024
/* An API server says what it wants as fast as it can. */
#define FRESH BL_NSEC_S
/* A review of an object as people have them is below this. */
#define SMALL_BODY ((size_t)256 << 10)

bool bl_guest_is_outside(const struct bl_guest *guest)
{
    return guest->stage == BL_STAGE_SILENT || guest->stage == BL_STAGE_WAITING;
}

/* How many unproven connections each address has. */
struct crowds {
    const struct bl_pressure *pressure;
    uint16_t counts[BUCKETS];
};

static uint16_t *bucket(struct crowds *crowds, uint64_t peer)
{
    return &crowds->counts[(peer * UINT64_C(0x9e3779b97f4a7c15)) >> 54];
}

static void count(struct crowds *crowds, struct bl_guest *const *guests, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint16_t *at = bucket(crowds, guests[i]->peer);

        if (!guests[i]->proven && guests[i]->stage != BL_STAGE_ENDING && *at < UINT16_MAX)
            ++*at;
    }
}

static bool is_crowd(struct crowds *crowds, const struct bl_guest *guest)
{
    return *bucket(crowds, guest->peer) > crowds->pressure->share;
}

/* A review that is being worked on is finished; of one on its way to its thread nobody knows. */
static bool may_go(const struct bl_guest *guest, enum bl_shortage shortage)
{
    if (guest->stage == BL_STAGE_WORKING || guest->stage == BL_STAGE_ENTERING ||
        guest->stage == BL_STAGE_ENDING)
        return false;
    if (shortage == BL_SHORT_OF_MEMORY)
        return guest->held > 0;
    return bl_guest_is_outside(guest) == (shortage == BL_SHORT_AT_THE_DOOR);
}

/* Whoever waits does so for us. */
static bool is_fresh(const struct crowds *crowds, const struct bl_guest *guest)
{
    return guest->stage == BL_STAGE_WAITING ||
           (!guest->spent && crowds->pressure->now - guest->moved < FRESH);
}

/* Who goes first has the smallest. */
static int rank(struct crowds *crowds, const struct bl_guest *guest)
{
    return guest->proven ? 4 : !is_crowd(crowds, guest) * 2 + is_fresh(crowds, guest);
}

/* The longest there, and of those that are proven the longest idle. */
static bool is_before(const struct bl_guest *guest, const struct bl_guest *other)
{
    return guest->proven ? guest->moved < other->moved : guest->came < other->came;
}

struct bl_guest *bl_pressure_pick(struct bl_guest *const *guests, size_t len,
                                  const struct bl_pressure *pressure, enum bl_shortage shortage)
{
    struct crowds crowds = {.pressure = pressure};
    struct bl_guest *picked = NULL;
    int least = 0;

    count(&crowds, guests, len);
    for (size_t i = 0; i < len; i++) {
        int of = may_go(guests[i], shortage) ? rank(&crowds, guests[i]) : -1;

        if (of < 0 || (picked && (of > least || (of == least && !is_before(guests[i], picked)))))
            continue;
        picked = guests[i];
        least = of;
    }
    return picked;
}

struct bl_guest *bl_pressure_next(struct bl_guest *const *guests, size_t len,
                                  const struct bl_pressure *pressure, bool newest)
{
    struct crowds crowds = {.pressure = pressure};
    struct bl_guest *next = NULL;
    bool alone = false;

    count(&crowds, guests, len);
    for (size_t i = 0; i < len; i++) {
        bool is_alone = !is_crowd(&crowds, guests[i]);

        if (guests[i]->stage != BL_STAGE_WAITING || (next && alone && !is_alone) ||
            (next && alone == is_alone && (guests[i]->came > next->came) != newest))
            continue;
        next = guests[i];
        alone = is_alone;
    }
    return next;
}

size_t bl_pressure_mark(size_t limit)
{
    return limit - limit / 10;
}

bool bl_pressure_admits(const struct bl_guest *guest, size_t more, size_t held, size_t limit)
{
    size_t room = guest->proven || guest->held + more <= SMALL_BODY ? limit : limit - limit / 4;

    return more <= room && held <= room - more;
}
