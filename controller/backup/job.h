/** What the three controllers of backups have in hand while they look at one object. */
#ifndef BALLAST_CONTROLLER_BACKUP_JOB_H
#define BALLAST_CONTROLLER_BACKUP_JOB_H

#include "env.h"
#include "plan.h"
#include "service.h"

struct bl_backup_job {
    struct bl_controller *controller;
    const struct bl_env *env;
    struct bl_backup_service *service;
    struct bl_kube_client *client;
    const struct bl_kind *kind;
    cJSON *object; /* NULL: it is gone, or not looked after */
    struct bl_ref ref;
    struct bl_backup_home home;
    char *invalid, *forbidden, *failure;
    bool passes;     /* the failure is of somebody who is merely away */
    bl_nsec retry;   /* the service asked to wait for this long; 0: it did not */
    char *operation; /* that was begun for this generation of the object; NULL: none */
    bool making;     /* it goes on, or was through only after the resource had been looked at */
    bool made;       /* it is through */
    char *not_made;  /* why it failed; NULL: it did not */
    int64_t now;
};

/**
 * Gets the object as it is now: by what a cache may be behind, something would be done twice. There is none, and `result` says
 * when to come back, while not all of the namespace is known. Release it either way.
 */
BL_CHECK int bl_backup_job_open(struct bl_controller *controller, const struct bl_env *env,
                                const struct bl_kind *kind,
                                const struct bl_reconcile_request *request,
                                struct bl_reconcile_result *result, struct bl_backup_job *job,
                                struct bl_error **err);
void bl_backup_job_release(struct bl_backup_job *job);

/** The spec cannot be read. Takes `err`. */
void bl_backup_job_invalid(struct bl_backup_job *job, struct bl_error **err);
/** Something could not be found out. Takes `err`. */
void bl_backup_job_failed(struct bl_backup_job *job, struct bl_error **err);
/** Is there a reason not to look at anything? Then also where it runs is not known. */
bool bl_backup_job_is_barred(struct bl_backup_job *job);
struct bl_backup_situation bl_backup_job_situation(const struct bl_backup_job *job);

/** The namespace may not use this resource, which a field names; the first such finding is told. */
void bl_backup_job_forbid(struct bl_backup_job *job, const char *field, const char *resource);

/** What a KafkaBackupPlan is called at the service; all owned. */
struct bl_backup_plan_name {
    char *parent, *id,
        *whole; /* projects/P/locations/L; ID; projects/P/locations/L/backupPlans/ID */
};
void bl_backup_plan_name_release(struct bl_backup_plan_name *name);
/**
 * Of the KafkaBackupPlan `object` with this spec. Another project, and a key there, are for the administrator to allow, as the
 * identity at Google is the controller's: else the job is forbidden.
 */
void bl_backup_job_name_plan(struct bl_backup_job *job, const struct bl_backup_plan_spec *spec,
                             const char *object, struct bl_backup_plan_name *ret_name);

/**
 * What the service has of that name, `*ret_resource` NULL where it has nothing.
 */
BL_CHECK int bl_backup_job_find(struct bl_backup_job *job, enum bl_gke_kind kind, const char *name,
                                cJSON **ret_resource, struct bl_error **err);

/** What became of the operation that the status names. To be asked where the service lacks what it was to make. */
BL_CHECK int bl_backup_job_operation(struct bl_backup_job *job, struct bl_error **err);
/**
 * The same for an operation that writes or deletes, where the resource, as it was seen before, does not show it. One that has
 * ended meanwhile is forgotten and counts as going on: the next look sees what came of it, and nothing is ordered twice.
 */
BL_CHECK int bl_backup_job_order(struct bl_backup_job *job, struct bl_error **err);
/** So that the next look may give another one. */
void bl_backup_job_forget_order(struct bl_backup_job *job);
/** Asks the service for it, and notes the operation. */
BL_CHECK int bl_backup_job_create(struct bl_backup_job *job, enum bl_gke_kind kind,
                                  const char *parent, const char *id, const cJSON *body,
                                  struct bl_error **err);
/** Notes an operation that was begun; takes `operation`, which may be NULL. */
void bl_backup_job_began(struct bl_backup_job *job, char *operation);

void bl_backup_job_tell(struct bl_backup_job *job, const char *type, const char *reason,
                        const char *note);

/**
 * A new object of `kind` for what was due then: named after the job's object and the time, so that whoever leads next makes no
 * second one, and gone with it. With an empty spec.
 */
BL_NONNULL cJSON *bl_backup_job_scheduled(const struct bl_backup_job *job,
                                          const struct bl_kind *kind, int64_t due);
/** For when such an object was due; 0: a person made it. */
int64_t bl_backup_job_due(const cJSON *object);
/** Makes it; one that is there already is no failure. */
BL_CHECK int bl_backup_job_make(const struct bl_backup_job *job, const struct bl_kind *kind,
                                const cJSON *object, struct bl_error **err);

/** When to look again at an object that nothing is done for: as the step says, or as the service asks. */
void bl_backup_job_rest(const struct bl_backup_job *job, const struct bl_backup_next *next,
                        struct bl_reconcile_result *result);
/**
 * Begins the status with what all have: the phase, and what the resource is called. NULL: that is not known now, and stays as it
 * was noted, since by it the object is told from others and goes; "": there is none.
 */
void bl_backup_job_status(struct bl_backup_job *job, const struct bl_backup_next *next,
                          const char *resource, struct bl_status *status);
/** Writes the status as the object has it, but for the phase: where nothing else is looked at. */
BL_CHECK int bl_backup_job_say(struct bl_backup_job *job, const struct bl_backup_next *next,
                               struct bl_error **err);
/** Sets a condition as the object has it, where it could not be looked at again. */
void bl_backup_job_keep(const struct bl_backup_job *job, const char *type,
                        struct bl_status *status);
/** Adds status.schedule: when the last one was due (0: there was none), and when the next one is (-1: never). */
void bl_backup_add_schedule(cJSON *fields, int64_t last, int64_t due);
/** Copies these members of a resource, where it has them. */
void bl_backup_copy(cJSON *to, const cJSON *resource, const char *const *members);

/**
 * An act failed: what the status says then, in place of what was to be done. What the service refuses stays refused until
 * somebody does something.
 */
void bl_backup_job_refused(const struct bl_error *failure, struct bl_backup_next *next);
/** How an act ended: the object is looked at again at once, or the failure is told, and later tried again. Takes `failure`. */
int bl_backup_job_acted(struct bl_backup_job *job, struct bl_error **failure,
                        struct bl_reconcile_result *result, struct bl_error **err);

/** Has the object ever been noted to have this at the service: `status.<part>.uid`? */
bool bl_backup_job_had(const struct bl_backup_job *job, const char *part);

/** Keeps or drops the finalizer, by whether the object deletes what it stands for. */
BL_CHECK int bl_backup_job_hold(struct bl_backup_job *job, bool deletes, struct bl_error **err);
/** Something at the service; a name of NULL: nothing. */
struct bl_backup_resource {
    enum bl_gke_kind kind;
    const char *name;
    const char *cluster; /* that it is of, or goes to; NULL: the one that Ballast runs in */
};
/** Does the object delete what it stands for, also where the rest of its spec cannot be read? */
bool bl_backup_job_deletes(const struct bl_backup_job *job);
/** Can the service be asked? */
enum bl_backup_reach {
    BL_BACKUP_HERE, /* it can, and the job knows where it runs */
    BL_BACKUP_AWAY, /* not now: `ret_why` */
    BL_BACKUP_OFF,  /* nobody may, since backups are switched off */
};
enum bl_backup_reach bl_backup_job_reach(struct bl_backup_job *job, struct bl_error **ret_why);
/**
 * The object goes. These go first, each once the one before it is gone; `len` 0: nothing does. What is locked, or not empty yet, is
 * waited for, which the status and an Event tell, and so is a service that cannot be asked now: nothing is asked for twice while
 * an order goes on, or can come to nothing. What is another cluster's or namespace's stays, and
 * all does where backups are switched off or the job is forbidden: an Event names it, and the object goes.
 */
BL_CHECK int bl_backup_job_let_go(struct bl_backup_job *job,
                                  const struct bl_backup_resource *resources, size_t len,
                                  struct bl_reconcile_result *result, struct bl_error **err);

#endif
