/* tests/unit/run/test_plugins.h - plugins that prove the contract of plugin.h, one capability each, and a way
 * to run a configuration made of them.
 *
 * A program that includes this has these plugins only: it defines the registries itself.
 *
 * Ownership: what a run has seen belongs to this header, and is emptied by the next run.
 * Threads: a run from one thread; plugins note what they see under the lock. */
#ifndef CHUTE_TEST_PLUGINS_H
#define CHUTE_TEST_PLUGINS_H

#include <criterion/criterion.h>
#include <pthread.h>
#include <unistd.h>

#include "conf/parser.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/run/loader.h"
#include "pipeline/run/stream.h"

/* What a run has seen; one run at a time. */
static struct {
    pthread_mutex_t lock;
    struct chute_buf delivered; /* a line an event: its message */
    unsigned long delivered_count;
    unsigned long resolved, lost_tokens; /* tokens */
    uint64_t resolved_prefix;            /* longest run of resolved positions from 1 on */
    bool is_resolved[100001];
    unsigned largest_selection;
    unsigned flushes, final_flushes;
    unsigned workers_seen;
    int deliveries;
} seen = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ------------------------------------------------------------------ input: count lines "1", "2", … */

struct lines_settings {
    long long count;
    bool is_endless; /* goes on until the stop */
};
static const struct chute_option lines_options[] = {
    { .name = "count", CHUTE_INTEGER(struct lines_settings, count), .fallback = "10" },
    { .name = "endless", CHUTE_BOOLEAN(struct lines_settings, is_endless), .fallback = "false" },
    { 0 },
};

static void lines_run(struct chute_input *input) {
    const struct lines_settings *settings = chute_input_settings(input);
    struct chute_origin *origin = chute_origin_create();
    chute_origin_add(origin, "[@metadata][from]", chute_string(CHUTE_STR("lines")), false);
    struct chute_stream *stream = chute_stream_create(input, origin, NULL);
    for (long long i = 1; i <= settings->count; i++) {
        char line[32];
        int len = snprintf(line, sizeof(line), "%lld\n", i);
        struct chute_token *token = chute_token_create(input, NULL, (uint64_t)i);
        if (!chute_stream_feed(stream, (struct chute_str){ line, (size_t)len }, token)) {
            break;
        }
    }
    while (settings->is_endless && !chute_input_is_stopping(input)) {
        usleep(1000);
    }
    chute_stream_end(stream, NULL);
    chute_stream_destroy(stream);
    chute_held_unref(&origin->held);
}

static void lines_on_token(struct chute_input *input, struct chute_token *token, bool is_lost) {
    (void)input;
    pthread_mutex_lock(&seen.lock);
    seen.resolved += !is_lost;
    seen.lost_tokens += is_lost;
    seen.is_resolved[token->position] |= !is_lost;
    while (seen.is_resolved[seen.resolved_prefix + 1]) {
        seen.resolved_prefix++;
    }
    pthread_mutex_unlock(&seen.lock);
}

static const struct chute_input_plugin lines_input = {
    .name = "lines",
    .summary = "Numbered lines.",
    .settings_size = sizeof(struct lines_settings),
    .options = lines_options,
    .thread = CHUTE_OWN_THREAD,
    .default_codec = "raw",
    .run = lines_run,
    .on_token = lines_on_token,
};

/* ------------------------------------------------------------------ codec: a line is a message */

static size_t raw_cut(const struct chute_codec *codec, struct chute_str bytes, size_t at) {
    (void)codec;
    (void)at;
    const char *end = memrchr(bytes.at, '\n', bytes.len);
    return end == NULL ? 0 : (size_t)(end + 1 - bytes.at);
}

static size_t raw_decode(const struct chute_codec *codec, struct chute_decoder *decoder,
    struct chute_str bytes, size_t most) {
    (void)codec;
    size_t used = 0;
    for (size_t i = 0; i < most && used < bytes.len; i++) {
        const char *start = bytes.at + used;
        const char *end = memchr(start, '\n', bytes.len - used);
        size_t len = end == NULL ? bytes.len - used : (size_t)(end - start);
        used += len + (end != NULL);
        struct chute_event *event = chute_decoder_add(decoder);
        chute_event_set_field(
            event, CHUTE_STR("message"), chute_string((struct chute_str){ start, len }));
        chute_event_adopt(event);
    }
    return used;
}

static void raw_encode(
    const struct chute_codec *codec, struct chute_event *event, struct chute_buf *out) {
    (void)codec;
    chute_buf_add_str(out, chute_value_str(chute_event_field(event, CHUTE_STR("message"))));
}

static const struct chute_codec_plugin raw_codec = {
    .name = "raw",
    .summary = "Lines as they are.",
    .cut = raw_cut,
    .decode = raw_decode,
    .encode = raw_encode,
};

static long long number_of(const struct chute_event *event) {
    struct chute_value *value = chute_event_field(event, CHUTE_STR("message"));
    char text[32] = { 0 };
    struct chute_str message = chute_value_str(value);
    memcpy(text, message.at, message.len < 31 ? message.len : 31);
    return atoll(text);
}

/* ------------------------------------------------------------------ filters */

/* Per event: drops what `every` divides; counts in state of the instance and of the worker. */
struct every_settings {
    long long every;
};
static const struct chute_option every_options[] = {
    { .name = "every", CHUTE_INTEGER(struct every_settings, every), .fallback = "2" },
    { 0 },
};
struct every_state {
    _Atomic unsigned long events;
};
static void every_worker_init(const void *settings, void *worker) {
    (void)settings;
    *(int *)worker = 7;
    pthread_mutex_lock(&seen.lock);
    seen.workers_seen++;
    pthread_mutex_unlock(&seen.lock);
}
static enum chute_verdict every_run(
    const void *data, struct chute_event *event, struct chute_run *run) {
    const struct every_settings *settings = data;
    struct every_state *state = run->state;
    cr_assert_eq(*(int *)run->worker, 7);
    state->events++;
    return number_of(event) % settings->every == 0 ? CHUTE_DROPPED : CHUTE_MATCHED;
}
static const struct chute_filter_plugin drop_every_filter = {
    .name = "drop_every",
    .summary = "Drops every nth.",
    .settings_size = sizeof(struct every_settings),
    .options = every_options,
    .run = every_run,
    .state_size = sizeof(struct every_state),
    .worker_size = sizeof(int),
    .worker_init = every_worker_init,
};

/* Over a batch: keeps the size of the largest selection; matches all. */
static void batch_run(
    const void *settings, const struct chute_selection *selection, struct chute_run *run) {
    (void)settings;
    pthread_mutex_lock(&seen.lock);
    if (selection->count > seen.largest_selection) {
        seen.largest_selection = (unsigned)selection->count;
    }
    pthread_mutex_unlock(&seen.lock);
    for (size_t i = 0; i < selection->count; i++) {
        chute_run_match(run, selection->events[i]);
    }
}
static const struct chute_filter_plugin batch_filter = {
    .name = "whole_batch",
    .summary = "Sees a selection.",
    .run_batch = batch_run,
};

/* Emits two copies behind each event, with `copy` 1 and 2. */
static enum chute_verdict copies_run(
    const void *settings, struct chute_event *event, struct chute_run *run) {
    (void)settings;
    for (int64_t i = 1; i <= 2; i++) {
        struct chute_event *copy = chute_event_clone(event);
        chute_event_set_field(copy, CHUTE_STR("copy"), chute_int(i));
        chute_run_emit(run, event, copy, true);
    }
    return CHUTE_PASSED;
}
static const struct chute_filter_plugin copies_filter = {
    .name = "copies",
    .summary = "Emits copies.",
    .run = copies_run,
};

/* Completes every event on another thread, in the reverse order. */
struct later {
    struct chute_run *run;
    struct chute_event **events;
    size_t count;
};
static void *later_complete(void *arg) {
    struct later *later = arg;
    for (size_t i = later->count; i > 0; i--) {
        bool is_dropped = number_of(later->events[i - 1]) % 10 == 0;
        chute_run_complete(
            later->run, later->events[i - 1], is_dropped ? CHUTE_DROPPED : CHUTE_MATCHED);
    }
    chute_free(later->events);
    chute_free(later);
    return NULL;
}
static void later_run(
    const void *settings, const struct chute_selection *selection, struct chute_run *run) {
    (void)settings;
    struct later *later = chute_alloc(sizeof(*later));
    later->run = run;
    later->count = selection->count;
    later->events = chute_alloc(sizeof(*later->events) * selection->count);
    for (size_t i = 0; i < selection->count; i++) {
        later->events[i] = selection->events[i];
        chute_run_pend(run, selection->events[i]);
    }
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, later_complete, later), 0);
    pthread_detach(thread);
}
static const struct chute_filter_plugin later_filter = {
    .name = "later",
    .summary = "Completes on another thread.",
    .run_batch = later_run,
};

/* Keeps a count, and emits it at the flush. */
struct held_state {
    _Atomic unsigned long count;
};
static enum chute_verdict held_run(
    const void *settings, struct chute_event *event, struct chute_run *run) {
    (void)settings;
    (void)event;
    ((struct held_state *)run->state)->count++;
    return CHUTE_MATCHED;
}
static void held_flush(const void *settings, struct chute_run *run, bool is_final) {
    (void)settings;
    pthread_mutex_lock(&seen.lock);
    seen.flushes++;
    seen.final_flushes += is_final;
    pthread_mutex_unlock(&seen.lock);
    if (is_final) {
        struct chute_event *event = chute_batch_make(run->batch);
        unsigned long count = ((struct held_state *)run->state)->count;
        chute_event_set_field(event, CHUTE_STR("message"),
            chute_string(chute_arena_printf(run->arena, "total %lu", count)));
        chute_run_emit(run, NULL, event, true);
    }
}
static const struct chute_filter_plugin held_filter = {
    .name = "held",
    .summary = "Emits a total at the flush.",
    .run = held_run,
    .flush = held_flush,
    .flush_interval_ms = 5,
    .state_size = sizeof(struct held_state),
};

/* Emits "tick" at three flushes while the pipeline runs, and nothing at its end. */
static void ticks_flush(const void *settings, struct chute_run *run, bool is_final) {
    (void)settings;
    struct held_state *state = run->state;
    if (!is_final && state->count < 3) {
        state->count++;
        struct chute_event *event = chute_batch_make(run->batch);
        chute_event_set_field(event, CHUTE_STR("message"), chute_string(CHUTE_STR("tick")));
        chute_run_emit(run, NULL, event, true);
    }
}
static enum chute_verdict ticks_run(
    const void *settings, struct chute_event *event, struct chute_run *run) {
    (void)settings;
    (void)event;
    (void)run;
    return CHUTE_MATCHED;
}
static const struct chute_filter_plugin ticks_filter = {
    .name = "ticks",
    .summary = "Emits while it runs.",
    .run = ticks_run,
    .flush = ticks_flush,
    .flush_interval_ms = 5,
    .state_size = sizeof(struct held_state),
};

/* One worker. */
static const struct chute_filter_plugin alone_filter = {
    .name = "alone",
    .summary = "Wants one worker.",
    .run = copies_run,
    .worker_size = sizeof(int),
    .worker_init = every_worker_init,
    .is_one_worker = true,
};

/* ------------------------------------------------------------------ outputs */

/* Collects; answers as `answers` says: for the number of the event modulo its length, '.' done, 'r' retry the
 * first time, 'l' the same and an hour later, 'x' reject, '!' never done. */
struct collect_settings {
    struct chute_str answers;
    long long shrink_above; /* bytes */
};
static const struct chute_option collect_options[] = {
    { .name = "answers", CHUTE_TEXT(struct collect_settings, answers), .fallback = "." },
    { .name = "shrink_above", CHUTE_INTEGER(struct collect_settings, shrink_above) },
    { 0 },
};
static bool collect_encode(const void *settings, struct chute_event *event, struct chute_buf *bytes,
    uint8_t *flags, void *worker) {
    (void)settings;
    (void)flags;
    (void)worker;
    chute_buf_add_str(bytes, chute_value_str(chute_event_field(event, CHUTE_STR("message"))));
    return true;
}
static void collect_answer(struct chute_output *output, struct chute_parcel *parcel) {
    const struct collect_settings *settings = chute_output_settings(output);
    pthread_mutex_lock(&seen.lock);
    seen.deliveries++;
    for (uint32_t i = 0; i < parcel->count; i++) {
        struct chute_item *item = &parcel->items[i];
        char text[32] = { 0 };
        memcpy(text, parcel->bytes.at + item->offset, item->len < 31 ? item->len : 31);
        size_t at = (size_t)atoll(text) % settings->answers.len;
        char answer = settings->answers.at[at];
        if (answer == 'x') {
            chute_output_reject(output, parcel, i, "nowhere", "refused by the test", NULL);
        } else if (answer == '!' || (answer == 'r' && item->attempts == 0)) {
            chute_output_retry(parcel, i, 1);
        } else if (answer == 'l' && item->attempts == 0) {
            chute_output_retry(parcel, i, 3600 * 1000);
        } else {
            chute_output_done(parcel, i);
            chute_buf_printf(&seen.delivered, "%s\n", text);
            seen.delivered_count++;
        }
    }
    pthread_mutex_unlock(&seen.lock);
}
static void collect_deliver(struct chute_output *output, struct chute_parcel *parcel) {
    const struct collect_settings *settings = chute_output_settings(output);
    if (settings->shrink_above > 0 && parcel->bytes.len > (size_t)settings->shrink_above) {
        chute_output_shrink(output, parcel);
    } else {
        collect_answer(output, parcel);
    }
    chute_output_finish(output, parcel);
}
static const struct chute_output_plugin collect_output = {
    .name = "collect",
    .summary = "Keeps messages, on its own thread.",
    .settings_size = sizeof(struct collect_settings),
    .options = collect_options,
    .thread = CHUTE_OWN_THREAD,
    .encode = collect_encode,
    .deliver = collect_deliver,
};

/* The same on the loop, answering in a later turn. */
struct later_delivery {
    uv_timer_t timer;
    struct chute_output *output;
    struct chute_parcel *parcel;
};
static void on_delivery_closed(uv_handle_t *timer) {
    chute_free(timer->data);
}
static void on_delivery(uv_timer_t *timer) {
    struct later_delivery *delivery = timer->data;
    struct chute_output *output = delivery->output;
    struct chute_parcel *parcel = delivery->parcel;
    uv_close((uv_handle_t *)timer, on_delivery_closed);
    collect_answer(output, parcel);
    chute_output_finish(output, parcel);
}
static void loop_deliver(struct chute_output *output, struct chute_parcel *parcel) {
    struct later_delivery *delivery = chute_alloc(sizeof(*delivery));
    delivery->output = output;
    delivery->parcel = parcel;
    uv_timer_init(chute_output_loop(output), &delivery->timer);
    delivery->timer.data = delivery;
    uv_timer_start(&delivery->timer, on_delivery, 1, 0);
}
static void loop_limits(const void *settings, struct chute_output_limits *limits) {
    (void)settings;
    limits->in_flight = 3;
    limits->waiting_bytes = 4096;
}
static const struct chute_output_plugin collect_on_loop_output = {
    .name = "collect_on_loop",
    .summary = "Keeps messages, on the loop.",
    .settings_size = sizeof(struct collect_settings),
    .options = collect_options,
    .thread = CHUTE_ON_LOOP,
    .encode = collect_encode,
    .deliver = loop_deliver,
    .limits = loop_limits,
};

/* ------------------------------------------------------------------ filter: does not get on until it may */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t goes_on;
    bool may_go_on;
    bool is_there;
} gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .goes_on = PTHREAD_COND_INITIALIZER };

static enum chute_verdict gate_run(
    const void *settings, struct chute_event *event, struct chute_run *run) {
    (void)settings;
    (void)event;
    (void)run;
    pthread_mutex_lock(&gate.lock);
    gate.is_there = true;
    while (!gate.may_go_on) {
        pthread_cond_wait(&gate.goes_on, &gate.lock);
    }
    pthread_mutex_unlock(&gate.lock);
    return CHUTE_MATCHED;
}
static const struct chute_option gate_options[] = { { 0 } };
static const struct chute_filter_plugin gate_filter = { .name = "gate",
    .summary = "Waits.",
    .settings_size = 1,
    .options = gate_options,
    .run = gate_run };

const struct chute_input_plugin *const chute_inputs[] = { &lines_input, NULL };
const struct chute_codec_plugin *const chute_codecs[] = { &raw_codec, NULL };
const struct chute_filter_plugin *const chute_filters[] = { &drop_every_filter, &batch_filter,
    &copies_filter, &later_filter, &held_filter, &ticks_filter, &alone_filter, &gate_filter, NULL };
const struct chute_output_plugin *const chute_outputs[] = { &collect_output,
    &collect_on_loop_output, NULL };

/* ------------------------------------------------------------------ running */

static void forget(void) {
    chute_buf_finish(&seen.delivered);
    pthread_mutex_t lock = seen.lock;
    memset(&seen, 0, sizeof(seen));
    seen.lock = lock;
}

static struct chute_pipeline *load(struct chute_process *process, const char *config, int workers) {
    struct chute_diag *diag = chute_diag_create();
    const struct chute_source *source = chute_diag_add_source(diag, "test", chute_str_of(config));
    struct chute_ast *ast = chute_parse(diag, &source, 1, false);
    struct chute_pipeline_settings settings = { .id = "test",
        .path_data = "/nonexistent",
        .host_name = "host",
        .workers = workers,
        .batch_size = 100,
        .is_ordered = workers == 1,
        .queue_bytes = 64 * 1024 };
    struct chute_pipeline *pipeline = chute_pipeline_load(process, &settings, ast, diag, false);
    if (pipeline == NULL) {
        chute_diag_print(diag, stderr);
    }
    cr_assert_not_null(pipeline);
    chute_ast_destroy(ast);
    chute_diag_destroy(diag);
    return pipeline;
}

/* Runs `config` until its inputs have ended and everything came through; the counters as they were at the end. */
__attribute__((unused)) static struct chute_counters run_config(const char *config, int workers) {
    forget();
    struct chute_process process;
    chute_process_start(&process);
    struct chute_pipeline *pipeline = load(&process, config, workers);
    cr_assert_eq(chute_pipeline_start(pipeline), 0);
    while (!chute_pipeline_is_drained(pipeline)) {
        usleep(500);
    }
    chute_pipeline_close(pipeline);
    struct chute_counters counters = pipeline->counters;
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        struct chute_counters *own = &pipeline->filters[i]->head.counters;
        cr_expect_eq(
            own->in + own->created, own->out + own->dropped, "filter %zu is not balanced", i);
        cr_expect_eq(own->in_flight, 0);
    }
    for (size_t i = 0; i < pipeline->output_count; i++) {
        struct chute_counters *own = &pipeline->outputs[i]->head.counters;
        cr_expect_eq(own->in, own->out + own->dead_lettered + own->lost, "output %zu", i);
        cr_expect_eq(own->in_flight, 0);
    }
    cr_expect_eq(counters.in_flight, 0, "in flight: %lld", (long long)counters.in_flight);
    cr_expect_eq(counters.in + counters.created,
        counters.out + counters.dropped + counters.dead_lettered + counters.lost);
    chute_pipeline_destroy(pipeline);
    chute_process_finish(&process);
    return counters;
}

#endif
