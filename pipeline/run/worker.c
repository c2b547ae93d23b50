/* pipeline/run/worker.c - the threads that decode, filter and encode: whole batches, nothing shared. */
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/base/regex.h"
#include "pipeline/run/steps.h"

#define PARKED_PER_WORKER 4 /* batches that may wait for pending events */

struct chute_worker {
    struct chute_pipeline *pipeline;
    pthread_t thread;
    int index;
    struct chute_regex_scratch *scratch;
    struct chute_json_parser *json;
    void **filter_states;      /* by chute_filter.index */
    void **output_states;      /* by chute_output.index */
    void **codec_states;       /* in the order of pipeline->codecs */
    struct chute_block *block; /* begun, not done */
    _Atomic uint64_t since_ns; /* at work on a batch; 0: not, or waiting for an output */
    struct chute_pass *spare;
    struct chute_tail_batch shown; /* of the batch that goes to outputs */
};

/* What the workers of a pipeline share beside the queue. */
struct chute_workers {
    pthread_mutex_t lock;
    struct chute_pass *ready; /* parked passes whose events are complete */
    int parked;
    int count;
    bool has_threads;
    _Atomic int running;
    uint64_t flush_interval_ms; /* the shortest of the filters; 0: none flushes */
    struct chute_worker *items;
};

static struct chute_workers *shared_of(struct chute_pipeline *pipeline) {
    return pipeline->workers;
}

struct chute_regex_scratch *chute_worker_scratch(struct chute_worker *worker) {
    return worker->scratch;
}

void chute_worker_lend(
    struct chute_worker *worker, const struct chute_filter *filter, struct chute_run *run) {
    run->worker = worker->filter_states[filter->index];
    run->scratch = worker->scratch;
    run->json = worker->json;
}

void chute_pass_ready(struct chute_pass *pass) {
    struct chute_pipeline *pipeline = pass->pipeline;
    struct chute_workers *shared = shared_of(pipeline);
    pthread_mutex_lock(&shared->lock);
    pass->next_pass = shared->ready;
    shared->ready = pass;
    pthread_mutex_unlock(&shared->lock);
    chute_queue_wake(&pipeline->queue);
}

/* ------------------------------------------------------------------ decoding */

struct chute_event *chute_decoder_add(struct chute_decoder *decoder) {
    struct chute_event *event = chute_batch_add_bare(decoder->batch);
    event->token = chute_token_ref(decoder->token);
    return event;
}

static void *codec_state_of(struct chute_worker *worker, const struct chute_codec *codec) {
    if (codec->plugin->worker_size == 0) {
        return NULL;
    }
    for (size_t i = 0; i < worker->pipeline->codec_count; i++) {
        if (worker->pipeline->codecs[i] == codec) {
            return worker->codec_states[i];
        }
    }
    return NULL;
}

/* Decodes one frame, or a part of a run of frames, from `bytes`; returns what was consumed. */
static size_t decode_bytes(const struct chute_codec *codec, struct chute_decoder *decoder,
    struct chute_str bytes, size_t most) {
    if (bytes.len == 0) {
        return 0;
    }
    size_t used = codec->plugin->decode(codec, decoder, bytes, most);
    chute_assert(used > 0 && used <= bytes.len);
    return used;
}

/* Time spent on decoding since *since_ns goes to `codec`. */
static void charge(const struct chute_codec *codec, uint64_t *since_ns) {
    uint64_t now = uv_hrtime();
    codec->counters->decode_nanoseconds += now - *since_ns;
    *since_ns = now;
}

/* Sets what the input says of the batch's events from `from` on. */
static void decorate(const struct chute_block *block, struct chute_decoder *decoder, size_t from) {
    const struct chute_input *input = block->input;
    struct chute_batch *batch = decoder->batch;
    for (size_t i = from; i < batch->count; i++) {
        struct chute_event *event = batch->events[i];
        if (block->origin->count > 0) {
            chute_origin_apply(block->origin, event);
        }
        if (input->plugin->decorate != NULL) {
            input->plugin->decorate(input->head.settings, event, decoder);
        }
        if (block->is_cut) {
            chute_event_tag(event, CHUTE_STR("_linetoolong"));
        }
        chute_common_decorate_input(&input->head.common, event, &batch->arena);
    }
}

/* Goes on with one frame, as far as the batch has room; true once all of it is decoded. */
static bool decode_frame(struct chute_block *block, struct chute_decoder *decoder, size_t most) {
    const struct chute_codec *codec = block->codec;
    const struct chute_frame *frame = &block->frames[block->frames_done];
    struct chute_str bytes = { block->bytes.at + frame->offset, frame->len };
    if (block->is_stateful) {
        codec->plugin->decode_frame(codec, decoder, bytes, frame->flags);
        return true;
    }
    bytes.at += block->bytes_done;
    bytes.len -= block->bytes_done;
    block->bytes_done += decode_bytes(codec, decoder, bytes, most);
    return block->bytes_done == frame->len;
}

/* Goes on with the frames of a block until `batch_size` events are there or the block is done. */
static void decode_frames(
    struct chute_block *block, struct chute_decoder *decoder, size_t batch_size) {
    struct chute_batch *batch = decoder->batch;
    while (block->frames_done < block->frame_count && batch->count < batch_size) {
        size_t from = batch->count;
        bool is_done = decode_frame(block, decoder, batch_size - batch->count);
        decoder->frame = block->frames_done;
        decorate(block, decoder, from);
        if (is_done) {
            block->bytes_done = 0;
            block->frames_done++;
        }
    }
}

static void decode_run(
    struct chute_block *block, struct chute_decoder *decoder, size_t batch_size) {
    size_t from = decoder->batch->count;
    while (block->bytes_done < block->bytes.len && decoder->batch->count < batch_size) {
        struct chute_str bytes = block->bytes;
        bytes.at += block->bytes_done;
        bytes.len -= block->bytes_done;
        size_t most = batch_size - decoder->batch->count;
        block->bytes_done += decode_bytes(block->codec, decoder, bytes, most);
    }
    decorate(block, decoder, from);
}

static bool block_is_done(const struct chute_block *block) {
    return block->frame_count > 0 ? block->frames_done == block->frame_count
                                  : block->bytes_done == block->bytes.len;
}

/* Decodes from the worker's block into the batch; gives the block back when it is done. */
static void decode(struct chute_worker *worker, struct chute_batch *batch) {
    struct chute_block *block = worker->block;
    struct chute_pipeline *pipeline = worker->pipeline;
    size_t from = batch->count;
    size_t batch_size = (size_t)pipeline->settings.batch_size;
    struct chute_decoder decoder = {
        .batch = batch,
        .token = block->token,
        .json = worker->json,
        .scratch = worker->scratch,
        .worker = codec_state_of(worker, block->codec),
    };
    chute_batch_hold(batch, block->held);
    chute_batch_hold(batch, &block->origin->held);
    if (block->frame_count > 0) {
        decode_frames(block, &decoder, batch_size);
    } else {
        decode_run(block, &decoder, batch_size);
    }
    uint64_t count = batch->count - from;
    block->input->head.counters.in += count;
    block->input->head.counters.out += count;
    block->codec->counters->decode_out += count;
    pipeline->counters.in += count;
    pipeline->counters.in_flight += (int64_t)count;
    if (block_is_done(block)) {
        block->codec->counters->decode_in++;
        worker->block = NULL;
        chute_input_frames_done(block->input, block->frame_count);
        chute_block_destroy(block, false);
    }
}

/* ------------------------------------------------------------------ outputs */

static void settle_all(
    struct chute_pipeline *pipeline, const struct chute_selection *events, enum chute_fate fate) {
    for (size_t i = 0; i < events->count; i++) {
        chute_token_settle(pipeline, events->events[i]->token, fate);
    }
}

/* The token of `event` for one of its outputs. */
static struct chute_token *route_token(struct chute_event *event) {
    if (event->routes > 1) {
        event->token = chute_token_fan(event->token, event->routes);
        event->routes = 1;
    }
    return event->token;
}

/* Shows a picked event as the item that was made of it, unless that holds something else. */
static void show(struct chute_worker *worker, const struct chute_output *output,
    struct chute_event *event, struct chute_str item, uint8_t flags) {
    if ((flags & CHUTE_ITEM_IS_EVENT) != 0) {
        chute_tail_show(
            &worker->shown, event, output->plugin->document(output->head.settings, item));
    }
}

static void encode(struct chute_worker *worker, struct chute_output *output,
    const struct chute_selection *events) {
    struct chute_parcel *parcel = chute_output_parcel(output);
    void *state = worker->output_states[output->index];
    const void *settings = output->head.settings;
    uint64_t without_item = 0, begun_ns = uv_hrtime();
    for (size_t i = 0; i < events->count; i++) {
        struct chute_event *event = events->events[i];
        struct chute_token *token = route_token(event);
        size_t offset = parcel->bytes.len;
        uint8_t flags = 0;
        if (output->plugin->encode(settings, event, &parcel->bytes, &flags, state)) {
            chute_parcel_add(parcel, offset, flags, token);
            if (event->is_picked) {
                const struct chute_buf *bytes = &parcel->bytes;
                struct chute_str item = { bytes->at + offset, bytes->len - offset };
                show(worker, output, event, item, flags);
            }
        } else {
            parcel->bytes.len = offset;
            chute_token_settle(worker->pipeline, token, CHUTE_FATE_OUT);
            without_item++;
        }
    }
    uint64_t encoded_ns = uv_hrtime();
    if (output->codec != NULL) {
        output->codec->counters->encode_in += events->count;
        output->codec->counters->encode_nanoseconds += encoded_ns - begun_ns;
    }
    output->head.counters.in += events->count;
    output->head.counters.out += without_item;
    output->head.counters.in_flight += (int64_t)(events->count - without_item);
    worker->since_ns = 0; /* an output that is away does not make a worker stuck */
    chute_output_accept(output, parcel);
    uint64_t now_ns = uv_hrtime();
    output->head.counters.nanoseconds += now_ns - begun_ns;
    worker->since_ns = now_ns;
}

/* Gives the events of a pass that came through the filters to the outputs. */
static void route(struct chute_worker *worker, struct chute_pass *pass) {
    struct chute_pipeline *pipeline = worker->pipeline;
    struct chute_selection events = pass->lists[0];
    if (pipeline->is_abandoned) {
        settle_all(pipeline, &events, CHUTE_FATE_LOST);
        return;
    }
    if (pipeline->dry != NULL) {
        chute_dry_route(pipeline->dry, pass);
        return;
    }
    pipeline->filtered += events.count;
    pass->batch.events = events.events;
    pass->batch.count = events.count;
    const struct chute_steps *steps = pipeline->output_steps;
    chute_pass_begin(pass, steps);
    chute_pass_run(pass); /* no filter among these: never parks */
    for (size_t i = 0; i < events.count; i++) {
        struct chute_event *event = events.events[i];
        if (event->routes == 0 && !event->is_cancelled) {
            chute_token_settle(pipeline, event->token, CHUTE_FATE_OUT);
        }
    }
    struct chute_tail *tail = &pipeline->process->tail;
    if (chute_tail_is_watched(tail)) {
        chute_tail_begin(&worker->shown, tail, pipeline->settings.id, &events, chute_now_ms());
    }
    for (uint32_t i = 0; i < steps->count; i++) {
        const struct chute_step *step = &steps->items[i];
        if (step->kind == CHUTE_STEP_OUTPUT && pass->lists[step->list].count > 0) {
            encode(worker, step->output, &pass->lists[step->list]);
        }
    }
    if (worker->shown.tail != NULL) {
        chute_tail_end(&worker->shown, &events);
    }
}

/* ------------------------------------------------------------------ the loop */

static struct chute_pass *get_pass(struct chute_worker *worker) {
    struct chute_pass *pass = worker->spare;
    if (pass != NULL) {
        worker->spare = pass->next_pass;
    } else {
        pass = chute_calloc(1, sizeof(*pass));
        pass->pipeline = worker->pipeline;
    }
    pass->worker = worker;
    chute_batch_reset(&pass->batch);
    return pass;
}

static void put_pass(struct chute_worker *worker, struct chute_pass *pass) {
    chute_batch_reset(&pass->batch); /* read buffers go back now, not with the next batch */
    pass->next_pass = worker->spare;
    worker->spare = pass;
}

/* Runs a pass on; when it comes to its end, its events go to the outputs. */
static void advance(struct chute_worker *worker, struct chute_pass *pass) {
    struct chute_workers *shared = shared_of(worker->pipeline);
    uint64_t begun_ns = uv_hrtime();
    pass->worker = worker;
    worker->since_ns = begun_ns;
    bool was_parked = pass->is_parked;
    if (!was_parked) {
        pthread_mutex_lock(&shared->lock);
        shared->parked++; /* counted while it runs: it may be complete on another thread at once */
        pthread_mutex_unlock(&shared->lock);
    }
    if (chute_pass_run(pass)) {
        pthread_mutex_lock(&shared->lock);
        shared->parked--;
        pthread_mutex_unlock(&shared->lock);
        route(worker, pass);
        put_pass(worker, pass);
    }
    worker->pipeline->counters.nanoseconds += uv_hrtime() - begun_ns;
    worker->since_ns = 0;
}

/* Runs the passes that are ready again. Returns how many are still parked. */
static int resume_parked(struct chute_worker *worker) {
    struct chute_workers *shared = shared_of(worker->pipeline);
    while (true) {
        pthread_mutex_lock(&shared->lock);
        struct chute_pass *pass = shared->ready;
        if (pass != NULL) {
            shared->ready = pass->next_pass;
        }
        int parked = shared->parked;
        pthread_mutex_unlock(&shared->lock);
        if (pass == NULL) {
            return parked;
        }
        advance(worker, pass);
    }
}

static void finish_parked(struct chute_worker *worker) {
    while (resume_parked(worker) > 0) {
        usleep(1000); /* only filters with pending events come here */
    }
}

/* Asks filters whose time has come for what they hold back. */
static void flush_filters(struct chute_worker *worker, bool is_final) {
    const struct chute_steps *steps = worker->pipeline->filter_steps;
    uint64_t now = chute_now_ms();
    for (uint32_t i = 0; i < steps->count; i++) {
        struct chute_filter *filter = steps->items[i].filter;
        if (filter == NULL || filter->plugin->flush == NULL) {
            continue;
        }
        uint64_t due = filter->next_flush_ms;
        uint64_t next = now + (uint64_t)filter->plugin->flush_interval_ms;
        if (!is_final &&
            (now < due || !atomic_compare_exchange_strong(&filter->next_flush_ms, &due, next))) {
            continue;
        }
        struct chute_pass *pass = get_pass(worker);
        if (chute_pass_flush(pass, steps, i, is_final)) {
            advance(worker, pass);
        } else {
            put_pass(worker, pass);
        }
    }
}

/* Fills the batch from the queue: takes what is there, then waits a little for more. */
static void fill(struct chute_worker *worker, struct chute_batch *batch) {
    size_t batch_size = (size_t)worker->pipeline->settings.batch_size;
    int delay = worker->pipeline->settings.batch_delay_ms;
    uint64_t since_ns = uv_hrtime(), begun_ns = since_ns, waited_ns = 0;
    const struct chute_codec *codec = worker->block->codec; /* with which the time passes */
    while (worker->block != NULL) {
        if (worker->block->codec != codec) {
            charge(codec, &since_ns);
            codec = worker->block->codec;
        }
        decode(worker, batch);
        if (batch->count >= batch_size || batch->held_count > batch_size) {
            break;
        }
        bool is_over;
        if (worker->block == NULL) {
            worker->block = chute_queue_pop(&worker->pipeline->queue, 0, &is_over);
        }
        if (worker->block == NULL && delay > 0 && !is_over) {
            charge(codec, &since_ns);
            worker->block = chute_queue_pop(&worker->pipeline->queue, delay, &is_over);
            uint64_t now_ns = uv_hrtime();
            waited_ns += now_ns - since_ns;
            since_ns = now_ns;
            delay = 0;
        }
    }
    charge(codec, &since_ns);
    worker->pipeline->counters.nanoseconds += since_ns - begun_ns - waited_ns;
}

static void run_batch(struct chute_worker *worker) {
    struct chute_pass *pass = get_pass(worker);
    fill(worker, &pass->batch);
    chute_pass_begin(pass, worker->pipeline->filter_steps);
    advance(worker, pass);
}

uint64_t chute_workers_busy_ms(const struct chute_pipeline *pipeline) {
    const struct chute_workers *shared = pipeline->workers;
    uint64_t longest = 0, now_ns = uv_hrtime();
    for (int i = 0; shared != NULL && i < shared->count; i++) {
        uint64_t since_ns = shared->items[i].since_ns;
        uint64_t busy = since_ns == 0 || since_ns > now_ns ? 0 : (now_ns - since_ns) / 1000000;
        longest = busy > longest ? busy : longest;
    }
    return longest;
}

static int wait_of(const struct chute_worker *worker, int parked) {
    if (parked > 0) {
        return 10; /* a wake-up between looking and waiting may be missed */
    }
    uint64_t interval = shared_of(worker->pipeline)->flush_interval_ms;
    return interval == 0 ? -1 : (int)interval;
}

static void *work(void *arg) {
    struct chute_worker *worker = arg;
    struct chute_pipeline *pipeline = worker->pipeline;
    struct chute_workers *shared = shared_of(pipeline);
    int most_parked = pipeline->settings.is_ordered ? 1 : PARKED_PER_WORKER * shared->count;
    bool is_over = false;
    while (true) {
        int parked = resume_parked(worker);
        if (shared->flush_interval_ms > 0) {
            flush_filters(worker, false);
        }
        if (worker->block != NULL && parked < most_parked) {
            run_batch(worker);
            continue;
        }
        if (parked >= most_parked) {
            usleep(1000); /* only filters with pending events come here */
            continue;
        }
        worker->block = chute_queue_pop(&pipeline->queue, wait_of(worker, parked), &is_over);
        if (worker->block == NULL && is_over && parked == 0) {
            break;
        }
    }
    if (atomic_fetch_sub(&shared->running, 1) == 1) {
        flush_filters(worker, true);
        finish_parked(worker);
    }
    pipeline->busy_workers--;
    return NULL;
}

/* ------------------------------------------------------------------ a worker without a thread */

void chute_workers_turn(struct chute_pipeline *pipeline) {
    struct chute_worker *worker = &shared_of(pipeline)->items[0];
    bool is_over;
    while (worker->block != NULL ||
           (worker->block = chute_queue_pop(&pipeline->queue, 0, &is_over)) != NULL) {
        run_batch(worker);
        finish_parked(worker);
    }
}

void chute_workers_run(struct chute_pipeline *pipeline,
    void (*fill_batch)(void *arg, struct chute_batch *batch), void *arg) {
    struct chute_worker *worker = &shared_of(pipeline)->items[0];
    struct chute_pass *pass = get_pass(worker);
    fill_batch(arg, &pass->batch);
    chute_pass_begin(pass, pipeline->filter_steps);
    advance(worker, pass);
    finish_parked(worker);
}

void chute_workers_flush(struct chute_pipeline *pipeline) {
    struct chute_worker *worker = &shared_of(pipeline)->items[0];
    flush_filters(worker, true);
    finish_parked(worker);
}

/* ------------------------------------------------------------------ start and end */

static void init_states(struct chute_worker *worker) {
    struct chute_pipeline *pipeline = worker->pipeline;
    worker->filter_states = chute_calloc(pipeline->filter_count + 1, sizeof(void *));
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        const struct chute_filter_plugin *plugin = pipeline->filters[i]->plugin;
        worker->filter_states[i] = chute_calloc(1, plugin->worker_size + 1);
        if (plugin->worker_init != NULL) {
            plugin->worker_init(pipeline->filters[i]->head.settings, worker->filter_states[i]);
        }
    }
    worker->output_states = chute_calloc(pipeline->output_count + 1, sizeof(void *));
    for (size_t i = 0; i < pipeline->output_count; i++) {
        const struct chute_output_plugin *plugin = pipeline->outputs[i]->plugin;
        worker->output_states[i] = chute_calloc(1, plugin->worker_size + 1);
        if (plugin->worker_init != NULL) {
            plugin->worker_init(pipeline->outputs[i]->head.settings, worker->output_states[i]);
        }
    }
    worker->codec_states = chute_calloc(pipeline->codec_count + 1, sizeof(void *));
    for (size_t i = 0; i < pipeline->codec_count; i++) {
        worker->codec_states[i] = chute_calloc(1, pipeline->codecs[i]->plugin->worker_size + 1);
    }
}

static void finish_worker(struct chute_worker *worker) {
    struct chute_pipeline *pipeline = worker->pipeline;
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        if (pipeline->filters[i]->plugin->worker_finish != NULL) {
            pipeline->filters[i]->plugin->worker_finish(worker->filter_states[i]);
        }
        chute_free(worker->filter_states[i]);
    }
    for (size_t i = 0; i < pipeline->output_count; i++) {
        if (pipeline->outputs[i]->plugin->worker_finish != NULL) {
            pipeline->outputs[i]->plugin->worker_finish(worker->output_states[i]);
        }
        chute_free(worker->output_states[i]);
    }
    for (size_t i = 0; i < pipeline->codec_count; i++) {
        if (pipeline->codecs[i]->plugin->worker_finish != NULL) {
            pipeline->codecs[i]->plugin->worker_finish(worker->codec_states[i]);
        }
        chute_free(worker->codec_states[i]);
    }
    chute_tail_batch_finish(&worker->shown);
    chute_free(worker->filter_states);
    chute_free(worker->output_states);
    chute_free(worker->codec_states);
    while (worker->spare != NULL) {
        struct chute_pass *next = worker->spare->next_pass;
        chute_batch_finish(&worker->spare->batch);
        chute_free(worker->spare);
        worker->spare = next;
    }
    chute_json_parser_destroy(worker->json);
    chute_regex_scratch_destroy(worker->scratch);
}

static uint64_t shortest_flush(const struct chute_pipeline *pipeline) {
    uint64_t shortest = 0;
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        const struct chute_filter_plugin *plugin = pipeline->filters[i]->plugin;
        uint64_t interval = plugin->flush == NULL ? 0 : (uint64_t)plugin->flush_interval_ms;
        pipeline->filters[i]->next_flush_ms = chute_now_ms() + interval;
        if (interval > 0 && (shortest == 0 || interval < shortest)) {
            shortest = interval;
        }
    }
    return shortest;
}

static struct chute_workers *make_workers(struct chute_pipeline *pipeline, int count) {
    struct chute_workers *shared = chute_calloc(1, sizeof(*shared));
    pthread_mutex_init(&shared->lock, NULL);
    shared->count = count;
    shared->items = chute_calloc((size_t)shared->count, sizeof(*shared->items));
    shared->flush_interval_ms = shortest_flush(pipeline);
    pipeline->workers = shared;
    for (int i = 0; i < shared->count; i++) {
        struct chute_worker *worker = &shared->items[i];
        worker->pipeline = pipeline;
        worker->index = i;
        worker->json = chute_json_parser_create();
        worker->scratch = chute_regex_scratch_create();
        init_states(worker);
    }
    return shared;
}

void chute_workers_prepare(struct chute_pipeline *pipeline) {
    make_workers(pipeline, 1);
}

void chute_workers_start(struct chute_pipeline *pipeline) {
    struct chute_workers *shared = make_workers(pipeline, pipeline->settings.workers);
    shared->has_threads = true;
    shared->running = shared->count;
    pipeline->busy_workers = shared->count;
    for (int i = 0; i < shared->count; i++) {
        chute_assert(pthread_create(&shared->items[i].thread, NULL, work, &shared->items[i]) == 0);
        char name[16];
        snprintf(name, sizeof(name), "worker-%d", i % 1000);
        pthread_setname_np(shared->items[i].thread, name);
    }
}

void chute_workers_join(struct chute_pipeline *pipeline) {
    struct chute_workers *shared = shared_of(pipeline);
    for (int i = 0; i < shared->count && shared->has_threads; i++) {
        pthread_join(shared->items[i].thread, NULL);
    }
    for (int i = 0; i < shared->count; i++) {
        finish_worker(&shared->items[i]);
    }
    pthread_mutex_destroy(&shared->lock);
    chute_free(shared->items);
    chute_free(shared);
    pipeline->workers = NULL;
}
