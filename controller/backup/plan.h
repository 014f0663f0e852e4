/**
 * What is next for a KafkaBackupPlan, a KafkaBackup and a KafkaRestore, and what their statuses say meanwhile. Pure: what was
 * found out in, one step out. Nothing is remembered but what stands in the cluster and at the service, whose resources have
 * IDs that the objects choose: whoever leads next asks for the same, and finds it done.
 */
#ifndef BALLAST_CONTROLLER_BACKUP_PLAN_H
#define BALLAST_CONTROLLER_BACKUP_PLAN_H

#include "ballast/backup/spec.h"
#include "ballast/runtime/status.h"

enum bl_backup_step {
    BL_BACKUP_STOP, /* a person is needed, or it was said so */
    BL_BACKUP_WAIT, /* look again in a while */
    BL_BACKUP_DONE,
    BL_BACKUP_CREATE, /* what the object stands for, at the service */
    BL_BACKUP_PATCH,
    BL_BACKUP_SCHEDULE,    /* a KafkaBackup, as one is due */
    BL_BACKUP_OBSERVE,     /* a backup that the service made by itself: a KafkaBackup for it */
    BL_BACKUP_NOTE,        /* what is there before the backup is taken */
    BL_BACKUP_CREATE_PLAN, /* of a restore */
    BL_BACKUP_VERIFY,      /* what was restored, beside the note */
    BL_BACKUP_FORGET, /* an object of the schedule's, whose backup has gone in its time, or that is one too many */
    BL_BACKUP_ISOLATE,   /* the namespace of a rehearsal, before anything is restored */
    BL_BACKUP_TAKE_AWAY, /* what a rehearsal restored */
};

struct bl_backup_next {
    enum bl_backup_step step;
    enum bl_kstatus phase;
    const char *reason; /* a word in CamelCase */
    char *message;
    bl_nsec after; /* WAIT, STOP and DONE: the next look */
};
void bl_backup_next_release(struct bl_backup_next *next);

/** What holds for all three. All borrowed. */
struct bl_backup_situation {
    const cJSON *object;
    const char *invalid;   /* why its spec cannot be read; NULL: it was */
    const char *forbidden; /* what it may not do; NULL: nothing */
    const char *failure;   /* what could not be found out; NULL */
    bool passes;           /* somebody was merely away */
    int64_t now;           /* seconds since 1970 */
    bool making;           /* the operation that makes what is asked for goes on */
    const char
        *not_made; /* why that operation failed; NULL: it did not, or the spec has changed since */
};

struct bl_backup_plan_state {
    struct bl_backup_situation at;
    const struct bl_backup_plan_spec *spec;
    const char *
        unready; /* why the cluster cannot be backed up at all: it does not run, it has no agent; NULL: it can */
    const cJSON *plan;   /* as the service has it; NULL: there is none */
    const char *foreign; /* why it is not this object's; NULL: it is */
    const char *mask;    /* in which it differs; "": in nothing */
    size_t applications; /* that are selected */
    const char *gap;     /* what no application would hold; NULL: nothing */
    /* bl_backup_tally() */
    int64_t last, attempt;
    bool running;
    const char *failed;  /* why nothing came of the newest one; NULL: something did */
    const char *waiting; /* for what one waits too long; NULL: none does */
    const char
        *differs; /* as it was noted, it has another name than by its spec; NULL: it has not */
    const char *
        unobserved; /* full name of one that the service made, and no KafkaBackup stands for; NULL: none */
};

struct bl_backup_state {
    struct bl_backup_situation at;
    const struct bl_backup_spec *spec;
    const char *plan_unready; /* why there is no plan to take it by; NULL: there is */
    const cJSON *backup;      /* as the service has it; NULL: there is none */
    bool taken;               /* there was one, by the status */
    bool scheduled;           /* the schedule made the object */
    bool proves;              /* a note is wanted */
    const char *note;         /* its digest; NULL: there is none yet */
    const char *unfit;        /* why it is no time for one: quorum, ISR, a rollout; NULL: it is */
    const char *foreign;      /* why a backup of this name is not this object's; NULL: it is */
    const char
        *differs; /* as it was noted, it has another name than by its spec; NULL: it has not */
    const char *note_taken; /* the ConfigMap of the note's name, which is somebody else's; NULL */
};

/** A KafkaBackupPlan that rehearses another cluster's plan. */
struct bl_rehearsals_state {
    struct bl_backup_situation at;
    const struct bl_backup_plan_spec *spec;
    const cJSON *plan; /* as the service has it; NULL: there is none */
    const char
        *newest; /* full name of the newest backup that carries a note; NULL: there is none */
    const char *running; /* the KafkaRestore that is under way; NULL: none */
    const char *in_use;  /* why nothing may be restored into the namespace; NULL: it may */
    const char *surplus; /* a KafkaRestore that is older than those that are kept; NULL: none */
    int64_t last;        /* when the last one was due; 0: there was none */
    int64_t proven;      /* when the newest one that proved its backup began; 0: none has */
};

struct bl_restore_state {
    struct bl_backup_situation at;
    const struct bl_restore_spec *spec;
    const cJSON *backup; /* as the service has it; NULL: there is none */
    const char *plan;    /* full name of its plan */
    const cJSON *restore_plan, *restore;
    bool begun;          /* there was a restore, by the status */
    const char *differs; /* in which the restore plan is another one; "": in nothing */
    bool has_note;       /* the backup's note was restored */
    const char *unready; /* what the restored cluster still waits for; NULL: nothing */
    bool verified;       /* it was */
    int64_t lost;        /* messages of the note that are not there */
    int64_t changed;     /* partitions that hold others than the note says */
    bool other_cluster;  /* it has another ID than the one that was backed up */
    const char *worst;   /* of what differs from the note; NULL: nothing, or that is not known */
    const char *made_of; /* another backup, that the restore was made of; NULL: it is the spec's */
    const char *moved; /* as it was noted, it has another name than by its spec; NULL: it has not */
    bool away;         /* it goes into a cluster that is not looked at from here */
    const char *rehearsing; /* another KafkaRestore that rehearses in the namespace; NULL: none */
    /* Of a rehearsal. */
    bool rehearses;     /* it is one, or was when it was begun */
    bool noted;         /* the backup carries a note */
    const char *in_use; /* why nothing may be restored into the namespace; NULL: it may */
    bool isolated;      /* the namespace is cut off, for this object */
    bool was_isolated;  /* as its status says */
    bool taken_away;    /* it is over, and nothing of it is there any more */
    int64_t restored;   /* when the service was through with it, in seconds since 1970 */
};

void bl_backup_plan_next(const struct bl_backup_plan_state *state, struct bl_backup_next *ret_next);
/** For when the next backup is to be made, which may have passed; -1: never. */
int64_t bl_backup_plan_due(const struct bl_backup_plan_state *state);
void bl_rehearsals_next(const struct bl_rehearsals_state *state, struct bl_backup_next *ret_next);
/** Is the newest proof older than the spec asks for? */
bool bl_rehearsals_overdue(const struct bl_rehearsals_state *state);
void bl_backup_next(const struct bl_backup_state *state, struct bl_backup_next *ret_next);
void bl_restore_next(const struct bl_restore_state *state, struct bl_backup_next *ret_next);
/** What a comparison with the note came to: "Proven", or a reason that nothing is proven by it. */
const char *bl_restore_verdict(const struct bl_restore_state *state);

#endif
