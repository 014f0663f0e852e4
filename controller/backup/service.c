#include "service.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ballast/backup/names.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/metadata.h"

struct bl_backup_service {
    struct bl_backup_service_options options;
    struct bl_stop *stop;
    struct bl_google_tokens *tokens;
    struct bl_google_client *backup, *container;
    pthread_mutex_t lock; /* of what is behind it */
    pthread_cond_t answered;
    bool asking; /* somebody asks the metadata server, without the lock */
    char *cluster, *project, *region;
};

/* How long the others wait for its answer: where it is there, it needs milliseconds. */
#define ANSWER_WITHIN 2

static int open_clients(struct bl_backup_service *service, struct bl_error **err)
{
    const struct bl_backup_service_options *options = &service->options;
    struct bl_google_tokens_options tokens = {.credentials = options->credentials};
    struct bl_google_options backup = {.endpoint = options->backup_url ? options->backup_url
                                                                       : BL_GOOGLE_GKE_BACKUP,
                                       .stop = service->stop};
    struct bl_google_options container = {
        .endpoint = options->container_url ? options->container_url : BL_GOOGLE_CONTAINER,
        .stop = service->stop};

    if (bl_google_tokens_new(&tokens, &service->tokens, err) < 0 ||
        bl_google_client_new(service->tokens, &backup, &service->backup, err) < 0)
        return -1;
    return bl_google_client_new(service->tokens, &container, &service->container, err);
}

int bl_backup_service_new(const struct bl_backup_service_options *options,
                          struct bl_backup_service **ret_service, struct bl_error **err)
{
    BL_AUTO(bl_backup_service_cleanup)
    struct bl_backup_service *service = BL_NEW(struct bl_backup_service);

    service->options = *options;
    (void)pthread_mutex_init(&service->lock, NULL);
    (void)pthread_cond_init(&service->answered, NULL);
    if (bl_stop_new(&service->stop, err) < 0)
        return -1;
    if (options->enabled && open_clients(service, err) < 0)
        return bl_wrap(err, "cannot use Backup for GKE");
    *ret_service = BL_STEAL(service);
    return 0;
}

void bl_backup_service_free(struct bl_backup_service *service)
{
    if (!service)
        return;
    bl_google_client_free(service->backup);
    bl_google_client_free(service->container);
    bl_google_tokens_free(service->tokens);
    bl_stop_free(service->stop);
    free(service->cluster);
    free(service->project);
    free(service->region);
    (void)pthread_cond_destroy(&service->answered);
    (void)pthread_mutex_destroy(&service->lock);
    free(service);
}

char *bl_backup_region(const char *name)
{
    static const char word[] = "/locations/";
    const char *found = strstr(name, word);
    const char *location = found ? found + strlen(word) : "";
    size_t len = strcspn(location, "/");
    /* A zone is its region with a letter: us-central1-a. */
    bool zone =
        len > 2 && location[len - 2] == '-' && location[len - 1] >= 'a' && location[len - 1] <= 'z';

    return bl_strndup(location, zone ? len - 2 : len);
}

void bl_backup_service_stop(struct bl_backup_service *service)
{
    bl_stop_raise(service->stop);
}

bool bl_backup_service_is_enabled(const struct bl_backup_service *service)
{
    return service->options.enabled;
}

struct bl_google_client *bl_backup_service_client(struct bl_backup_service *service)
{
    return service->backup;
}

/* --- where it runs --- */

static void take_cluster(struct bl_backup_service *service, char *cluster)
{
    const char *project = cluster + strlen("projects/");

    service->cluster = cluster;
    service->project = bl_strndup(project, strcspn(project, "/"));
    service->region = bl_backup_region(cluster);
}

static int ask_metadata(const struct bl_stop *stop, struct bl_strbuf *name, struct bl_error **err)
{
    BL_AUTO(bl_google_place_release) struct bl_google_place place = {0};

    if (bl_google_metadata_place(stop, 0, &place, err) < 0) {
        bl_hint(err, "Off GKE, name the cluster: --google-cluster "
                     "projects/P/locations/L/clusters/C");
        return -1;
    }
    return bl_gke_cluster_name(name, place.project, place.location, place.cluster, err);
}

/* With the lock, which it gives up meanwhile: who only wants to know has other objects to look after. */
static int ask_unlocked(struct bl_backup_service *service, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf name = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    int rc;

    service->asking = true;
    (void)pthread_mutex_unlock(&service->lock);
    rc = ask_metadata(service->stop, &name, err);
    (void)pthread_mutex_lock(&service->lock);
    service->asking = false;
    if (rc == 0)
        take_cluster(service, bl_strbuf_take(&name));
    (void)pthread_cond_broadcast(&service->answered);
    return rc;
}

/* With the lock. Another thread asks. */
static int wait_for_answer(struct bl_backup_service *service, struct bl_error **err)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ANSWER_WITHIN;
    while (service->asking &&
           pthread_cond_timedwait(&service->answered, &service->lock, &until) == 0)
        ;
    if (service->cluster)
        return 0;
    return bl_fail(err, BL_ERR_UNAVAILABLE,
                   "the metadata server is asked where this cluster is, and has not answered yet");
}

/* With the lock. */
static int find_cluster(struct bl_backup_service *service, struct bl_error **err)
{
    if (!service->cluster && service->options.cluster)
        take_cluster(service, bl_strdup(service->options.cluster));
    if (service->cluster)
        return 0;
    return service->asking ? wait_for_answer(service, err) : ask_unlocked(service, err);
}

int bl_backup_service_home(struct bl_backup_service *service, struct bl_backup_home *ret_home,
                           struct bl_error **err)
{
    int rc;

    pthread_mutex_lock(&service->lock);
    rc = find_cluster(service, err);
    if (rc == 0)
        *ret_home = (struct bl_backup_home){service->cluster, service->project, service->region};
    pthread_mutex_unlock(&service->lock);
    return rc;
}

int bl_backup_service_unready(struct bl_backup_service *service, const char *cluster,
                              char **ret_why, struct bl_error **err)
{
    struct bl_gke_cluster found;

    if (bl_gke_cluster_get(service->container, cluster, &found, err) < 0)
        return -1;
    *ret_why = NULL;
    if (!found.running)
        *ret_why = bl_asprintf("%s is not RUNNING", cluster);
    else if (!found.backup_agent)
        *ret_why = bl_asprintf("%s has no agent for backups: gcloud container clusters update %s "
                               "--update-addons=BackupRestore=ENABLED",
                               cluster, strrchr(cluster, '/') + 1);
    return 0;
}

bool bl_backup_service_rehearses(const struct bl_backup_service *service, const char *namespace)
{
    return bl_text_in(namespace, service->options.rehearsals->items);
}

bool bl_backup_service_allows(const struct bl_backup_service *service, const char *namespace,
                              const char *resource)
{
    const struct bl_texts *allowed = service->options.allowed;

    return bl_backup_is_allowed(allowed->items, allowed->len, namespace, resource);
}
