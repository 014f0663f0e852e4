/* What others may ask of a reflector while it runs. */
#include <stdio.h>

#include "reflector.h"

void bl_reflector_status(struct bl_reflector *reflector, struct bl_watch_status *ret_status)
{
    pthread_mutex_lock(&reflector->lock);
    *ret_status = reflector->status;
    pthread_mutex_unlock(&reflector->lock);
}

/* With the lock. */
static void note_contact(struct bl_reflector *reflector)
{
    reflector->status.contact = bl_clock_now(reflector->client->config->clock);
    reflector->status.missing = false;
    reflector->status.error[0] = '\0';
}

void bl_reflector_contact(struct bl_reflector *reflector, uint64_t events)
{
    pthread_mutex_lock(&reflector->lock);
    note_contact(reflector);
    reflector->status.events += events;
    pthread_mutex_unlock(&reflector->lock);
}

void bl_reflector_relist(struct bl_reflector *reflector)
{
    pthread_mutex_lock(&reflector->lock);
    reflector->asked = true;
    if (!reflector->listing)
        bl_stop_raise(reflector->again);
    pthread_mutex_unlock(&reflector->lock);
}

void bl_reflector_begin(struct bl_reflector *reflector)
{
    pthread_mutex_lock(&reflector->lock);
    reflector->listing = true;
    reflector->asked = false;
    if (reflector->again)
        bl_stop_lower(reflector->again);
    pthread_mutex_unlock(&reflector->lock);
    reflector->listed_at = bl_clock_now(&bl_clock_real);
    reflector->handler.begin(reflector->handler.context);
}

void bl_reflector_synced(struct bl_reflector *reflector)
{
    /* First the handler, so that who sees "synced" sees all objects too. */
    reflector->handler.synced(reflector->handler.context);
    pthread_mutex_lock(&reflector->lock);
    note_contact(reflector);
    reflector->status.synced = true;
    reflector->listing = false;
    if (reflector->asked)
        bl_stop_raise(reflector->again);
    pthread_mutex_unlock(&reflector->lock);
}

void bl_reflector_count(struct bl_reflector *reflector, uint64_t *counter)
{
    pthread_mutex_lock(&reflector->lock);
    (*counter)++;
    pthread_mutex_unlock(&reflector->lock);
}

void bl_reflector_failed(struct bl_reflector *reflector, const struct bl_error *err, bool missing)
{
    struct bl_watch_status *status = &reflector->status;

    pthread_mutex_lock(&reflector->lock);
    /* Until the server says otherwise: that it is away now tells nothing. */
    status->missing |= missing;
    if (!missing)
        status->failures++;
    (void)snprintf(status->error, sizeof(status->error), "%s", bl_error_text(err));
    pthread_mutex_unlock(&reflector->lock);
}
