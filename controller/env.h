/** What the controllers go by beside the objects that they watch: policies, and what the command line says. */
#ifndef BALLAST_CONTROLLER_ENV_H
#define BALLAST_CONTROLLER_ENV_H

#include "ballast/daemon/sources.h"
#include "ballast/runtime/manager.h"
#include "ballast/runtime/scope.h"
#include "options.h"

struct bl_backup_service; /* backup/service.h */

/** All borrowed; the same for all controllers. */
struct bl_env {
    struct bl_manager *manager;
    struct bl_sources *sources;
    struct bl_scope scope;
    const struct bl_controller_options *options;
    struct bl_backup_service *backups;
};

#endif
