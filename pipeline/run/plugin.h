/* pipeline/run/plugin.h - the contract between the engine and a plugin: what an input, codec, filter or
 * output declares, and what the engine offers to it.
 *
 * A plugin is one `const struct chute_*_plugin` at the end of its file, named in its folder's registry.c.
 * Its settings are filled from its table of options before any function of it is called; `prepare` then
 * compiles what needs more than one row (regexes, tables) and reports what it refuses; from there on the
 * settings are immutable.
 *
 * Ownership: settings live as long as the pipeline; `finish` frees what `prepare` did not take from the
 * configuration's arena.
 * Threads: written at each function: *loop* (the input or the output loop), *own* (the plugin's own
 * thread), *worker* (any of N, at the same time, unless is_one_worker). */
#ifndef CHUTE_RUN_PLUGIN_H
#define CHUTE_RUN_PLUGIN_H

#include "conf/option.h"
#include "pipeline/base/batch.h"
#include "pipeline/base/buf.h"
#include "pipeline/base/event.h"
#include "pipeline/base/origin.h"

struct chute_regex_scratch;
struct chute_json_parser;

/* ------------------------------------------------------------------ common to all kinds */

enum chute_ecs {
    CHUTE_ECS_DISABLED,
    CHUTE_ECS_V1,
    CHUTE_ECS_V8,
};

/* Where a plugin's functions that may block or own descriptors run. */
enum chute_thread {
    CHUTE_ON_LOOP,    /* never blocks: sockets and timers of the loop */
    CHUTE_OWN_THREAD, /* a thread of its own, which may block */
};

struct chute_diag;
struct chute_ast_plugin;

/* What `prepare` works with. */
struct chute_prepare {
    struct chute_arena *arena; /* of the configuration: lives as long as the settings */
    struct chute_diag *diag;
    const struct chute_ast_plugin *ast; /* NULL when nothing was written (a default codec) */
    const char *id;
    const struct chute_codec *codec; /* inputs and outputs: what encodes or decodes; NULL: none */
    enum chute_ecs ecs;              /* ecs_compatibility of the plugin, else of the pipeline */
    enum chute_escape_style escape_style;
    const char *path_data; /* the folder for what outlives the process */
    const char *host_name;
    bool is_check_only; /* -t: what a file or host holds is no error yet */
    int workers;
    bool is_ordered;
};

/* Refuses the configuration: a config error at option `option` (NULL: at the plugin's name), as printf. */
void chute_prepare_refuse(const struct chute_prepare *prepare, const char *option,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A warning at the same places. */
void chute_prepare_warn(const struct chute_prepare *prepare, const char *option, const char *format,
    ...) __attribute__((format(printf, 3, 4)));
/* True if `name`, the value of option "charset", is a known character set; refuses it else. */
bool chute_prepare_charset(const struct chute_prepare *prepare, struct chute_str name);
/* True if the configuration sets `option` (a default does not count). */
bool chute_prepare_is_set(const struct chute_prepare *prepare, const char *option);

/* Opens every plugin declaration. `settings_size` bytes of settings are zeroed before the options are set.
 * `prepare` returns false after at least one chute_prepare_refuse; `finish` frees what prepare made outside
 * the arena, and takes zeroed settings. Both may be NULL. */
#define CHUTE_PLUGIN_HEAD                                                                          \
    const char *name;                                                                              \
    const char *summary;  /* one line */                                                           \
    const char *alias_of; /* the same plugin's real name, for the documentation */                 \
    size_t settings_size;                                                                          \
    const struct chute_option *options; /* ended by { 0 } */                                       \
    bool (*prepare)(void *settings, const struct chute_prepare *prepare);                          \
    void (*finish)(void *settings);                                                                \
    void (*add_notes)(                                                                             \
        struct chute_buf * page) /* Markdown for its page of the reference; may be NULL */

/* ------------------------------------------------------------------ codecs */

/* A codec with its settings, shared by all threads; immutable. */
struct chute_codec {
    const struct chute_codec_plugin *plugin;
    void *settings;
    const char *id;
    enum chute_ecs ecs;
    enum chute_escape_style escape_style;
    struct chute_codec_counters *counters; /* the engine's */
};

/* What a worker decodes with: where the events go, and per-worker tools. */
struct chute_decoder {
    struct chute_batch *batch;
    struct chute_token *token; /* of the frames being decoded; NULL: nobody waits */
    uint32_t frame; /* decorate: which of the frames that were handed over with the token */
    struct chute_json_parser *json;
    struct chute_regex_scratch *scratch;
    void *worker; /* the codec's own state on this worker: worker_size bytes, zeroed at the start */
};

/* An event without fields, with a reference to the decoder's token. Fill it, then call
 * chute_event_adopt on it (sets what is missing of @timestamp and @version). */
struct chute_event *chute_decoder_add(struct chute_decoder *decoder);

/* Complete frames that a codec's stream has put together itself (multiline). */
struct chute_frames;
/* Adds a frame; `bytes` are copied; `flags` reach decode_frame. */
void chute_frames_add(struct chute_frames *frames, struct chute_str bytes, unsigned flags);

struct chute_codec_plugin {
    CHUTE_PLUGIN_HEAD;
    /* The codec that byte streams (tcp, syslog, stdin, file) take instead: plain → line, json → json_lines;
     * it gets the same settings written. NULL: this one. */
    const char *stream_codec;

    /* --- decoding without state between frames: the loop cuts, workers decode ---
     * How many bytes at the start of `bytes` (what is not handed over yet, of which the first `seen` were
     * there at the last call) are whole frames. `seen` of all of them: nothing more came for idle_ms. Loop or
     * own. NULL: all is one frame (a datagram, a body). */
    size_t (*cut)(const struct chute_codec *codec, struct chute_str bytes, size_t seen);
    /* Decodes from the start of `bytes` about `most` events and returns the bytes consumed (> 0). All of
     * `bytes` are whole frames, but at a stream's or datagram's end the last may be unfinished.
     * The batch keeps the bytes alive, so strings may be slices of them. Worker. */
    size_t (*decode)(const struct chute_codec *codec, struct chute_decoder *decoder,
        struct chute_str bytes, size_t most);

    /* --- decoding with state between frames (multiline, netflow), where the stream lives ---
     * stream_size > 0 says so: cut and decode are then not used. */
    size_t stream_size; /* zeroed; one a connection, file or peer */
    /* Takes bytes as they come; complete frames go to `frames`. Loop or own. */
    void (*feed)(const struct chute_codec *codec, void *stream, struct chute_str bytes,
        struct chute_frames *frames);
    /* The stream ended, or was idle for idle_ms: what is pending becomes frames. Loop or own. */
    void (*flush)(
        const struct chute_codec *codec, void *stream, struct chute_frames *frames, bool is_end);
    /* The stream goes on in another pipeline: appends to `rest` what is pending, as bytes that can be fed there, or
     * makes frames of what cannot. NULL: a flush at the end does for it. Loop. */
    void (*leave)(const struct chute_codec *codec, void *stream, struct chute_frames *frames,
        struct chute_buf *rest);
    /* How many of the bytes fed so far, counted from the last one back, are in no frame yet: a position
     * stays before them. 0: a flush would give nothing. Loop or own. */
    size_t (*held)(const struct chute_codec *codec, const void *stream);
    void (*stream_finish)(void *stream);
    /* Makes the events of one frame of feed or flush. Worker. */
    void (*decode_frame)(const struct chute_codec *codec, struct chute_decoder *decoder,
        struct chute_str frame, unsigned flags);

    /* An idle stream is flushed, or cut once more, after that long; 0: never. NULL: never. */
    long long (*idle_ms)(const struct chute_codec *codec);
    /* Longest frame: a longer one is cut there and tagged _linetoolong. NULL: 20 MiB. */
    long long (*frame_limit)(const struct chute_codec *codec);
    /* What ends a frame: the rest of one that was too long is forgotten up to there. NULL: a line feed. With state: fed
     * behind a frame that comes whole (a datagram) without it. NULL: nothing is. */
    struct chute_str (*frame_end)(const struct chute_codec *codec);

    size_t worker_size; /* of chute_decoder.worker; zeroed */
    void (*worker_finish)(void *worker);

    /* Appends the event as bytes. Worker. NULL: the codec cannot encode. */
    void (*encode)(
        const struct chute_codec *codec, struct chute_event *event, struct chute_buf *out);
};

/* ------------------------------------------------------------------ filters */

enum chute_verdict {
    CHUTE_MATCHED, /* done; the engine applies add_field, add_tag, remove_field and remove_tag */
    CHUTE_PASSED,  /* left alone, or failed and tagged: no common options */
    CHUTE_DROPPED, /* cancelled: it goes no further and counts as dropped */
    CHUTE_PENDING, /* chute_run_pend was called for it, and chute_run_complete will be */
};

/* What is the same for all events of an instance. */
struct chute_context {
    const char *id;
    const char *pipeline_id;
    const char *host_name;
    enum chute_ecs ecs;
    enum chute_escape_style escape_style;
};

/* One pass of a filter over a selection, as the filter sees it. */
struct chute_run {
    struct chute_arena *arena; /* of the batch */
    struct chute_batch *batch;
    void *state;  /* of the instance, shared by workers: lock what changes, or be is_one_worker */
    void *worker; /* of this instance on this worker */
    struct chute_regex_scratch *scratch;
    struct chute_json_parser *json;
    const struct chute_context *context;
    uint64_t *hits;              /* by number of a pattern; NULL: nobody counts */
    struct chute_filter *filter; /* the engine's */
    struct chute_pass *pass;     /* the engine's */
};

/* Pattern number `index` of the filter has matched: for the report of those that no test of a pipeline reaches. */
static inline void chute_run_hit(struct chute_run *run, size_t index) {
    if (run->hits != NULL) {
        run->hits[index]++;
    }
}

/* Emits `made` (of chute_batch_make or chute_event_clone), which goes on behind `parent` (NULL: behind all)
 * and takes a reference to its token. `is_matched` applies the common options to it. */
void chute_run_emit(struct chute_run *run, const struct chute_event *parent,
    struct chute_event *made, bool is_matched);
/* Applies the common options to `event`: for run_batch, which returns no verdict. */
void chute_run_match(struct chute_run *run, struct chute_event *event);
/* Cancels `event`: for run_batch. */
void chute_run_drop(struct chute_run *run, struct chute_event *event);
/* Marks `event` as pending, before its work is given away. The batch goes on when all of its pending events are complete. */
void chute_run_pend(struct chute_run *run, struct chute_event *event);
/* Completes a pending event, once, with MATCHED, PASSED or DROPPED. Any thread. Until then the event belongs
 * to the plugin, afterwards no more; its batch and arena may be used by this event's plugin only. */
void chute_run_complete(
    struct chute_run *run, struct chute_event *event, enum chute_verdict verdict);

/* Adds to a counter shown with the filter's others; `name` is copied. Any thread; once a batch is cheap, once an event
 * is not. */
void chute_run_count(struct chute_run *run, const char *name, unsigned long long by);

struct chute_filter_plugin {
    CHUTE_PLUGIN_HEAD;
    /* The per-event convenience. Worker. */
    enum chute_verdict (*run)(
        const void *settings, struct chute_event *event, struct chute_run *run);
    /* In its place: over all events that the conditions let through; calls chute_run_match for each that
     * matched. Worker. */
    void (*run_batch)(
        const void *settings, const struct chute_selection *selection, struct chute_run *run);
    /* What a person calls pattern number `index` of chute_run_hit; `.at` NULL behind the last. NULL: it has none. */
    struct chute_str (*pattern)(const void *settings, size_t index);
    /* Called each flush_interval_ms, and with is_final when the pipeline drains, by one worker: may emit. */
    void (*flush)(const void *settings, struct chute_run *run, bool is_final);
    int flush_interval_ms;
    size_t state_size; /* zeroed; of the instance */
    void (*state_init)(const void *settings, void *state);
    void (*state_finish)(void *state);
    size_t worker_size; /* zeroed; of the instance on each worker */
    void (*worker_init)(const void *settings, void *worker);
    void (*worker_finish)(void *worker);
    bool is_one_worker; /* the pipeline runs with one worker */
};

/* ------------------------------------------------------------------ inputs */

struct chute_input;   /* an instance: the engine's */
struct chute_stream;  /* see pipeline/run/stream.h */
struct chute_sockets; /* see pipeline/net/sockets.h */

struct chute_input_plugin {
    CHUTE_PLUGIN_HEAD;
    enum chute_thread thread;
    const char *default_codec;
    bool takes_datagrams; /* whole frames come: stream_codec is not used */
    size_t state_size;    /* zeroed; chute_input_state */
    /* Opens sockets and files. Loop or own. 0, or negative after logging why: the process ends with 1. */
    int (*start)(struct chute_input *input);
    /* Own: reads until chute_input_is_stopping; returning ends the input. */
    void (*run)(struct chute_input *input);
    /* Loop: the queue is full, stop reading; and: read again. */
    void (*pause)(struct chute_input *input);
    void (*resume)(struct chute_input *input);
    /* Loop: no more reading, end the streams, call chute_input_ended when all is closed. Own: wakes `run`;
     * called on another thread. */
    void (*stop)(struct chute_input *input);
    void (*state_finish)(void *state);
    /* Sets what depends on the event itself, after the origin's fields (syslog). Worker. */
    void (*decorate)(
        const void *settings, struct chute_event *event, struct chute_decoder *decoder);
    /* A token of this input is resolved: all made from it was delivered, dropped or dead-lettered; or
     * `is_lost`. Any thread; the token is freed afterwards. */
    void (*on_token)(struct chute_input *input, struct chute_token *token, bool is_lost);
};

const void *chute_input_settings(const struct chute_input *input);
void *chute_input_state(const struct chute_input *input);
const char *chute_input_id(const struct chute_input *input);
enum chute_ecs chute_input_ecs(const struct chute_input *input);
const char *chute_input_host_name(const struct chute_input *input);
const struct chute_codec *chute_input_codec(const struct chute_input *input);
/* The input loop. Loop inputs only. */
struct uv_loop_s *chute_input_loop(struct chute_input *input);
/* Where the process's sockets are asked for (pipeline/net/sockets.h). Loop. */
struct chute_sockets *chute_input_sockets(const struct chute_input *input);
/* In stop: another pipeline takes this one's place, so leave sockets and do not close them. Loop. */
bool chute_input_keeps_sockets(const struct chute_input *input);
/* Any thread. */
bool chute_input_is_stopping(const struct chute_input *input);
/* True while the queue is full: nothing may start to read. Loop. */
bool chute_input_is_paused(const struct chute_input *input);
/* Lets `most` frames wait to be decoded, 0: any number: beyond that chute_stream_datagram returns false, as with a full queue.
 * Loop, from start. */
void chute_input_bound_frames(struct chute_input *input, uint32_t most);
/* The input has nothing more to give: end of file, or its stop is done. Any thread; once. */
void chute_input_ended(struct chute_input *input);
/* What the start screen says of it: "tcp 0.0.0.0:5000 (json_lines)". Copied. From start. */
void chute_input_describe(struct chute_input *input, const char *text);
/* Adds to a counter shown with the plugin's others (`kernel_drops`); `name` is copied. A name with slashes is a family of
 * counters and what sets one apart (`bulk_responses/200`). Any thread. */
void chute_input_count(struct chute_input *input, const char *name, unsigned long long by);
/* What an input cannot do at present, while it goes on with the rest. */
enum chute_trouble {
    CHUTE_TROUBLE_UNREADABLE, /* files that cannot be read */
    CHUTE_TROUBLE_UNSAVED,    /* positions that cannot be written */
    CHUTE_TROUBLES,
};
/* How much of it there is now; 0: none any more. The health report and the metrics show it. Any thread. */
void chute_input_trouble(struct chute_input *input, enum chute_trouble what, unsigned count);

/* Acknowledges a read of frames. Made by the input, given to a stream with the bytes; resolved when every
 * event made from them is done with. `source` and `position` are the input's to interpret. */
struct chute_token {
    _Atomic int references;
    _Atomic bool is_lost;
    struct chute_input *input;
    void *source;
    uint64_t position;
};
/* With one reference, the caller's. */
struct chute_token *chute_token_create(struct chute_input *input, void *source, uint64_t position);
/* NULL stays NULL. */
struct chute_token *chute_token_ref(struct chute_token *token);
/* The last one resolves the token. NULL does nothing. */
void chute_token_unref(struct chute_token *token);
/* Gives a reference back and says that what it stood for was lost. NULL does nothing. */
void chute_token_lose(struct chute_token *token);

/* ------------------------------------------------------------------ outputs */

struct chute_output; /* an instance: the engine's */

enum chute_outcome {
    CHUTE_UNANSWERED, /* taken as RETRY when the delivery is over */
    CHUTE_DONE,
    CHUTE_RETRY,
    CHUTE_REJECT,
    CHUTE_REJECT_UNKEPT, /* the engine's: and there was no room for a dead letter, so it is lost */
};

/* Flag of an item whose order against others of the same key matters (a document_id). */
#define CHUTE_ITEM_KEYED 0x80
/* Flag of an item whose `document` is the event as JSON, all of it. */
#define CHUTE_ITEM_IS_EVENT 0x40

/* One encoded event on its way out. */
struct chute_item {
    uint32_t offset; /* into the parcel's bytes */
    uint32_t len;
    uint16_t attempts; /* answers so far that said retry */
    uint8_t flags;     /* of encode; kept over retries */
    uint8_t outcome;   /* enum chute_outcome */
    uint32_t retry_after_ms;
    struct chute_token *token;
};

/* Encoded events, contiguous in `bytes`: what workers hand over and what an output delivers. */
struct chute_parcel {
    struct chute_buf bytes;
    struct chute_item *items;
    uint32_t count;
    uint32_t capacity;
    struct chute_parcel *next; /* the engine's */
    uint64_t not_before_ms;    /* the engine's */
    uint64_t started_ns;       /* the engine's: of the delivery */
    void *delivery;            /* the plugin's, while it delivers */
};

/* Limits of deliveries, from the settings; preset to one at a time, joined up to 1 MiB. */
struct chute_output_limits {
    size_t join_bytes; /* waiting parcels are joined up to this many */
    uint32_t join_items;
    unsigned in_flight;        /* deliveries open at once; own threads: 1 */
    size_t waiting_bytes;      /* when more wait, workers do too: back-pressure */
    unsigned retry_initial_ms; /* back-off: doubled each time, randomised, up to retry_max_ms */
    unsigned retry_max_ms;
};

struct chute_output_plugin {
    CHUTE_PLUGIN_HEAD;
    enum chute_thread thread;
    const char *default_codec; /* NULL: takes no codec */
    size_t state_size;         /* zeroed; chute_output_state */
    size_t worker_size;        /* zeroed; one a worker, for encode */
    void (*worker_init)(const void *settings, void *worker);
    void (*worker_finish)(void *worker);
    /* Appends one event's bytes. False: it gives no item and counts as done. `*flags` becomes the item's.
     * Worker. */
    bool (*encode)(const void *settings, struct chute_event *event, struct chute_buf *bytes,
        uint8_t *flags, void *worker);
    /* Opens what it needs. Loop or own. 0, or negative after logging why: the process ends with 1. */
    int (*start)(struct chute_output *output);
    /* Answers every item, then calls chute_output_finish: loop: now or later; own: before it returns. The
     * parcel stays as it is until then. */
    void (*deliver)(struct chute_output *output, struct chute_parcel *parcel);
    /* Loop: true while the destination has taken a request and only has to answer it: a stop waits longer for that. NULL:
     * nobody can tell. */
    bool (*is_being_answered)(struct chute_output *output);
    /* Nothing more comes: closes; loop: calls chute_output_closed when all handles are. Also after a
     * failed start. */
    void (*stop)(struct chute_output *output);
    void (*state_finish)(void *state);
    /* The JSON document in an item's bytes, for the dead-letter file; a view. NULL: the bytes as a text. */
    struct chute_str (*document)(const void *settings, struct chute_str item);
    void (*limits)(const void *settings, struct chute_output_limits *limits); /* may be NULL */
};

/* Answers item `index`. */
void chute_output_done(struct chute_parcel *parcel, uint32_t index);
/* `after_ms` 0: the engine's back-off. */
void chute_output_retry(struct chute_parcel *parcel, uint32_t index, uint32_t after_ms);
/* Refused for good: goes to the dead-letter file. `where` (an index name) and `reason` are logged, too; `detail`, which
 * may quote the event, or NULL, is not. All are copied. */
void chute_output_reject(struct chute_output *output, struct chute_parcel *parcel, uint32_t index,
    const char *where, const char *reason, const char *detail);
/* DONE or RETRY for all items. */
void chute_output_answer_all(struct chute_parcel *parcel, enum chute_outcome outcome);
/* The destination wants smaller requests: halves the limit for joining and remembers it; a single item that is
 * still too large is rejected. Answer nothing, then finish. */
void chute_output_shrink(struct chute_output *output, struct chute_parcel *parcel);
/* The delivery is over; the parcel is the engine's again. */
void chute_output_finish(struct chute_output *output, struct chute_parcel *parcel);
/* stop is done. Loop outputs. */
void chute_output_closed(struct chute_output *output);
/* What the start screen says of it: "elasticsearch http://es:9200". Copied. From start. */
void chute_output_describe(struct chute_output *output, const char *text);

const void *chute_output_settings(const struct chute_output *output);
void *chute_output_state(const struct chute_output *output);
const char *chute_output_id(const struct chute_output *output);
/* The output loop. Loop outputs only. */
struct uv_loop_s *chute_output_loop(struct chute_output *output);
/* True once the pipeline was asked to stop: what is left is tried at short intervals. Any thread. */
bool chute_output_is_stopping(const struct chute_output *output);
/* True when the stop's patience is over: deliver gives up at once. Any thread. */
bool chute_output_is_abandoned(const struct chute_output *output);
/* The same for outputs (`bulk_requests`). */
void chute_output_count(struct chute_output *output, const char *name, unsigned long long by);

/* ------------------------------------------------------------------ registries */

/* The plugins built in, ended by NULL; defined in each folder's registry.c. */
extern const struct chute_input_plugin *const chute_inputs[];
extern const struct chute_codec_plugin *const chute_codecs[];
extern const struct chute_filter_plugin *const chute_filters[];
extern const struct chute_output_plugin *const chute_outputs[];

#endif
