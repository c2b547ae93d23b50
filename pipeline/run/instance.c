/* pipeline/run/instance.c - what plugins may ask of their instance. */
#include "pipeline/base/alloc.h"
#include "pipeline/run/engine.h"

void chute_instance_count(struct chute_instance *instance, const char *name, uint64_t by) {
    struct chute_named_counter *first = instance->named;
    for (struct chute_named_counter *at = first; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0) {
            at->value += by;
            return;
        }
    }
    struct chute_named_counter *made = chute_calloc(1, sizeof(*made));
    made->name = chute_strdup(name);
    made->value = by;
    made->next = first;
    if (!atomic_compare_exchange_strong(&instance->named, &made->next, made)) {
        chute_free(made->name);
        chute_free(made); /* another thread was first with some name: look again */
        chute_instance_count(instance, name, by);
    }
}

/* What a plugin counts beside its events; `enable_metric => false` turns that off. */
static void count(struct chute_instance *instance, const char *name, uint64_t by) {
    if (instance->common.enable_metric) {
        chute_instance_count(instance, name, by);
    }
}

void chute_instance_finish(struct chute_instance *instance) {
    struct chute_named_counter *at = instance->named;
    while (at != NULL) {
        struct chute_named_counter *next = at->next;
        chute_free(at->name);
        chute_free(at);
        at = next;
    }
    instance->named = NULL;
    chute_free(instance->description);
    instance->description = NULL;
}

static void describe(struct chute_instance *instance, const char *text) {
    chute_free(instance->description);
    instance->description = chute_strdup(text);
}

const void *chute_input_settings(const struct chute_input *input) {
    return input->head.settings;
}

void *chute_input_state(const struct chute_input *input) {
    return input->state;
}

const char *chute_input_id(const struct chute_input *input) {
    return input->head.id;
}

enum chute_ecs chute_input_ecs(const struct chute_input *input) {
    return input->ecs;
}

const char *chute_input_host_name(const struct chute_input *input) {
    return input->pipeline->settings.host_name;
}

const struct chute_codec *chute_input_codec(const struct chute_input *input) {
    return input->codec;
}

struct uv_loop_s *chute_input_loop(struct chute_input *input) {
    return &input->pipeline->process->input_loop.uv;
}

struct chute_sockets *chute_input_sockets(const struct chute_input *input) {
    return input->pipeline->process->sockets;
}

bool chute_input_keeps_sockets(const struct chute_input *input) {
    return input->pipeline->keeps_sockets;
}

bool chute_input_is_stopping(const struct chute_input *input) {
    return input->pipeline->is_stopping;
}

bool chute_input_is_paused(const struct chute_input *input) {
    return input->pipeline->is_paused;
}

void chute_input_describe(struct chute_input *input, const char *text) {
    describe(&input->head, text);
}

void chute_input_count(struct chute_input *input, const char *name, unsigned long long by) {
    count(&input->head, name, by);
}

void chute_input_trouble(struct chute_input *input, enum chute_trouble what, unsigned count) {
    input->troubles[what] = count;
}

void chute_input_bound_frames(struct chute_input *input, uint32_t most) {
    input->most_frames = most;
}

static void resume_on_loop(void *arg) {
    struct chute_input *input = arg;
    if (input->is_reading && !input->has_ended && !input->pipeline->is_stopping &&
        !input->pipeline->is_paused) {
        input->plugin->resume(input);
    }
}

void chute_input_frames_done(struct chute_input *input, uint32_t count) {
    if (input->most_frames == 0) {
        return;
    }
    uint32_t left = atomic_fetch_sub(&input->waiting_frames, count) - count;
    if (left <= input->most_frames / 2 && atomic_exchange(&input->is_held_back, false)) {
        chute_loop_post(&input->pipeline->process->input_loop, resume_on_loop, input);
    }
}

uint64_t chute_input_held_ns(const struct chute_input *input) {
    const struct chute_pipeline *pipeline = input->pipeline;
    bool is_paused = pipeline->is_paused && input->is_reading && !input->has_ended;
    uint64_t since = is_paused ? pipeline->paused_ns : input->waits_since_ns, now = uv_hrtime();
    return since > 0 && now > since ? now - since : 0;
}

uint64_t chute_input_push_ns(const struct chute_input *input) {
    return input->head.counters.push_nanoseconds + chute_input_held_ns(input);
}

void chute_input_ended(struct chute_input *input) {
    struct chute_pipeline *pipeline = input->pipeline;
    if (atomic_exchange(&input->has_ended, true)) {
        return;
    }
    if (atomic_fetch_sub(&pipeline->open_inputs, 1) == 1 && pipeline->on_ended != NULL) {
        pipeline->on_ended(pipeline->on_ended_arg);
    }
}

void chute_run_count(struct chute_run *run, const char *name, unsigned long long by) {
    count(&run->filter->head, name, by);
}

const void *chute_output_settings(const struct chute_output *output) {
    return output->head.settings;
}

void *chute_output_state(const struct chute_output *output) {
    return output->state;
}

const char *chute_output_id(const struct chute_output *output) {
    return output->head.id;
}

struct uv_loop_s *chute_output_loop(struct chute_output *output) {
    return &output->pipeline->process->output_loop.uv;
}

void chute_output_describe(struct chute_output *output, const char *text) {
    describe(&output->head, text);
}

void chute_output_count(struct chute_output *output, const char *name, unsigned long long by) {
    count(&output->head, name, by);
}
