/*
 * A client that keeps books: it writes numbered messages while a cluster is being worked on, notes which of them
 * were acknowledged, and says afterwards which of those are not there.
 *
 *     ledger topic   -b BROKERS -t TOPIC [-p PARTITIONS] [-c CONFIG=VALUE]...   makes a topic of three replicas
 *     ledger fill    -b BROKERS -t TOPIC -n NUMBER                              so many keyed messages, 0 to NUMBER - 1
 *     ledger produce -b BROKERS -t TOPIC -f FILE [-r RATE]                      until told to end; FILE is the ledger
 *     ledger consume -b BROKERS -t TOPIC [-f FILE]                              all of it, against the ledger
 *     ledger follow  -b BROKERS -t TOPIC [-f FILE]                              the same as it is written, until told to end
 *     ledger watch   -b BROKERS [-e MILLISECONDS]                               ISRs of all partitions, until told to end
 *
 * The last line on standard output is JSON. -X NAME=VALUE is a setting of librdkafka. FILE has a character for each
 * message: 1 where it was acknowledged, 0 where it was not. A message waits from the moment it is due, so that one
 * that could not even be handed over is not a quick one.
 */
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ballast/base/clock.h"
#include "ballast/base/mem.h"
#include "ballast/json/json.h"
#include "ledger.h"

/* From then on it is told which messages were slow; a pause between two of them makes them two cases. */
#define SLOW_US 500000
#define SLOW_APART BL_NSEC_S
/* After the last was written; what is still unanswered then has failed. */
#define FLUSH_MS 120000
/* How often librdkafka tells how it is, as it must once more at the end. */
#define STATISTICS_TEXT "500"
#define STATISTICS_AT_MOST (2 * BL_NSEC_S)

static volatile sig_atomic_t told_to_end;

static void hear(int number)
{
    (void)number;
    told_to_end = 1;
}

bool ledger_ended(void)
{
    return told_to_end;
}

void ledger_die(const char *what, const char *why)
{
    (void)fprintf(stderr, "ledger: %s: %s\n", what, why);
    exit(2);
}

bl_nsec ledger_now(void)
{
    return bl_clock_now(&bl_clock_real);
}

void ledger_pause(bl_nsec span)
{
    struct timespec rest = {.tv_sec = span / BL_NSEC_S, .tv_nsec = span % BL_NSEC_S};

    if (span > 0)
        (void)nanosleep(&rest, NULL);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];

    if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)))
        ledger_die(name, why);
}

rd_kafka_t *ledger_client(const struct ledger_options *options, rd_kafka_type_t type,
                          rd_kafka_conf_t *conf)
{
    char why[256];
    rd_kafka_t *client;

    set(conf, "bootstrap.servers", options->brokers);
    set(conf, "client.id", "ledger");
    for (size_t i = 0; i < options->settings.len; i++) {
        BL_AUTO_FREE char *name = bl_strdup(options->settings.items[i]);
        char *value = strchr(name, '=');

        if (!value)
            ledger_die(name, "a setting is NAME=VALUE");
        *value++ = '\0';
        set(conf, name, value);
    }
    client = rd_kafka_new(type, conf, why, sizeof(why));
    if (!client)
        ledger_die("cannot make a client", why);
    return client;
}

/* --- produce and fill --- */

struct sample {
    bl_nsec due;
    uint32_t waited_us;
    int32_t partition, broker; /* who acknowledged it */
    bool answered, acked;
};

/* Messages of one partition that were due one after the other, and were slow. */
struct slow {
    int32_t partition, broker;
    bl_nsec from, to; /* due */
    uint32_t worst_us;
    long count;
};

struct reason {
    rd_kafka_resp_err_t code;
    long count;
};

struct gap {
    double at, seconds;
};

/* All of it belongs to one thread: librdkafka calls back in rd_kafka_poll(). */
struct book {
    bl_nsec begun, last_ack, longest_gap;
    struct {
        struct sample *items;
        size_t len, cap;
    } samples;
    struct {
        struct reason *items;
        size_t len, cap;
    } reasons;
    struct {
        struct gap *items;
        size_t len, cap;
    } gaps; /* of a second and more */
    long acked, failed;
    const char *topic;
    /*
     * Written again. Where topics make themselves, a broker that has only just started, and knows none yet, answers that it
     * cannot make this one with so many replicas: librdkafka gives up all that waits for the topic, which was never sent. It
     * is written again, as Java's producer does by itself, and was due when it was due.
     */
    struct {
        size_t *items; /* numbers that are to be */
        size_t len, cap;
    } again;
    long written_again;
    /*
     * Producer IDs and epochs that it had. With a second one the producer forgets what it had under way, and may
     * write that twice: librdkafka #4953, which answers an out-of-order sequence of one partition so for all.
     */
    int64_t identities;
    bool heard; /* so since this was last set to false */
};

static void note_reason(struct book *book, rd_kafka_resp_err_t code)
{
    book->failed++;
    for (size_t i = 0; i < book->reasons.len; i++) {
        if (book->reasons.items[i].code == code) {
            book->reasons.items[i].count++;
            return;
        }
    }
    *BL_PUSH(&book->reasons) = (struct reason){.code = code, .count = 1};
}

static void note_gap(struct book *book, bl_nsec now)
{
    bl_nsec gap = now - book->last_ack;

    if (gap > book->longest_gap)
        book->longest_gap = gap;
    if (gap >= BL_NSEC_S)
        *BL_PUSH(&book->gaps) =
            (struct gap){.at = (double)(book->last_ack - book->begun) / (double)BL_NSEC_S,
                         .seconds = (double)gap / (double)BL_NSEC_S};
    book->last_ack = now;
}

static rd_kafka_resp_err_t hand_over(rd_kafka_t *client, const char *topic, size_t number)
{
    char key[32], value[64];

    (void)snprintf(key, sizeof(key), "%zu", number);
    (void)snprintf(value, sizeof(value), "Message number %zu", number);
    return rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key, strlen(key)),
                             RD_KAFKA_V_VALUE(value, strlen(value)),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                             RD_KAFKA_V_OPAQUE((void *)number), RD_KAFKA_V_END);
}

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    struct book *book = opaque;
    size_t number = (size_t)message->_private;
    struct sample *sample = &book->samples.items[number];
    bl_nsec now = ledger_now();

    (void)client;
    if (message->err == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR) {
        *BL_PUSH(&book->again) = number;
        return;
    }
    sample->answered = true;
    sample->waited_us = (uint32_t)((now - sample->due) / 1000);
    if (message->err) {
        note_reason(book, message->err);
        return;
    }
    sample->acked = true;
    sample->partition = message->partition;
    sample->broker = rd_kafka_message_broker_id(message);
    book->acked++;
    note_gap(book, now);
}

static int hear_statistics(rd_kafka_t *client, char *text, size_t len, void *opaque)
{
    BL_AUTO_JSON cJSON *statistics = NULL;
    BL_ERROR(err);
    struct book *book = opaque;
    int64_t given, epoch;

    (void)client;
    if (bl_json_parse(text, len, &statistics, &err) < 0 ||
        !bl_json_int(bl_json_at(statistics, "eos", "epoch_cnt", NULL), &given) ||
        !bl_json_int(bl_json_at(statistics, "eos", "producer_epoch", NULL), &epoch))
        ledger_die("statistics", "they do not tell of the producer's identity");
    book->identities = given + epoch; /* an ID begins with epoch 0, and raises it by itself */
    book->heard = true;
    return 0; /* the text is librdkafka's */
}

static void wait_for_statistics(rd_kafka_t *client, struct book *book)
{
    bl_nsec until = ledger_now() + STATISTICS_AT_MOST;

    for (book->heard = false; !book->heard && ledger_now() < until;)
        (void)rd_kafka_poll(client, 100);
    if (!book->heard)
        ledger_die("statistics", "there are none");
}

static void write_one(rd_kafka_t *client, struct book *book, bl_nsec due)
{
    size_t number = book->samples.len;
    rd_kafka_resp_err_t code;

    *BL_PUSH(&book->samples) = (struct sample){.due = due};
    do {
        code = hand_over(client, book->topic, number);
        (void)rd_kafka_poll(client, code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 50 : 0);
    } while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL);
    if (code == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR) {
        *BL_PUSH(&book->again) = number;
    } else if (code) {
        book->samples.items[number].answered = true;
        note_reason(book, code);
    }
}

/* In their order; whatever is not taken yet is tried with the next round. */
static void write_again(rd_kafka_t *client, struct book *book)
{
    size_t taken = 0;

    while (taken < book->again.len &&
           hand_over(client, book->topic, book->again.items[taken]) == RD_KAFKA_RESP_ERR_NO_ERROR)
        taken++;
    if (!taken)
        return;
    book->written_again += (long)taken;
    book->again.len -= taken;
    memmove(book->again.items, book->again.items + taken,
            book->again.len * sizeof(*book->again.items));
}

static void flush(rd_kafka_t *client, struct book *book)
{
    bl_nsec until = ledger_now() + FLUSH_MS * BL_NSEC_MS;

    do {
        write_again(client, book);
        (void)rd_kafka_flush(client, 100);
    } while ((rd_kafka_outq_len(client) || book->again.len) && ledger_now() < until);
    if (rd_kafka_outq_len(client))
        note_gap(book, ledger_now());
}

static void tell_progress(const struct book *book, bl_nsec *next)
{
    bl_nsec now = ledger_now();

    if (now < *next)
        return;
    *next = now + 10 * BL_NSEC_S;
    (void)fprintf(stderr, "%zu sent, %ld acknowledged, %ld failed, longest gap %.2f s\n",
                  book->samples.len, book->acked, book->failed,
                  (double)book->longest_gap / (double)BL_NSEC_S);
}

/* Those that are due by now, then a rest until the next is. A rate of 0: all at once. */
static void write_due(rd_kafka_t *client, struct book *book, const struct ledger_options *options)
{
    bl_nsec each = options->rate ? BL_NSEC_S / options->rate : 0;
    bl_nsec due = book->begun + (bl_nsec)book->samples.len * each;

    for (; due <= ledger_now() && !ledger_ended(); due += each) {
        if (options->number && book->samples.len >= (size_t)options->number)
            return;
        write_one(client, book, due);
    }
    (void)rd_kafka_poll(client, 1);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Of those that were acknowledged. */
static void print_latency(const struct book *book)
{
    uint32_t *waited = bl_alloc((size_t)book->acked + 1, sizeof(*waited));
    size_t len = 0, last, middle, late;
    long slow = 0;

    for (size_t i = 0; i < book->samples.len; i++) {
        if (!book->samples.items[i].acked)
            continue;
        waited[len++] = book->samples.items[i].waited_us;
        slow += book->samples.items[i].waited_us > 1000000;
    }
    qsort(waited, len, sizeof(*waited), compare);
    last = len ? len - 1 : 0;
    middle = last / 2;
    late = last * 99 / 100;
    printf(", \"p50_ms\": %.1f, \"p99_ms\": %.1f, \"slowest_ms\": %.1f, \"over_1s\": %ld",
           len ? waited[middle] / 1e3 : 0, len ? waited[late] / 1e3 : 0,
           len ? waited[last] / 1e3 : 0, slow);
    free(waited);
}

struct slows {
    struct slow *items;
    size_t len, cap;
};

static void note_slow(struct slows *slows, const struct sample *sample)
{
    struct slow *found = NULL;

    for (size_t i = slows->len; i-- > 0 && !found;)
        if (slows->items[i].partition == sample->partition &&
            slows->items[i].broker == sample->broker &&
            sample->due - slows->items[i].to < SLOW_APART)
            found = &slows->items[i];
    if (!found) {
        found = BL_PUSH(slows);
        *found = (struct slow){
            .partition = sample->partition, .broker = sample->broker, .from = sample->due};
    }
    found->to = sample->due;
    found->count++;
    if (sample->waited_us > found->worst_us)
        found->worst_us = sample->waited_us;
}

/* Where and when messages waited: [due from, to, worst, partition, broker that acknowledged, messages]. */
static void print_slow(const struct book *book)
{
    struct slows slows = {0};

    for (size_t i = 0; i < book->samples.len; i++)
        if (book->samples.items[i].acked && book->samples.items[i].waited_us >= SLOW_US)
            note_slow(&slows, &book->samples.items[i]);
    printf(", \"begun_at\": %.2f, \"slow\": [",
           (double)(bl_clock_wall(&bl_clock_real) - (ledger_now() - book->begun)) /
               (double)BL_NSEC_S);
    for (size_t i = 0; i < slows.len; i++) {
        const struct slow *slow = &slows.items[i];

        printf("%s[%.1f, %.1f, %.2f, %d, %d, %ld]", i ? ", " : "",
               (double)(slow->from - book->begun) / (double)BL_NSEC_S,
               (double)(slow->to - book->begun) / (double)BL_NSEC_S, slow->worst_us / 1e6,
               slow->partition, slow->broker, slow->count);
    }
    printf("]");
    free(slows.items);
}

static void print_book(const struct book *book)
{
    printf("{\"sent\": %zu, \"acked\": %ld, \"failed\": %ld, \"again\": %ld, \"seconds\": %.1f, "
           "\"longest_gap_s\": %.2f",
           book->samples.len, book->acked, book->failed, book->written_again,
           (double)(ledger_now() - book->begun) / (double)BL_NSEC_S,
           (double)book->longest_gap / (double)BL_NSEC_S);
    print_latency(book);
    printf(", \"reasons\": {");
    for (size_t i = 0; i < book->reasons.len; i++)
        printf("%s\"%s\": %ld", i ? ", " : "", rd_kafka_err2name(book->reasons.items[i].code),
               book->reasons.items[i].count);
    printf("}, \"identities\": %lld, \"gaps\": [", (long long)book->identities);
    for (size_t i = 0; i < book->gaps.len; i++)
        printf("%s[%.1f, %.2f]", i ? ", " : "", book->gaps.items[i].at,
               book->gaps.items[i].seconds);
    printf("]");
    print_slow(book);
    printf("}\n");
}

static void save_book(const struct book *book, const char *path)
{
    FILE *file = fopen(path, "we");

    if (!file)
        ledger_die(path, "cannot write the ledger");
    for (size_t i = 0; i < book->samples.len; i++)
        (void)putc(book->samples.items[i].acked ? '1' : '0', file);
    if (fclose(file) != 0)
        ledger_die(path, "cannot write the ledger");
}

static int produce(const struct ledger_options *options)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    struct book book = {.topic = options->topic};
    rd_kafka_t *client;
    bl_nsec next;

    set(conf, "enable.idempotence", "true");
    set(conf, "acks", "all");
    set(conf, "linger.ms", "20");
    set(conf, "queue.buffering.max.messages", "1000000");
    set(conf, "statistics.interval.ms", STATISTICS_TEXT);
    rd_kafka_conf_set_stats_cb(conf, hear_statistics);
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_conf_set_opaque(conf, &book);
    client = ledger_client(options, RD_KAFKA_PRODUCER, conf);
    book.begun = book.last_ack = ledger_now();
    next = book.begun + 10 * BL_NSEC_S;
    while (!ledger_ended() && !(options->number && book.samples.len >= (size_t)options->number)) {
        write_again(client, &book);
        write_due(client, &book, options);
        tell_progress(&book, &next);
    }
    flush(client, &book);
    wait_for_statistics(client, &book);
    for (size_t i = 0; i < book.samples.len; i++) {
        if (!book.samples.items[i].answered)
            note_reason(&book, RD_KAFKA_RESP_ERR__TIMED_OUT);
    }
    if (options->file)
        save_book(&book, options->file);
    print_book(&book);
    rd_kafka_destroy(client);
    free(book.samples.items);
    free(book.reasons.items);
    free(book.gaps.items);
    free(book.again.items);
    return 0;
}

static void usage(void)
{
    (void)fputs("usage: ledger topic|fill|produce|consume|follow|watch -b BROKERS [-t TOPIC]\n"
                "              [-f FILE] [-n NUMBER] [-r RATE] [-p PARTITIONS] [-c CONFIG=VALUE]\n"
                "              [-e MILLISECONDS] [-X NAME=VALUE]\n",
                stderr);
    exit(2);
}

static void read_options(int argc, char **argv, struct ledger_options *options)
{
    int option;

    while ((option = getopt(argc, argv, "b:t:f:n:r:p:c:e:X:")) != -1) {
        long number = optarg ? strtol(optarg, NULL, 10) : 0;

        if (option == 'b')
            options->brokers = optarg;
        else if (option == 't')
            options->topic = optarg;
        else if (option == 'f')
            options->file = optarg;
        else if (option == 'n')
            options->number = number;
        else if (option == 'r')
            options->rate = number;
        else if (option == 'p')
            options->partitions = (int)number;
        else if (option == 'e')
            options->every = number * BL_NSEC_MS;
        else if (option == 'c')
            *BL_PUSH(&options->configs) = optarg;
        else if (option == 'X')
            *BL_PUSH(&options->settings) = optarg;
        else
            usage();
    }
}

int main(int argc, char **argv)
{
    struct ledger_options options = {.rate = 500, .partitions = 3, .every = 250 * BL_NSEC_MS};
    const char *verb = argc > 1 ? argv[1] : "";
    struct sigaction end = {.sa_handler = hear};

    /* The first process of a pod gets no signal that it has no handler for. */
    (void)sigaction(SIGTERM, &end, NULL);
    (void)sigaction(SIGINT, &end, NULL);
    optind = 2;
    read_options(argc, argv, &options);
    if (!options.brokers || (!options.topic && strcmp(verb, "watch") != 0))
        usage();
    if (strcmp(verb, "topic") == 0)
        return ledger_topic(&options);
    if (strcmp(verb, "watch") == 0)
        return ledger_watch(&options);
    options.follow = strcmp(verb, "follow") == 0;
    if (options.follow || strcmp(verb, "consume") == 0)
        return ledger_consume(&options);
    if (strcmp(verb, "produce") == 0)
        return produce(&options);
    if (strcmp(verb, "fill") != 0 || !options.number)
        usage();
    options.rate = 0;
    return produce(&options);
}
