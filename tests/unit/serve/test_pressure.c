#include "pressure.h"

#include <check.h>

#include "ballast/base/mem.h"
#include "unit.h"

/* Ten seconds later nobody is young. */
static const struct bl_pressure pressure = {.share = 2, .now = 10 * BL_NSEC_S};

enum { MOST = 8 };

/* Unproven ones by when they came, which is long ago; proven ones by when they moved. */
#define SILENT(peer, came)                                 \
    {                                                      \
        BL_STAGE_SILENT, false, false, peer, came, came, 0 \
    }
#define WAITING(peer, came)                                 \
    {                                                       \
        BL_STAGE_WAITING, false, false, peer, came, came, 0 \
    }
#define IDLE(peer, came)                                \
    {                                                   \
        BL_STAGE_IDLE, false, true, peer, came, came, 0 \
    }
#define SENDING(peer, came, held)                              \
    {                                                          \
        BL_STAGE_SENDING, false, false, peer, came, came, held \
    }
#define WORKING(peer, came)                                 \
    {                                                       \
        BL_STAGE_WORKING, false, false, peer, came, came, 9 \
    }
#define OTHER(stage)                               \
    {                                              \
        BL_STAGE_##stage, false, false, 1, 1, 1, 0 \
    }
#define PROVEN(stage, moved, held)                                  \
    {                                                               \
        BL_STAGE_##stage, true, false, 7, 10 - (moved), moved, held \
    }
#define FRESH(stage, peer, ms)                                                  \
    {                                                                           \
        BL_STAGE_##stage, false, false, peer, (ms), 9900 * BL_NSEC_MS + (ms), 0 \
    }
#define SPENT(peer, ms)                                                     \
    {                                                                       \
        BL_STAGE_IDLE, false, true, peer, (ms), 9900 * BL_NSEC_MS + (ms), 0 \
    }

static const struct {
    const char *why;
    struct bl_guest guests[MOST]; /* up to one without a stage */
    enum bl_shortage shortage;
    int picked; /* -1: nobody */
} picks[] = {
    {"nobody is there", {{0}}, BL_SHORT_OF_PLACES, -1},
    {"the longest there", {IDLE(1, 5), IDLE(2, 3), IDLE(3, 4)}, BL_SHORT_OF_PLACES, 1},
    {"one of a crowd before a silent one",
     {IDLE(1, 5), IDLE(1, 6), IDLE(1, 7), SILENT(2, 1)},
     BL_SHORT_OF_PLACES,
     0},
    {"before one that comes on", {FRESH(HANDSHAKE, 1, 0), IDLE(2, 3)}, BL_SHORT_OF_PLACES, 1},
    {"… unless that is of a crowd",
     {FRESH(SENDING, 1, 0), FRESH(SENDING, 1, 1), FRESH(SENDING, 1, 2), IDLE(2, 3)},
     BL_SHORT_OF_PLACES,
     0},
    {"who has asked for something else",
     {FRESH(SENDING, 1, 0), SPENT(2, 9)},
     BL_SHORT_OF_PLACES,
     1},
    {"at the door whoever waits comes on, however long",
     {WAITING(1, 1), SILENT(2, 2)},
     BL_SHORT_AT_THE_DOOR,
     1},
    {"nobody inside for those at the door", {IDLE(1, 1), SILENT(2, 2)}, BL_SHORT_AT_THE_DOOR, 1},
    {"nor the other way round", {SILENT(1, 1), IDLE(2, 2)}, BL_SHORT_OF_PLACES, 1},
    {"as many as the share are no crowd",
     {IDLE(1, 5), IDLE(1, 6), IDLE(2, 4)},
     BL_SHORT_OF_PLACES,
     2},
    {"proven ones make no crowd",
     {PROVEN(IDLE, 1, 0), PROVEN(IDLE, 2, 0), PROVEN(IDLE, 3, 0), IDLE(7, 9), IDLE(1, 8)},
     BL_SHORT_OF_PLACES,
     4},
    {"a crowd that is ending is none",
     {OTHER(ENDING), IDLE(1, 6), IDLE(1, 7), IDLE(2, 5)},
     BL_SHORT_OF_PLACES,
     3},
    {"a slow body goes by when it came", {SENDING(1, 1, 9), IDLE(2, 2)}, BL_SHORT_OF_PLACES, 0},
    {"whoever has a review in work stays", {WORKING(1, 1), IDLE(2, 9)}, BL_SHORT_OF_PLACES, 1},
    {"… even alone", {WORKING(1, 1), OTHER(ENTERING)}, BL_SHORT_OF_PLACES, -1},
    {"a proven one after all others", {PROVEN(IDLE, 1, 0), IDLE(2, 9)}, BL_SHORT_OF_PLACES, 1},
    {"… then the longest idle",
     {PROVEN(IDLE, 4, 0), PROVEN(IDLE, 2, 0), PROVEN(WORKING, 1, 5)},
     BL_SHORT_OF_PLACES,
     1},
    {"of memory only who holds some",
     {SILENT(1, 1), IDLE(1, 2), IDLE(1, 3), SENDING(2, 9, 1)},
     BL_SHORT_OF_MEMORY,
     3},
    {"… and not what is in work", {WORKING(1, 1), PROVEN(SENDING, 5, 9)}, BL_SHORT_OF_MEMORY, 1},
};

/* A table of pointers, as the server has it. */
static size_t point(const struct bl_guest *guests, struct bl_guest **ret)
{
    size_t len = 0;

    for (; len < MOST && guests[len].stage; len++)
        ret[len] = (struct bl_guest *)(uintptr_t)&guests[len];
    return len;
}

START_TEST(picks_who_goes)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(picks); i++) {
        struct bl_guest *guests[MOST];
        size_t len = point(picks[i].guests, guests);
        const struct bl_guest *picked = bl_pressure_pick(guests, len, &pressure, picks[i].shortage);

        ck_assert_msg(picked == (picks[i].picked < 0 ? NULL : guests[picks[i].picked]), "%s",
                      picks[i].why);
    }
}
END_TEST

static const struct {
    const char *why;
    struct bl_guest guests[MOST];
    int newest, oldest;
} turns[] = {
    {"nobody waits", {IDLE(1, 1), SILENT(2, 2)}, -1, -1},
    {"each in turn", {WAITING(1, 2), WAITING(2, 3), WAITING(3, 1)}, 1, 2},
    {"before the crowd", {WAITING(2, 2), WAITING(1, 1), WAITING(1, 4), WAITING(1, 5)}, 0, 0},
    {"a crowd among itself", {WAITING(1, 3), WAITING(1, 5), WAITING(1, 4)}, 1, 0},
};

START_TEST(says_whose_turn_it_is)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(turns); i++) {
        struct bl_guest *guests[MOST];
        size_t len = point(turns[i].guests, guests);
        const struct bl_guest *newest = bl_pressure_next(guests, len, &pressure, true);
        const struct bl_guest *oldest = bl_pressure_next(guests, len, &pressure, false);

        ck_assert_msg(newest == (turns[i].newest < 0 ? NULL : guests[turns[i].newest]) &&
                          oldest == (turns[i].oldest < 0 ? NULL : guests[turns[i].oldest]),
                      "%s", turns[i].why);
    }
}
END_TEST

#define MIB ((size_t)1 << 20)

static const struct {
    const char *why;
    bool proven;
    size_t has, more, held;
    bool admitted;
} bodies[] = {
    {"a first block", false, 0, 4096, 0, true},
    {"a small one where little is left", false, 4096, 4096, 32 * MIB - 4096, true},
    {"nothing is left", false, 0, 4096, 32 * MIB, false},
    {"nothing, also for who is proven", true, 0, 4096, 32 * MIB, false},
    {"a large one within three quarters", false, MIB, 6 * MIB, 18 * MIB, true},
    {"a large one beyond them", false, MIB, 6 * MIB, 19 * MIB, false},
    {"… of who is proven", true, MIB, 6 * MIB, 19 * MIB, true},
    {"more than there is at all", true, 0, 33 * MIB, 0, false},
    {"a number without end", false, 4096, SIZE_MAX - 4096, 4096, false},
};

START_TEST(leaves_room_to_others)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(bodies); i++) {
        struct bl_guest guest = {.proven = bodies[i].proven, .held = bodies[i].has};

        ck_assert_msg(bl_pressure_admits(&guest, bodies[i].more, bodies[i].held, 32 * MIB) ==
                          bodies[i].admitted,
                      "%s", bodies[i].why);
    }
    ck_assert_uint_eq(bl_pressure_mark(1024), 922);
    ck_assert_uint_eq(bl_pressure_mark(1), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("serve/pressure");
    TCase *tests = tcase_create("pressure");

    tcase_add_test(tests, picks_who_goes);
    tcase_add_test(tests, says_whose_turn_it_is);
    tcase_add_test(tests, leaves_room_to_others);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
