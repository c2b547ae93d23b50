#include "pipeline/run/dry.h"

#include "pipeline/base/alloc.h"
#include "pipeline/run/steps.h"
#include "pipeline/run/stream.h"

/* The input's plugin with what reads bytes taken out of it. */
struct dry_input {
    struct chute_input_plugin plugin;
    const struct chute_input_plugin *real;
    struct chute_reader *reader;
    struct chute_stream *stream; /* of chute_dry_read */
};

struct chute_dry {
    struct chute_pipeline *pipeline;
    struct chute_dry_hooks hooks;
    struct dry_input *inputs;
};

/* ------------------------------------------------------------------ in */

/* The token of what is being read says which dry run it belongs to. */
static void decorate(
    const void *settings, struct chute_event *event, struct chute_decoder *decoder) {
    (void)settings;
    const struct chute_dry *dry = decoder->token->source;
    dry->hooks.on_event(dry->hooks.arg, decoder->token->input, event);
}

static struct dry_input *state_of(struct chute_dry *dry, const struct chute_input *input) {
    for (size_t i = 0; i < dry->pipeline->input_count; i++) {
        if (dry->pipeline->inputs[i] == input) {
            return &dry->inputs[i];
        }
    }
    chute_assert(false); /* of another pipeline */
    return NULL;
}

static struct chute_stream *open_stream(struct chute_input *input, struct chute_origin *origin) {
    if (origin != NULL) {
        return chute_stream_create(input, origin, NULL);
    }
    origin = chute_origin_create();
    struct chute_stream *stream = chute_stream_create(input, origin, NULL);
    chute_held_unref(&origin->held);
    return stream;
}

static struct chute_token *token_of(struct chute_dry *dry, struct chute_input *input) {
    return chute_token_create(input, dry, 0);
}

void chute_dry_read(struct chute_dry *dry, struct chute_input *input, struct chute_origin *origin,
    struct chute_str bytes) {
    struct dry_input *state = state_of(dry, input);
    if (state->stream == NULL) {
        state->stream = open_stream(input, origin);
    }
    chute_stream_feed(state->stream, bytes, token_of(dry, input));
    chute_workers_turn(dry->pipeline);
}

void chute_dry_end(struct chute_dry *dry, struct chute_input *input) {
    struct dry_input *state = state_of(dry, input);
    if (state->stream != NULL) {
        chute_stream_end(state->stream, token_of(dry, input));
        chute_stream_destroy(state->stream);
        state->stream = NULL;
        chute_workers_turn(dry->pipeline);
    }
}

void chute_dry_message(struct chute_dry *dry, struct chute_input *input, struct chute_str text) {
    struct chute_stream *stream = open_stream(input, NULL);
    chute_stream_frame(stream, text, token_of(dry, input));
    chute_stream_end(stream, token_of(dry, input));
    chute_stream_destroy(stream);
    chute_workers_turn(dry->pipeline);
}

/* ------------------------------------------------------------------ an event */

struct made_event {
    struct chute_dry *dry;
    struct chute_input *input;
    const struct chute_value *fields, *metadata;
};

static void fill(void *arg, struct chute_batch *batch) {
    const struct made_event *made = arg;
    struct chute_event *event = chute_batch_add_bare(batch);
    if (made->fields != NULL) {
        event->fields = chute_value_copy(&batch->arena, made->fields, true);
        event->metadata = chute_value_copy(&batch->arena, made->metadata, true);
    } else {
        chute_event_adopt(event);
    }
    made->input->head.counters.in++;
    made->input->head.counters.out++;
    made->dry->pipeline->counters.in++;
    made->dry->pipeline->counters.in_flight++;
    made->dry->hooks.on_event(made->dry->hooks.arg, made->input, event);
    chute_common_decorate_input(&made->input->head.common, event, &batch->arena);
}

void chute_dry_event(struct chute_dry *dry, struct chute_input *input,
    const struct chute_value *fields, const struct chute_value *metadata) {
    struct made_event made = { dry, input, fields, metadata };
    chute_workers_run(dry->pipeline, fill, &made);
}

void chute_dry_flush(struct chute_dry *dry) {
    chute_workers_flush(dry->pipeline);
}

/* ------------------------------------------------------------------ out */

void chute_dry_route(struct chute_dry *dry, struct chute_pass *pass) {
    struct chute_pipeline *pipeline = dry->pipeline;
    struct chute_selection events = pass->lists[0];
    const struct chute_steps *steps = pipeline->output_steps;
    pass->batch.events = events.events;
    pass->batch.count = events.count;
    chute_pass_begin(pass, steps);
    chute_pass_run(pass); /* no filter among these: never parks */
    for (uint32_t i = 0; i < steps->count; i++) {
        const struct chute_step *step = &steps->items[i];
        const struct chute_selection *list = &pass->lists[step->list];
        for (size_t e = 0; step->kind == CHUTE_STEP_OUTPUT && e < list->count; e++) {
            dry->hooks.on_output(dry->hooks.arg, step->output, list->events[e]);
        }
    }
    for (size_t i = 0; i < events.count; i++) {
        if (!events.events[i]->is_cancelled) {
            chute_token_settle(pipeline, events.events[i]->token, CHUTE_FATE_OUT);
        }
    }
}

/* ------------------------------------------------------------------ create and destroy */

struct chute_dry *chute_dry_create(
    struct chute_pipeline *pipeline, const struct chute_dry_hooks *hooks) {
    struct chute_dry *dry = chute_calloc(1, sizeof(*dry));
    dry->pipeline = pipeline;
    dry->hooks = *hooks;
    dry->inputs = chute_calloc(pipeline->input_count + 1, sizeof(*dry->inputs));
    for (size_t i = 0; i < pipeline->input_count; i++) {
        struct dry_input *state = &dry->inputs[i];
        struct chute_input *input = pipeline->inputs[i];
        state->real = input->plugin;
        state->plugin = *input->plugin;
        state->plugin.thread = CHUTE_OWN_THREAD; /* blocks go to the queue at once */
        state->plugin.decorate = decorate;
        state->plugin.on_token = NULL;
        state->reader = chute_reader_create();
        input->plugin = &state->plugin;
        input->reader = state->reader;
    }
    pipeline->settings.batch_delay_ms = 0;
    pipeline->dry = dry;
    chute_queue_init(&pipeline->queue, SIZE_MAX, NULL, NULL);
    chute_filters_start(pipeline);
    chute_workers_prepare(pipeline);
    return dry;
}

void chute_dry_destroy(struct chute_dry *dry) {
    if (dry == NULL) {
        return;
    }
    struct chute_pipeline *pipeline = dry->pipeline;
    for (size_t i = 0; i < pipeline->input_count; i++) {
        chute_stream_destroy(dry->inputs[i].stream);
    }
    chute_workers_join(pipeline);
    chute_queue_finish(&pipeline->queue);
    for (size_t i = 0; i < pipeline->input_count; i++) {
        pipeline->inputs[i]->plugin = dry->inputs[i].real;
        pipeline->inputs[i]->reader = NULL;
        chute_reader_destroy(dry->inputs[i].reader);
    }
    pipeline->dry = NULL;
    chute_free(dry->inputs);
    chute_free(dry);
}
