/* pipeline/run/engine.h - the engine's own structures: instances of plugins, the pipeline they form, and
 * its counters. Plugins include plugin.h and see none of this.
 *
 * Ownership: the pipeline owns its instances; their settings live in the configuration's arena.
 * Threads: what changes while events flow is atomic, or under the lock named beside it. */
#ifndef CHUTE_RUN_ENGINE_H
#define CHUTE_RUN_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "conf/common_options.h"
#include "pipeline/base/log.h"
#include "pipeline/base/time.h"
#include "pipeline/run/loop.h"
#include "pipeline/run/measure.h"
#include "pipeline/run/plugin.h"
#include "pipeline/run/queue.h"
#include "pipeline/run/tail.h"

/* Counts of events since the start. For every plugin: in + created = out + dropped + dead_lettered + lost +
 * in_flight. */
struct chute_counters {
    _Atomic uint64_t in;
    _Atomic uint64_t created; /* by a filter */
    _Atomic uint64_t out;
    _Atomic uint64_t dropped;
    _Atomic uint64_t dead_lettered;
    _Atomic uint64_t lost; /* given up at the stop, or unkept */
    _Atomic uint64_t
        unkept; /* of those lost: refused for good, and no dead letter could be written */
    _Atomic uint64_t retried;
    _Atomic uint64_t
        nanoseconds; /* of workers in the plugin; outputs: also waiting for room; pipeline: at work */
    _Atomic uint64_t push_nanoseconds;    /* inputs: held back by a full queue */
    _Atomic uint64_t deliver_nanoseconds; /* outputs: of all deliveries together */
    _Atomic int64_t in_flight;
};

/* A counter that a plugin named itself. */
struct chute_named_counter {
    struct chute_named_counter *next;
    char *name;
    _Atomic uint64_t value;
};

/* Where something stands in the configuration; `file` NULL: nowhere. */
struct chute_place {
    const char *file;
    uint32_t line, column;
};

/* What all kinds of instances have. */
struct chute_instance {
    const char *id;
    const char *kind; /* "input" … */
    const char *name;
    struct chute_place place;
    void *settings;
    struct chute_common common;
    struct chute_counters counters;
    struct chute_histogram latency; /* filters: of a pass over a batch; outputs: of a delivery */
    struct chute_named_counter *_Atomic named;
    char *description; /* for the start screen */
};

struct chute_input {
    struct chute_instance head;
    const struct chute_input_plugin *plugin;
    struct chute_pipeline *pipeline;
    const struct chute_codec *codec;
    enum chute_ecs ecs;
    void *state;
    pthread_t thread; /* own thread */
    bool has_thread;
    bool is_reading; /* opened on the loop, to be paused and resumed; the loop's */
    _Atomic bool has_ended;
    uint32_t most_frames; /* that wait to be decoded; 0: bounded in bytes only */
    _Atomic uint32_t waiting_frames;
    _Atomic bool is_held_back;       /* by most_frames: a resume is owed */
    _Atomic uint64_t waits_since_ns; /* own thread: for room in the queue; 0: it does not */
    struct chute_reader *reader;     /* of the own thread, or the loop's */
    _Atomic unsigned troubles[CHUTE_TROUBLES];
};

struct chute_filter {
    struct chute_instance head;
    const struct chute_filter_plugin *plugin;
    struct chute_context context;
    void *state;
    uint32_t index; /* of its per-worker state */
    uint64_t *hits; /* of its patterns; NULL: nobody counts */
    _Atomic uint64_t next_flush_ms;
};

struct chute_output {
    struct chute_instance head;
    const struct chute_output_plugin *plugin;
    struct chute_pipeline *pipeline;
    const struct chute_codec *codec;
    void *state;
    uint32_t index; /* of its per-worker state */
    pthread_t thread;
    bool has_thread;
    struct chute_output_limits limits;
    bool is_serial; /* keyed items go one delivery at a time */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t has_room;
    pthread_cond_t has_work;           /* own thread */
    struct chute_parcel *first, *last; /* waiting */
    struct chute_parcel *retries;      /* by not_before_ms */
    struct chute_parcel *spare;        /* to be used again */
    uint32_t spare_count;
    size_t held_bytes; /* of all parcels that wait or are being delivered */
    unsigned open;     /* deliveries */
    unsigned failures; /* deliveries in a row that got nothing done */
    uint64_t hold_until_ms;
    size_t join_bytes; /* the limit as shrunk by the destination */
    uint64_t random;
    bool has_keyed;
    bool is_pump_posted;
    bool is_hurried;
    bool is_closing;
    bool is_closed;
    bool is_abandoned;
    uv_timer_t timer; /* loop outputs: the next retry; the output loop's */
    bool has_timer;
    struct chute_log_limiter reject_limiter;
};

struct chute_steps;
struct chute_dead_letters;
struct chute_dry;
struct chute_turn;

/* What the process has once: the pipelines attach to it. */
struct chute_process {
    struct chute_loop input_loop;
    struct chute_loop output_loop;
    struct chute_reader *loop_reader;
    struct chute_sockets *sockets; /* the input loop's */
    struct chute_turn *turn;       /* pipeline.c */
    struct chute_tail tail;        /* of all its pipelines */
};

struct chute_pipeline_settings {
    const char *id;
    const char *hash; /* SHA-256 of the configuration's text, in hexadecimal; NULL: not known */
    const char *path_data;
    const char *host_name;
    enum chute_ecs ecs;
    enum chute_escape_style escape_style;
    int workers;
    int batch_size;
    int batch_delay_ms;
    bool is_ordered; /* pipeline.ordered true, or auto with one worker */
    size_t queue_bytes;
    size_t dead_letter_bytes; /* 0: none are kept */
};

struct chute_pipeline {
    struct chute_process *process;
    struct chute_pipeline_settings settings;
    struct chute_arena arena; /* of the configuration */
    struct chute_input **inputs;
    size_t input_count;
    struct chute_filter **filters;
    size_t filter_count;
    struct chute_output **outputs;
    size_t output_count;
    struct chute_codec **codecs;
    size_t codec_count;
    struct chute_steps *filter_steps;
    struct chute_steps *output_steps;
    struct chute_queue queue;
    struct chute_workers *workers;
    struct chute_dead_letters *dead_letters;
    struct chute_counters counters;
    _Atomic uint64_t filtered;    /* events that came through the filters */
    _Atomic uint64_t paused_ns;   /* when is_paused became true */
    char ephemeral_id[37];        /* of this run of it */
    _Atomic uint64_t progress_ms; /* when an output last got an event done */
    _Atomic int open_inputs;
    _Atomic int busy_workers;
    _Atomic bool is_stopping;
    _Atomic bool is_paused; /* inputs of the loop do not read; the input loop's */
    _Atomic bool is_abandoned;
    _Atomic bool is_running; /* the start is done: all inputs are open */
    bool keeps_sockets;      /* set before is_stopping */
    bool is_started;
    bool is_queue_closed;
    struct chute_dry *dry;       /* dry.c: takes what the outputs would get; NULL: they get it */
    void (*on_ended)(void *arg); /* all inputs have ended; any thread */
    void *on_ended_arg;
};

/* What became of an event at one output; the worst of several counts for the event. */
enum chute_fate {
    CHUTE_FATE_OUT,
    CHUTE_FATE_DEAD_LETTERED,
    CHUTE_FATE_UNKEPT, /* counts as lost, but its token is resolved: to read it again would not help */
    CHUTE_FATE_LOST,
};

/* token.c: */
/* One token for `routes` outputs in place of the event's, whose reference it takes. */
struct chute_token *chute_token_fan(struct chute_token *token, int routes);
/* An output is done with an event of that token; counts the event once all outputs are. */
void chute_token_settle(
    struct chute_pipeline *pipeline, struct chute_token *token, enum chute_fate fate);
/* `count` events without token at once. */
void chute_pipeline_settle(struct chute_pipeline *pipeline, uint64_t count, enum chute_fate fate);

/* instance.c: */
/* How long the input was held back so far by a full queue, now included. */
uint64_t chute_input_push_ns(const struct chute_input *input);
/* How long it has been held back now; 0: it is not. */
uint64_t chute_input_held_ns(const struct chute_input *input);
void chute_instance_count(struct chute_instance *instance, const char *name, uint64_t by);
void chute_instance_finish(struct chute_instance *instance);

/* A block's frames were decoded: an input that they held back is resumed once half of them are gone. Any thread. */
void chute_input_frames_done(struct chute_input *input, uint32_t count);

/* stream.c: one a thread that reads. */
struct chute_reader *chute_reader_create(void);
void chute_reader_destroy(struct chute_reader *reader);
/* Hands over what waits for the end of the loop's turn. */
void chute_reader_flush(struct chute_reader *reader);

/* output.c: */
/* Engine's side of an output; the plugin is named, its settings are compiled. */
void chute_output_prepare(struct chute_output *output);
/* Opens it; 0, or negative after logging. Not on a loop. */
int chute_output_open(struct chute_output *output);
/* An empty parcel to encode into. Worker. */
struct chute_parcel *chute_output_parcel(struct chute_output *output);
/* Adds an item for the bytes from `offset` to the end; takes the token's reference. */
void chute_parcel_add(
    struct chute_parcel *parcel, size_t offset, uint8_t flags, struct chute_token *token);
/* Takes the parcel; waits while too much waits. Worker. */
void chute_output_accept(struct chute_output *output, struct chute_parcel *parcel);
/* How it gets on. */
struct chute_output_state {
    size_t waiting_bytes; /* also of what is being delivered */
    size_t waiting_limit; /* from here on workers wait for room */
    unsigned failures;    /* deliveries in a row that got nothing done */
};
struct chute_output_state chute_output_look(struct chute_output *output);
/* True if nothing waits and nothing is being delivered. */
bool chute_output_is_idle(struct chute_output *output);
/* True if its destination has taken a request and only has to answer it. Not on a loop. */
bool chute_output_is_being_answered(struct chute_output *output);
/* The pipeline stops: what was to be tried again later is due now, and from now on soon. */
void chute_output_hurry(struct chute_output *output);
/* Gives up what waits; what is being delivered is lost when it comes back. */
void chute_output_abandon(struct chute_output *output);
/* Closes it and frees it. Not on a loop. */
void chute_output_close(struct chute_output *output);

/* worker.c: */
/* For how long the worker that is at it for longest has been at its batch; waiting for an output does not count. 0: none
 * is at work. */
uint64_t chute_workers_busy_ms(const struct chute_pipeline *pipeline);
void chute_workers_start(struct chute_pipeline *pipeline);
/* Workers end when the queue is closed and empty and all batches are through; the last one flushes the filters.
 * pipeline->busy_workers is then 0; this waits for it and frees. */
void chute_workers_join(struct chute_pipeline *pipeline);
/* Instead of start: one worker without a thread, which the caller of these runs; join frees it. */
void chute_workers_prepare(struct chute_pipeline *pipeline);
/* Runs all that waits in the queue to its end. */
void chute_workers_turn(struct chute_pipeline *pipeline);
/* Runs the events that `fill` adds to an empty batch to their end. */
void chute_workers_run(
    struct chute_pipeline *pipeline, void (*fill)(void *arg, struct chute_batch *batch), void *arg);
/* Asks the filters for what they hold back, as at the end. */
void chute_workers_flush(struct chute_pipeline *pipeline);

/* pipeline.c: gives the filters their state. */
void chute_filters_start(struct chute_pipeline *pipeline);

/* dry.c: the events of a pass that came through the filters. */
void chute_dry_route(struct chute_dry *dry, struct chute_pass *pass);

#endif
