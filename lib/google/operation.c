#include "ballast/google/operation.h"

#include "ballast/base/random.h"
#include "ballast/google/resource.h"
#include "client.h"
#include "status.h"

/* gcloud's ladder. */
#define FIRST_WAIT BL_NSEC_S
#define SECOND_WAIT (2 * BL_NSEC_S)
#define JITTER BL_NSEC_S
#define LONGEST_WAIT (180 * BL_NSEC_S)
#define AT_MOST (1800 * BL_NSEC_S)

void bl_google_operation_release(struct bl_google_operation *operation)
{
    bl_error_free(BL_STEAL(operation->error));
}

int bl_google_operation_get(struct bl_google_client *client, const char *name,
                            struct bl_google_operation *ret_operation, struct bl_error **err)
{
    struct bl_google_operation operation = {.state = BL_GOOGLE_OPERATION_RUNNING};
    BL_AUTO_JSON cJSON *answer = NULL;
    const cJSON *error;

    if (bl_google_get(client, name, &answer, err) < 0)
        return -1;
    error = bl_json_get(answer, "error");
    /* What is false is left out. */
    if (bl_json_bool(answer, "done", false))
        operation.state =
            bl_json_is_null(error) ? BL_GOOGLE_OPERATION_DONE : BL_GOOGLE_OPERATION_FAILED;
    if (operation.state == BL_GOOGLE_OPERATION_FAILED)
        bl_google_status_fail_rpc(error, name, &operation.error);
    *ret_operation = operation;
    return 0;
}

bl_nsec bl_google_poll_wait(unsigned looks)
{
    bl_nsec wait = SECOND_WAIT;

    if (looks <= 1)
        return FIRST_WAIT;
    for (unsigned i = 2; i < looks && wait < LONGEST_WAIT; i++)
        wait += wait * 2 / 5;
    wait += bl_random(JITTER);
    return wait < LONGEST_WAIT ? wait : LONGEST_WAIT;
}

static bl_nsec wait_of(const struct bl_google_client *client, unsigned looks)
{
    bl_nsec wait = bl_google_poll_wait(looks);

    return client->longest && wait > client->longest ? client->longest : wait;
}

/* In the client's own seconds. */
static bl_nsec paced(const struct bl_google_client *client, bl_nsec wait)
{
    return wait / BL_NSEC_MS * (client->pace / 1000);
}

int bl_google_poll(struct bl_google_client *client, bl_google_look_fn look, void *context,
                   bl_nsec at_most, struct bl_error **err)
{
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + (at_most ? at_most : AT_MOST);

    for (unsigned looks = 1;; looks++) {
        bl_nsec wait = wait_of(client, looks);
        bool over = false;
        BL_ERROR(why);

        if (look(context, &over, &why) == 0 && over)
            return 0;
        if (why && bl_error_code(why) != BL_ERR_UNAVAILABLE) {
            *err = BL_STEAL(why);
            return -1;
        }
        if (why && bl_error_retry_after(why) > wait)
            wait = bl_error_retry_after(why);
        wait = paced(client, wait);
        if (bl_clock_now(&bl_clock_real) + wait > deadline) {
            *err = BL_STEAL(why);
            return *err ? -1 : bl_fail(err, BL_ERR_UNAVAILABLE, "it is not over in time");
        }
        if (bl_stop_wait(client->stop, wait))
            return bl_fail(err, BL_ERR_UNAVAILABLE, "nobody waits for it: we are stopping");
    }
}

struct waiting {
    struct bl_google_client *client;
    const char *name;
    bl_google_progress_fn progress;
    void *context;
    unsigned looks;
    struct bl_google_operation operation;
};

/* One that failed is over as well, whatever it failed of. */
static int look_at(void *context, bool *ret_over, struct bl_error **err)
{
    struct waiting *waiting = context;

    if (waiting->progress)
        waiting->progress(waiting->context, ++waiting->looks);
    if (bl_google_operation_get(waiting->client, waiting->name, &waiting->operation, err) < 0)
        return -1;
    *ret_over = waiting->operation.state != BL_GOOGLE_OPERATION_RUNNING;
    return 0;
}

int bl_google_operation_wait(struct bl_google_client *client, const char *name,
                             bl_google_progress_fn progress, void *context, struct bl_error **err)
{
    struct waiting waiting = {
        .client = client, .name = name, .progress = progress, .context = context};

    if (bl_google_poll(client, look_at, &waiting, 0, err) < 0)
        return bl_wrap(err, "%s", name);
    if (waiting.operation.state == BL_GOOGLE_OPERATION_DONE)
        return 0;
    *err = BL_STEAL(waiting.operation.error);
    return -1;
}
