#include "pipeline/run/pipeline.h"

#include "pipeline/base/alloc.h"
#include "pipeline/net/sockets.h"
#include "pipeline/run/dead_letter.h"
#include "pipeline/run/read_buffer.h"
#include "pipeline/run/steps.h"

/* ------------------------------------------------------------------ the process */

/* At the end of each turn of the input loop, what was read in it is handed over under one lock. */
struct chute_turn {
    uv_prepare_t before_waiting;
    uv_check_t after_reading;
};

static void on_before_waiting(uv_prepare_t *handle) {
    chute_reader_flush(handle->data);
}

static void on_after_reading(uv_check_t *handle) {
    chute_reader_flush(handle->data);
}

static void open_turn(void *arg) {
    struct chute_process *process = arg;
    process->turn = chute_calloc(1, sizeof(*process->turn));
    uv_prepare_init(&process->input_loop.uv, &process->turn->before_waiting);
    uv_check_init(&process->input_loop.uv, &process->turn->after_reading);
    process->turn->before_waiting.data = process->loop_reader;
    process->turn->after_reading.data = process->loop_reader;
    uv_prepare_start(&process->turn->before_waiting, on_before_waiting);
    uv_check_start(&process->turn->after_reading, on_after_reading);
}

static void close_turn(void *arg) {
    struct chute_process *process = arg;
    uv_close((uv_handle_t *)&process->turn->before_waiting, NULL);
    uv_close((uv_handle_t *)&process->turn->after_reading, NULL);
    chute_sockets_close(process->sockets);
}

void chute_process_start(struct chute_process *process) {
    *process = (struct chute_process){ .loop_reader = chute_reader_create(),
        .sockets = chute_sockets_create() };
    chute_tail_init(&process->tail);
    chute_loop_start(&process->input_loop, "inputs");
    chute_loop_start(&process->output_loop, "outputs");
    chute_loop_call(&process->input_loop, open_turn, process);
}

void chute_process_finish(struct chute_process *process) {
    chute_loop_call(&process->input_loop, close_turn, process);
    chute_loop_finish(&process->input_loop);
    chute_loop_finish(&process->output_loop);
    chute_free(process->turn);
    chute_tail_finish(&process->tail);
    chute_reader_destroy(process->loop_reader);
    chute_read_buffer_pool_finish();
}

/* ------------------------------------------------------------------ inputs */

struct opening {
    struct chute_input *input;
    int status;
    uv_sem_t done;
};

static void open_on_loop(void *arg) {
    struct opening *opening = arg;
    opening->status = opening->input->plugin->start(opening->input);
    opening->input->is_reading = opening->status == 0;
}

static void *run_own(void *arg) {
    struct opening *opening = arg;
    struct chute_input *input = opening->input;
    int status = input->plugin->start == NULL ? 0 : input->plugin->start(input);
    opening->status = status;
    uv_sem_post(&opening->done);
    if (status == 0) {
        input->plugin->run(input);
    }
    chute_input_ended(input);
    return NULL;
}

static int open_input(struct chute_input *input) {
    struct opening opening = { .input = input };
    input->state = chute_calloc(1, input->plugin->state_size + 1);
    if (input->plugin->thread == CHUTE_ON_LOOP) {
        input->reader = input->pipeline->process->loop_reader;
        chute_loop_call(&input->pipeline->process->input_loop, open_on_loop, &opening);
        return opening.status;
    }
    input->reader = chute_reader_create();
    chute_assert(uv_sem_init(&opening.done, 0) == 0);
    chute_assert(pthread_create(&input->thread, NULL, run_own, &opening) == 0);
    input->has_thread = true;
    pthread_setname_np(input->thread, input->plugin->name);
    uv_sem_wait(&opening.done);
    uv_sem_destroy(&opening.done);
    return opening.status;
}

static void stop_on_loop(void *arg) {
    struct chute_input *input = arg;
    if (input->has_ended) {
        return;
    }
    if (input->plugin->stop != NULL) {
        input->plugin->stop(input);
    } else {
        chute_input_ended(input);
    }
}

static void stop_input(struct chute_input *input) {
    if (input->state == NULL) {
        chute_input_ended(input); /* was never opened */
    } else if (input->plugin->thread == CHUTE_ON_LOOP) {
        chute_loop_post(&input->pipeline->process->input_loop, stop_on_loop, input);
    } else if (input->plugin->stop != NULL) {
        input->plugin->stop(input);
    }
}

/* ------------------------------------------------------------------ back-pressure */

static void resume_on_loop(void *arg) {
    struct chute_pipeline *pipeline = arg;
    if (!pipeline->is_paused) {
        return;
    }
    uint64_t held_ns = uv_hrtime() - pipeline->paused_ns;
    pipeline->is_paused = false;
    for (size_t i = 0; i < pipeline->input_count; i++) {
        struct chute_input *input = pipeline->inputs[i];
        if (input->is_reading && !input->has_ended) {
            input->head.counters.push_nanoseconds += held_ns;
        }
        if (input->is_reading && input->plugin->resume != NULL && !input->has_ended &&
            !pipeline->is_stopping) {
            input->plugin->resume(input);
        }
    }
}

static void on_queue_low(void *arg) {
    struct chute_pipeline *pipeline = arg;
    chute_loop_post(&pipeline->process->input_loop, resume_on_loop, pipeline);
}

/* ------------------------------------------------------------------ start and stop */

void chute_filters_start(struct chute_pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        struct chute_filter *filter = pipeline->filters[i];
        filter->state = chute_calloc(1, filter->plugin->state_size + 1);
        if (filter->plugin->state_init != NULL) {
            filter->plugin->state_init(filter->head.settings, filter->state);
        }
    }
}

int chute_pipeline_start(struct chute_pipeline *pipeline) {
    pipeline->dead_letters = chute_dead_letters_create(
        pipeline->settings.path_data, pipeline->settings.id, pipeline->settings.dead_letter_bytes);
    chute_queue_init(&pipeline->queue, pipeline->settings.queue_bytes, on_queue_low, pipeline);
    pipeline->is_started = true;
    pipeline->open_inputs = (int)pipeline->input_count;
    pipeline->progress_ms = chute_now_ms();
    chute_filters_start(pipeline);
    int status = 0;
    for (size_t i = 0; i < pipeline->output_count; i++) {
        struct chute_output *output = pipeline->outputs[i];
        output->state = chute_calloc(1, output->plugin->state_size + 1);
        chute_output_prepare(output);
        int result = chute_output_open(output);
        status = result == 0 ? status : result;
    }
    if (status != 0) {
        return status;
    }
    chute_workers_start(pipeline);
    for (size_t i = 0; i < pipeline->input_count; i++) {
        int result = open_input(pipeline->inputs[i]);
        status = result == 0 ? status : result;
    }
    pipeline->is_running = status == 0;
    return status;
}

void chute_pipeline_stop(struct chute_pipeline *pipeline) {
    if (atomic_exchange(&pipeline->is_stopping, true)) {
        return;
    }
    for (size_t i = 0; i < pipeline->input_count; i++) {
        stop_input(pipeline->inputs[i]);
    }
    for (size_t i = 0; i < pipeline->output_count; i++) {
        chute_output_hurry(pipeline->outputs[i]);
    }
}

void chute_pipeline_stop_for_successor(struct chute_pipeline *pipeline) {
    pipeline->keeps_sockets = true;
    chute_pipeline_stop(pipeline);
}

static void flush_reader(void *arg) {
    struct chute_process *process = arg;
    chute_reader_flush(process->loop_reader);
}

bool chute_pipeline_is_drained(struct chute_pipeline *pipeline) {
    if (pipeline->open_inputs > 0) {
        return false;
    }
    if (!pipeline->is_queue_closed) {
        pipeline->is_queue_closed = true;
        chute_loop_call(&pipeline->process->input_loop, flush_reader, pipeline->process);
        chute_queue_close(&pipeline->queue);
    }
    if (pipeline->busy_workers > 0) {
        return false;
    }
    for (size_t i = 0; i < pipeline->output_count; i++) {
        if (!chute_output_is_idle(pipeline->outputs[i])) {
            return pipeline->is_abandoned;
        }
    }
    return true;
}

void chute_pipeline_abandon(struct chute_pipeline *pipeline) {
    pipeline->is_abandoned = true;
    chute_queue_abandon(&pipeline->queue);
    for (size_t i = 0; i < pipeline->output_count; i++) {
        chute_output_abandon(pipeline->outputs[i]);
    }
}

uint64_t chute_pipeline_idle_ms(const struct chute_pipeline *pipeline) {
    return chute_now_ms() - pipeline->progress_ms;
}

bool chute_pipeline_is_being_answered(struct chute_pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->output_count; i++) {
        if (chute_output_is_being_answered(pipeline->outputs[i])) {
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ destroy */

static void close_inputs(struct chute_pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->input_count; i++) {
        struct chute_input *input = pipeline->inputs[i];
        if (input->has_thread) {
            pthread_join(input->thread, NULL);
            chute_reader_destroy(input->reader);
        }
    }
}

static void finish_inputs(struct chute_pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->input_count; i++) {
        struct chute_input *input = pipeline->inputs[i];
        if (input->state != NULL && input->plugin->state_finish != NULL) {
            input->plugin->state_finish(input->state);
        }
        chute_free(input->state);
        if (input->plugin->finish != NULL) {
            input->plugin->finish(input->head.settings);
        }
        chute_instance_finish(&input->head);
    }
}

static void finish_filters(struct chute_pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        struct chute_filter *filter = pipeline->filters[i];
        if (filter->state != NULL && filter->plugin->state_finish != NULL) {
            filter->plugin->state_finish(filter->state);
        }
        chute_free(filter->state);
        if (filter->plugin->finish != NULL) {
            filter->plugin->finish(filter->head.settings);
        }
        chute_instance_finish(&filter->head);
    }
}

static void finish_outputs(struct chute_pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->output_count; i++) {
        struct chute_output *output = pipeline->outputs[i];
        chute_free(output->state);
        if (output->plugin->finish != NULL) {
            output->plugin->finish(output->head.settings);
        }
        chute_instance_finish(&output->head);
    }
}

void chute_pipeline_close(struct chute_pipeline *pipeline) {
    if (!pipeline->is_started) {
        return;
    }
    pipeline->is_started = false;
    close_inputs(pipeline);
    if (pipeline->workers != NULL) {
        chute_workers_join(pipeline);
    }
    for (size_t i = 0; i < pipeline->output_count; i++) {
        if (pipeline->outputs[i]->state != NULL) {
            chute_output_close(pipeline->outputs[i]);
        }
    }
    /* a resume that was posted has run once this has */
    chute_loop_call(&pipeline->process->input_loop, flush_reader, pipeline->process);
    chute_queue_finish(&pipeline->queue);
}

static void finish_steps(const struct chute_steps *steps) {
    for (uint32_t i = 0; steps != NULL && i < steps->count; i++) {
        chute_condition_finish(steps->items[i].condition);
    }
}

void chute_pipeline_destroy(struct chute_pipeline *pipeline) {
    if (pipeline == NULL) {
        return;
    }
    chute_pipeline_close(pipeline);
    finish_inputs(pipeline);
    finish_filters(pipeline);
    finish_outputs(pipeline);
    finish_steps(pipeline->filter_steps);
    finish_steps(pipeline->output_steps);
    for (size_t i = 0; i < pipeline->codec_count; i++) {
        if (pipeline->codecs[i]->plugin->finish != NULL) {
            pipeline->codecs[i]->plugin->finish(pipeline->codecs[i]->settings);
        }
    }
    chute_dead_letters_destroy(pipeline->dead_letters);
    struct chute_arena arena = pipeline->arena; /* the pipeline itself lies in it */
    chute_arena_finish(&arena);
}
