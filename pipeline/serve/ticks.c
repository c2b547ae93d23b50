/* pipeline/serve/ticks.c - what is looked at every few seconds, so that it can be compared with later. */
#include <unistd.h>

#include "pipeline/serve/process.h"
#include "pipeline/serve/serve.h"

static void note_process(struct chute_api *api) {
    struct chute_process_facts facts = chute_process_facts();
    api->most_threads = facts.threads > api->most_threads ? facts.threads : api->most_threads;
    if (facts.open_descriptors > api->most_descriptors) {
        api->most_descriptors = facts.open_descriptors;
    }
    api->cpu[0] = api->cpu[1];
    api->cpu[1].at_ms = chute_now_ms();
    api->cpu[1].seconds = facts.cpu_seconds;
}

/* On the output loop: it turns. */
static void on_ping(void *arg) {
    struct chute_api *api = arg;
    api->ping_sent_ms = 0;
}

static void ping(struct chute_api *api) {
    if (api->ping_sent_ms == 0) {
        api->ping_sent_ms = chute_now_ms();
        chute_loop_post(&api->process->output_loop, on_ping, api);
    }
}

void chute_serve_tick(struct chute_api *api) {
    for (size_t i = 0; i < api->pipeline_count; i++) {
        chute_flow_tick(api->flows[i], uv_hrtime());
        chute_watch_look(api->watches[i], chute_now_ms());
    }
    note_process(api);
    ping(api);
}

static void on_tick(uv_timer_t *timer) {
    chute_serve_tick(timer->data);
}

void chute_serve_start_ticks(struct chute_api *api) {
    note_process(api);
    api->cpu[0] = api->cpu[1];
    uv_timer_init(&api->process->input_loop.uv, &api->tick);
    api->tick.data = api;
    uv_timer_start(&api->tick, on_tick, CHUTE_FLOW_TICK_MS, CHUTE_FLOW_TICK_MS);
}

void chute_serve_stop_ticks(struct chute_api *api, uv_close_cb on_closed) {
    uv_close((uv_handle_t *)&api->tick, on_closed);
}

int chute_serve_cpu_percent(const struct chute_api *api, double cpu_seconds) {
    double seconds = (double)(chute_now_ms() - api->cpu[0].at_ms) / 1000;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (seconds <= 0 || cores < 1) {
        return 0;
    }
    double percent = 100 * (cpu_seconds - api->cpu[0].seconds) / seconds / (double)cores;
    return percent < 0 ? 0 : percent > 100 ? 100 : (int)(percent + 0.5);
}
