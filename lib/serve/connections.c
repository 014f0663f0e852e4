#include "connections.h"

#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ballast/base/mem.h"

/* Handshakes that a thread has at once, so that none of its reviews waits for many of them: each takes some 0.6 ms. */
#define HANDSHAKES_OF_A_THREAD 4
/* A handshake that takes longer waits for its peer, and holds up nobody. */
#define HANDSHAKE_COUNTS_FOR (10 * BL_NSEC_MS)
/* What an address may have without having shown what for, under pressure: of 1024 connections 64. */
#define SHARE_OF_PLACES 16
#define SHARE_MIN 4
/* Who is outside costs a descriptor, so that there may be more of them than places. */
#define OUTSIDE_FOR_A_PLACE 2

struct bl_connections {
    const struct bl_server_options *options;
    unsigned share;
    int wake_fd;

    pthread_mutex_t lock; /* guards what follows, and what its members hold */
    struct {
        struct bl_guest **items;
        size_t len, cap;
    } guests;
    size_t outside, waiting, ending, held;
    bool newest; /* was let in last, of those that wait; now it is the oldest's turn */
    size_t loads[BL_THREADS_MAX]; /* connections of each thread */
};

static struct bl_connection *connection_of(struct bl_guest *guest)
{
    return (struct bl_connection *)guest;
}

static bl_nsec now(void)
{
    return bl_clock_now(&bl_clock_real);
}

static void tell(const struct bl_connections *table, enum bl_serve_event event, unsigned times)
{
    while (times-- && table->options->event)
        table->options->event(event, table->options->context);
}

int bl_connections_new(const struct bl_server_options *options, struct bl_connections **ret_table,
                       struct bl_error **err)
{
    struct bl_connections *table = BL_NEW(struct bl_connections);

    table->options = options;
    table->share = options->max_connections / SHARE_OF_PLACES;
    if (table->share < SHARE_MIN)
        table->share = SHARE_MIN;
    (void)pthread_mutex_init(&table->lock, NULL);
    table->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (table->wake_fd < 0) {
        bl_connections_free(table);
        return bl_fail_errno(err, "could not make an eventfd");
    }
    *ret_table = table;
    return 0;
}

void bl_connections_free(struct bl_connections *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->guests.len; i++) {
        if (bl_guest_is_outside(table->guests.items[i]))
            (void)close(connection_of(table->guests.items[i])->fd);
        free(table->guests.items[i]);
    }
    free(table->guests.items);
    if (table->wake_fd >= 0)
        (void)close(table->wake_fd);
    (void)pthread_mutex_destroy(&table->lock);
    free(table);
}

int bl_connections_wake_fd(const struct bl_connections *table)
{
    return table->wake_fd;
}

size_t bl_connections_count(struct bl_connections *table)
{
    size_t count;

    (void)pthread_mutex_lock(&table->lock);
    count = table->guests.len;
    (void)pthread_mutex_unlock(&table->lock);
    return count;
}

bool bl_connections_waiting(struct bl_connections *table)
{
    bool waiting;

    (void)pthread_mutex_lock(&table->lock);
    waiting = table->waiting > 0;
    (void)pthread_mutex_unlock(&table->lock);
    return waiting;
}

/* --- with the lock held --- */

/* A place in the line of handshakes is free. */
static void wake(struct bl_connections *table)
{
    static const uint64_t one = 1;

    if (table->waiting)
        (void)!write(table->wake_fd, &one, sizeof(one));
}

static void set_stage(struct bl_connection *connection, enum bl_stage stage, bl_nsec deadline)
{
    struct bl_connections *table = connection->table;
    enum bl_stage before = connection->guest.stage;

    table->outside -= before == BL_STAGE_SILENT || before == BL_STAGE_WAITING;
    table->outside += stage == BL_STAGE_SILENT || stage == BL_STAGE_WAITING;
    table->waiting -= before == BL_STAGE_WAITING;
    table->waiting += stage == BL_STAGE_WAITING;
    table->ending -= before == BL_STAGE_ENDING;
    table->ending += stage == BL_STAGE_ENDING;
    connection->guest.stage = stage;
    connection->deadline = deadline;
    if (before == BL_STAGE_HANDSHAKE)
        wake(table);
}

static void take_out(struct bl_connection *connection)
{
    struct bl_connections *table = connection->table;
    struct bl_guest *last = table->guests.items[--table->guests.len];

    table->guests.items[connection->place] = last;
    connection_of(last)->place = connection->place;
    if (!bl_guest_is_outside(&connection->guest))
        table->loads[connection->thread]--;
    table->held -= connection->guest.held;
    set_stage(connection, BL_STAGE_IDLE, 0);
}

static void end(struct bl_connection *connection)
{
    if (bl_guest_is_outside(&connection->guest)) {
        take_out(connection);
        (void)close(connection->fd);
        free(connection);
        return;
    }
    (void)shutdown(connection->fd, SHUT_RDWR);
    set_stage(connection, BL_STAGE_ENDING, INT64_MAX);
}

/* The next request of a peer that we serve may be there and not read yet: then it is no idle one. */
static bool has_begun(const struct bl_connection *connection)
{
    int unread = 0;

    return connection->guest.proven && connection->guest.stage == BL_STAGE_IDLE &&
           ioctl(connection->fd, FIONREAD, &unread) == 0 && unread > 0;
}

static bool give_up(struct bl_connections *table, enum bl_shortage shortage)
{
    struct bl_pressure pressure = {table->share, now()};
    struct bl_guest *guest =
        bl_pressure_pick(table->guests.items, table->guests.len, &pressure, shortage);

    if (!guest)
        return false;
    if (has_begun(connection_of(guest))) {
        guest->moved = pressure.now;
        return false;
    }
    end(connection_of(guest));
    return true;
}

static unsigned make_room(struct bl_connections *table)
{
    size_t mark = bl_pressure_mark(table->options->max_connections);
    unsigned count = 0;

    while (table->guests.len - table->outside - table->ending > mark &&
           give_up(table, BL_SHORT_OF_PLACES))
        count++;
    return count;
}

static unsigned make_room_outside(struct bl_connections *table)
{
    size_t mark = bl_pressure_mark((size_t)table->options->max_connections * OUTSIDE_FOR_A_PLACE);
    unsigned count = 0;

    while (table->outside > mark && give_up(table, BL_SHORT_AT_THE_DOOR))
        count++;
    return count;
}

/* --- by the door --- */

/* What is of one address, as far as a peer can choose it. */
static uint64_t peer_of(const struct sockaddr_storage *address)
{
    uint64_t peer = 0;
    uint32_t of_v4 = 0;

    if (address->ss_family == AF_INET) {
        of_v4 = ((const struct sockaddr_in *)address)->sin_addr.s_addr;
    } else if (address->ss_family == AF_INET6) {
        const struct in6_addr *ip = &((const struct sockaddr_in6 *)address)->sin6_addr;

        if (IN6_IS_ADDR_V4MAPPED(ip))
            memcpy(&of_v4, &ip->s6_addr[12], sizeof(of_v4));
        else
            memcpy(&peer, ip->s6_addr, sizeof(peer));
    }
    return peer ? peer : of_v4;
}

struct bl_connection *bl_connections_add(struct bl_connections *table, int fd,
                                         const struct sockaddr_storage *address, socklen_t len)
{
    struct bl_connection *connection = BL_NEW(struct bl_connection);
    bl_nsec at = now();
    unsigned given_up;

    *connection = (struct bl_connection){
        .guest = {.stage = BL_STAGE_SILENT, .peer = peer_of(address), .came = at, .moved = at},
        .table = table,
        .options = table->options,
        .fd = fd,
        .address = *address,
        .address_len = len,
        .trusted = -1,
    };
    connection->deadline = at + table->options->patience;
    (void)pthread_mutex_lock(&table->lock);
    given_up = make_room_outside(table);
    connection->place = table->guests.len;
    *BL_PUSH(&table->guests) = &connection->guest;
    table->outside++;
    (void)pthread_mutex_unlock(&table->lock);
    tell(table, BL_SERVE_GIVEN_UP, given_up);
    return connection;
}

/* Whoever waits does so for us. */
void bl_connections_spoke(struct bl_connection *connection)
{
    bl_connections_set(connection, BL_STAGE_WAITING, connection->options->request_timeout);
}

/* Those that their thread has not come to yet count for as long as that takes: it has enough to do. */
static unsigned handshakes(const struct bl_connections *table, bl_nsec since)
{
    unsigned count = 0;

    for (size_t i = 0; i < table->guests.len; i++) {
        const struct bl_guest *guest = table->guests.items[i];

        count += guest->stage == BL_STAGE_ENTERING ||
                 (guest->stage == BL_STAGE_HANDSHAKE && guest->moved > since);
    }
    return count;
}

static unsigned idlest(const struct bl_connections *table)
{
    unsigned thread = 0;

    for (unsigned i = 1; i < table->options->threads; i++)
        if (table->loads[i] < table->loads[thread])
            thread = i;
    return thread;
}

struct bl_connection *bl_connections_next(struct bl_connections *table)
{
    struct bl_pressure pressure = {table->share, now()};
    struct bl_guest *next = NULL;
    unsigned given_up = 0;

    (void)pthread_mutex_lock(&table->lock);
    if (table->waiting && handshakes(table, pressure.now - HANDSHAKE_COUNTS_FOR) <
                              table->options->threads * HANDSHAKES_OF_A_THREAD)
        next = bl_pressure_next(table->guests.items, table->guests.len, &pressure,
                                table->newest ^= true);
    if (next) {
        struct bl_connection *connection = connection_of(next);

        connection->thread = idlest(table);
        table->loads[connection->thread]++;
        set_stage(connection, BL_STAGE_ENTERING, INT64_MAX);
        given_up = make_room(table);
    }
    (void)pthread_mutex_unlock(&table->lock);
    tell(table, BL_SERVE_GIVEN_UP, given_up);
    return next ? connection_of(next) : NULL;
}

void bl_connections_end_late(struct bl_connections *table)
{
    bl_nsec at = now();
    unsigned count = 0;

    (void)pthread_mutex_lock(&table->lock);
    /* From the end, as one that is taken out leaves its place to the last. */
    for (size_t i = table->guests.len; i > 0; i--) {
        struct bl_connection *connection = connection_of(table->guests.items[i - 1]);

        if (at < connection->deadline)
            continue;
        end(connection);
        count++;
    }
    (void)pthread_mutex_unlock(&table->lock);
    tell(table, BL_SERVE_LATE, count);
}

void bl_connections_give_up_one(struct bl_connections *table)
{
    bool given_up;

    (void)pthread_mutex_lock(&table->lock);
    given_up = give_up(table, BL_SHORT_AT_THE_DOOR) || give_up(table, BL_SHORT_OF_PLACES);
    (void)pthread_mutex_unlock(&table->lock);
    tell(table, BL_SERVE_GIVEN_UP, given_up);
}

/* --- by the thread that it belongs to --- */

struct bl_connection *bl_connections_enter(struct bl_connections *table, int fd)
{
    struct bl_connection *connection = NULL;

    (void)pthread_mutex_lock(&table->lock);
    for (size_t i = 0; i < table->guests.len && !connection; i++)
        if (table->guests.items[i]->stage == BL_STAGE_ENTERING &&
            connection_of(table->guests.items[i])->fd == fd)
            connection = connection_of(table->guests.items[i]);
    if (connection) {
        connection->guest.moved = now();
        set_stage(connection, BL_STAGE_HANDSHAKE,
                  connection->guest.moved + table->options->patience);
    }
    (void)pthread_mutex_unlock(&table->lock);
    return connection;
}

/* One that was given up stays so. */
void bl_connections_set(struct bl_connection *connection, enum bl_stage stage, bl_nsec at_most)
{
    bl_nsec at = now();

    (void)pthread_mutex_lock(&connection->table->lock);
    if (connection->guest.stage != BL_STAGE_ENDING) {
        set_stage(connection, stage, at + at_most);
        connection->guest.moved = at;
    }
    (void)pthread_mutex_unlock(&connection->table->lock);
}

void bl_connections_allow(struct bl_connection *connection, bl_nsec until)
{
    (void)pthread_mutex_lock(&connection->table->lock);
    if (connection->guest.stage != BL_STAGE_ENDING)
        connection->deadline = until;
    (void)pthread_mutex_unlock(&connection->table->lock);
}

void bl_connections_note(struct bl_connection *connection, bool proves)
{
    (void)pthread_mutex_lock(&connection->table->lock);
    connection->guest.proven |= proves;
    connection->guest.spent |= !proves;
    (void)pthread_mutex_unlock(&connection->table->lock);
}

bool bl_connections_hold(struct bl_connection *connection, size_t more)
{
    struct bl_connections *table = connection->table;
    size_t limit = table->options->max_bodies;
    bool admitted, given_up = false;

    (void)pthread_mutex_lock(&table->lock);
    admitted = bl_pressure_admits(&connection->guest, more, table->held, limit);
    if (admitted) {
        table->held += more;
        connection->guest.held += more;
    }
    if (!admitted || table->held > bl_pressure_mark(limit))
        given_up = give_up(table, BL_SHORT_OF_MEMORY);
    (void)pthread_mutex_unlock(&table->lock);
    tell(table, BL_SERVE_GIVEN_UP, given_up);
    return admitted;
}

void bl_connections_let_go(struct bl_connection *connection)
{
    struct bl_connections *table = connection->table;

    (void)pthread_mutex_lock(&table->lock);
    table->held -= connection->guest.held;
    connection->guest.held = 0;
    (void)pthread_mutex_unlock(&table->lock);
}

void bl_connections_remove(struct bl_connection *connection)
{
    struct bl_connections *table = connection->table;

    (void)pthread_mutex_lock(&table->lock);
    take_out(connection);
    (void)pthread_mutex_unlock(&table->lock);
    free(connection);
}
