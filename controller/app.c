#include "app.h"

#include <stdlib.h>

#include "backup/service.h"
#include "ballast/api/names.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/daemon/probes.h"
#include "caches.h"
#include "controllers.h"

#define LOOK_EVERY (600 * BL_NSEC_S)

struct bl_controller_app {
    const struct bl_controller_options *options;
    struct bl_metrics *metrics;
    struct bl_source_metrics source_metrics;
    struct bl_cache_spec caches[BL_CACHES_MAX];
    struct bl_env env;
    bl_nsec looked; /* at everything */
    struct bl_probes probes;
    struct bl_probe_servers servers;
};

#define CONTROLLER(name) &bl_##name##_controller,
const struct bl_controller_spec *const bl_controllers[] = {BL_CONTROLLERS(CONTROLLER) NULL};

static int open_backups(struct bl_controller_app *app, struct bl_error **err)
{
    const struct bl_controller_options *options = app->options;
    struct bl_backup_service_options backups = {.enabled = options->backup.enabled,
                                                .cluster = options->backup.cluster,
                                                .credentials = options->backup.credentials,
                                                .backup_url = options->backup.url,
                                                .container_url = options->backup.container_url,
                                                .allowed = &options->backup.allow,
                                                .rehearsals = &options->backup.rehearsals};

    return bl_backup_service_new(&backups, &app->env.backups, err);
}

static int start_manager(struct bl_controller_app *app, struct bl_error **err)
{
    const struct bl_controller_options *options = app->options;
    struct bl_manager_options manager = {
        .cluster = &options->daemon.cluster,
        .reporter = BL_REPORTER,
        .lease_namespace = options->lease.namespace,
        .lease_name = options->lease.name,
        .metrics = app->metrics,
        .caches = app->caches,
        .caches_len = bl_caches_table(options->daemon.config_maps, app->caches),
        .caches_context = &app->env,
        .scope = &app->env.scope,
        .workers = (unsigned)options->workers,
    };

    app->env.options = options;
    if (open_backups(app, err) < 0)
        return -1;
    app->env.scope = bl_scope_of(&options->scope);
    if (bl_manager_new(&manager, &app->env.manager, err) < 0)
        return -1;
    for (const struct bl_controller_spec *const *each = bl_controllers; *each; each++)
        bl_manager_add(app->env.manager, *each, &app->env);
    return bl_manager_start(app->env.manager, err);
}

/* --- metrics and health --- */

static char *unready(void *context)
{
    struct bl_controller_app *app = context;

    return bl_manager_unready(app->env.manager);
}

static void render(void *context, struct bl_strbuf *out)
{
    struct bl_controller_app *app = context;

    bl_sources_measure(app->env.sources);
    bl_manager_measure(app->env.manager);
    bl_metrics_render(app->metrics, out);
    bl_metrics_render_process(out, BALLAST_VERSION);
}

static int start_probes(struct bl_controller_app *app, struct bl_error **err)
{
    app->probes = (struct bl_probes){unready, render, app};
    return bl_probes_start(&app->probes, &app->options->daemon, &app->servers, err);
}

/* --- beginning and end --- */

int bl_controller_app_start(const struct bl_controller_options *options,
                            struct bl_controller_app **ret_app, struct bl_error **err)
{
    BL_AUTO(bl_controller_app_cleanup)
    struct bl_controller_app *app = BL_NEW(struct bl_controller_app);

    app->options = options;
    app->looked = bl_clock_now(&bl_clock_real);
    app->metrics = bl_metrics_new();
    bl_source_metrics_add(app->metrics, &app->source_metrics);
    if (bl_sources_new(options->daemon.policies.items, 0, &app->source_metrics, &app->env.sources,
                       err) < 0 ||
        start_manager(app, err) < 0 || start_probes(app, err) < 0)
        return -1;
    BL_LOG(BL_LOG_INFO, "serving", BL_LOG_TEXT("version", BALLAST_VERSION),
           BL_LOG_TEXT("identity", bl_manager_identity(app->env.manager)),
           BL_LOG_INT("health_port", bl_server_port(app->servers.health)),
           BL_LOG_INT("metrics_port", bl_server_port(app->servers.metrics)));
    *ret_app = BL_STEAL(app);
    return 0;
}

void bl_controller_app_tick(struct bl_controller_app *app)
{
    bl_nsec now = bl_clock_now(&bl_clock_real);

    if (!bl_sources_look(app->env.sources) && now - app->looked < LOOK_EVERY)
        return;
    app->looked = now;
    bl_manager_resync(app->env.manager);
}

bool bl_controller_app_failed(const struct bl_controller_app *app)
{
    return bl_manager_failed(app->env.manager);
}

void bl_controller_app_stop(struct bl_controller_app *app)
{
    if (!app)
        return;
    bl_probes_stop(&app->servers);
    if (app->env.backups)
        bl_backup_service_stop(app->env.backups);
    bl_manager_free(app->env.manager);
    bl_backup_service_free(app->env.backups);
    bl_sources_free(app->env.sources);
    bl_metrics_free(app->metrics);
    free(app);
}
