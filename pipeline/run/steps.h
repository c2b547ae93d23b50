/* pipeline/run/steps.h - a section of the configuration as a flat program over lists of events, and one
 * batch's pass through it.
 *
 * An `if` splits a list in two and the end of it joins them again, in the order of the events they descend
 * from. Because the program is flat, a pass is where it stands (`next`) and its lists: it can be parked
 * while events of it are pending, and taken up by another worker.
 *
 * Ownership: steps live in the configuration's arena; a pass owns its batch.
 * Threads: steps any; a pass one at a time. */
#ifndef CHUTE_RUN_STEPS_H
#define CHUTE_RUN_STEPS_H

#include "conf/condition.h"
#include "pipeline/run/engine.h"

enum chute_step_kind {
    CHUTE_STEP_FILTER, /* over `list` */
    CHUTE_STEP_SPLIT,  /* `list` by `condition` into `yes` and `no` */
    CHUTE_STEP_JOIN,   /* `yes` and `no` back into `list` */
    CHUTE_STEP_OUTPUT, /* takes `list` */
};

struct chute_step {
    enum chute_step_kind kind;
    uint32_t list, yes, no;
    struct chute_condition *condition;
    struct chute_place place; /* of the condition */
    struct chute_filter *filter;
    struct chute_output *output;
    uint64_t *taken; /* SPLIT: events that went to `yes` and to `no`; NULL: nobody counts */
};

struct chute_steps {
    struct chute_step *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t list_count; /* list 0 holds the batch */
};

struct chute_pass {
    struct chute_batch batch;
    struct chute_pipeline *pipeline;
    struct chute_worker *worker; /* that runs it now */
    const struct chute_steps *steps;
    uint32_t next; /* step */
    struct chute_selection *lists;
    struct chute_run run;        /* of the filter being run */
    struct chute_event *emitted; /* behind all, in order */
    struct chute_event *last_emitted;
    uint64_t dropped, created; /* in this step */
    bool has_changed;          /* the list has cancelled or emitted events */
    _Atomic int pending;       /* events, and 1 while the filter itself runs */
    bool is_parked;
    struct chute_pass *next_pass; /* in a list of passes */
};

/* Appends a step to `steps`; its memory is of `arena`. */
struct chute_step *chute_steps_add(struct chute_steps *steps, struct chute_arena *arena);

/* Begins a pass of the batch's events through `steps`. */
void chute_pass_begin(struct chute_pass *pass, const struct chute_steps *steps);
/* Goes on until the end (true), or until events are pending (false: the pass is parked, and comes back by
 * chute_pass_ready). */
bool chute_pass_run(struct chute_pass *pass);
/* Begins a pass that asks `filter` for what it holds back, with nothing else in it. False: there is nothing. */
bool chute_pass_flush(
    struct chute_pass *pass, const struct chute_steps *steps, uint32_t step, bool is_final);

/* worker.c: the last pending event of a parked pass is complete. Any thread. */
void chute_pass_ready(struct chute_pass *pass);
/* worker.c: the tools of the worker. */
void chute_worker_lend(
    struct chute_worker *worker, const struct chute_filter *filter, struct chute_run *run);
struct chute_regex_scratch *chute_worker_scratch(struct chute_worker *worker);

#endif
