#include "tally.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"

/* What is known of one namespace since it was looked at last. */
struct tally {
    char *namespace;
    unsigned states[BL_COMPANION_KINDS][BL_COMPANION_STATES];
    char *blocked;   /* said last, so that it is said once; "" for nothing */
    char *too_large; /* the same of why it is skipped */
};

struct bl_tallies {
    pthread_mutex_t lock; /* guards what follows */
    struct tally *items;
    size_t len, cap;
};

struct bl_tallies *bl_tallies_new(void)
{
    struct bl_tallies *tallies = BL_NEW(struct bl_tallies);

    (void)pthread_mutex_init(&tallies->lock, NULL);
    return tallies;
}

static void tally_clear(struct tally *tally)
{
    free(tally->namespace);
    free(tally->blocked);
    free(tally->too_large);
}

void bl_tallies_free(struct bl_tallies *tallies)
{
    if (!tallies)
        return;
    for (size_t i = 0; i < tallies->len; i++)
        tally_clear(&tallies->items[i]);
    free(tallies->items);
    (void)pthread_mutex_destroy(&tallies->lock);
    free(tallies);
}

/* With the lock; NULL: there is none. */
static struct tally *find_tally(struct bl_tallies *tallies, const char *namespace)
{
    for (size_t i = 0; i < tallies->len; i++)
        if (strcmp(tallies->items[i].namespace, namespace) == 0)
            return &tallies->items[i];
    return NULL;
}

void bl_tallies_forget(struct bl_tallies *tallies, const char *namespace)
{
    struct tally *tally;

    (void)pthread_mutex_lock(&tallies->lock);
    tally = find_tally(tallies, namespace);
    if (tally) {
        tally_clear(tally);
        *tally = tallies->items[--tallies->len];
    }
    (void)pthread_mutex_unlock(&tallies->lock);
}

static char *list_blocked(const struct bl_plan *plan)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (size_t i = 0; i < plan->blocked.len; i++)
        bl_strbuf_addf(&text, "%s%s", i ? ", " : "", plan->blocked.items[i].name);
    return bl_strbuf_take(&text);
}

/* True: it is another text, and not none. */
static bool take_news(char **text, char *now)
{
    bool news = *now && strcmp(now, *text) != 0;

    free(*text);
    *text = now;
    return news;
}

struct bl_tally_news bl_tallies_note(struct bl_tallies *tallies, const char *namespace,
                                     const struct bl_plan *plan)
{
    struct tally *tally;
    struct bl_tally_news news;

    (void)pthread_mutex_lock(&tallies->lock);
    tally = find_tally(tallies, namespace);
    if (!tally) {
        tally = BL_PUSH(tallies);
        *tally = (struct tally){.namespace = bl_strdup(namespace),
                                .blocked = bl_strdup(""),
                                .too_large = bl_strdup("")};
    }
    memcpy(tally->states, plan->states, sizeof(tally->states));
    news.blocked = take_news(&tally->blocked, list_blocked(plan));
    news.too_large =
        take_news(&tally->too_large, bl_strdup(plan->too_large ? plan->too_large : ""));
    (void)pthread_mutex_unlock(&tallies->lock);
    return news;
}

void bl_tallies_sum(struct bl_tallies *tallies, struct bl_tally_sums *ret_sums)
{
    *ret_sums = (struct bl_tally_sums){0};
    (void)pthread_mutex_lock(&tallies->lock);
    for (size_t i = 0; i < tallies->len; i++) {
        ret_sums->skipped += *tallies->items[i].too_large != '\0';
        for (size_t kind = 0; kind < BL_COMPANION_KINDS; kind++)
            for (size_t state = 0; state < BL_COMPANION_STATES; state++)
                ret_sums->states[kind][state] += tallies->items[i].states[kind][state];
    }
    (void)pthread_mutex_unlock(&tallies->lock);
}
