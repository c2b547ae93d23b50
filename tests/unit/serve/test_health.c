/* What makes the process count as alive: its loops turn, and its workers get on. */
#include "../run/test_plugins.h"

#include "pipeline/serve/serve.h"

static void open_gate(void) {
    pthread_mutex_lock(&gate.lock);
    gate.may_go_on = true;
    pthread_cond_broadcast(&gate.goes_on);
    pthread_mutex_unlock(&gate.lock);
}

static bool somebody_is_at_the_gate(void) {
    pthread_mutex_lock(&gate.lock);
    bool is_there = gate.is_there;
    pthread_mutex_unlock(&gate.lock);
    return is_there;
}

struct world {
    struct chute_process process;
    struct chute_api *api;
    char folder[64];
};

static void begin(struct world *world) {
    snprintf(world->folder, sizeof(world->folder), "/tmp/chute-health-XXXXXX");
    cr_assert_not_null(mkdtemp(world->folder));
    chute_process_start(&world->process);
    struct chute_api_settings settings = { .host = "127.0.0.1",
        .first_port = 20000,
        .last_port = 32000,
        .node_name = "node",
        .host_name = "host",
        .path_data = world->folder };
    world->api = chute_api_create(&world->process, &settings);
    cr_assert_not_null(world->api);
}

static void finish(struct world *world) {
    char path[128];
    chute_api_destroy(world->api);
    chute_process_finish(&world->process);
    snprintf(path, sizeof(path), "%s/" CHUTE_API_ADDRESS_FILE, world->folder);
    cr_expect_neq(access(path, F_OK), 0, "it forgets where it listened");
    snprintf(path, sizeof(path), "%s/uuid", world->folder);
    cr_expect_eq(unlink(path), 0);
    cr_expect_eq(rmdir(world->folder), 0);
}

Test(health, a_worker_that_does_not_get_on_is_not_alive, .timeout = 60) {
    struct world world;
    begin(&world);
    cr_expect_str_eq(chute_serve_why_not_ready(world.api), "there is no pipeline");
    struct chute_pipeline *pipeline = load(&world.process,
        "input { lines { count => 1 endless => true } } filter { gate { } } output { collect { } }",
        1);
    chute_api_attach(world.api, pipeline);
    cr_expect_str_eq(chute_serve_why_not_ready(world.api), "a pipeline is starting");
    cr_assert_eq(chute_pipeline_start(pipeline), 0);
    while (!somebody_is_at_the_gate()) {
        usleep(500);
    }
    cr_expect_null(chute_serve_why_not_live(world.api), "it may take a while");
    cr_expect_null(chute_serve_why_not_ready(world.api));
    cr_expect_str_eq(chute_serve_status(world.api), "green");
    world.api->stuck_worker_ms = 1;
    while (chute_workers_busy_ms(pipeline) <= 1) {
        usleep(500);
    }
    cr_expect_str_eq(
        chute_serve_why_not_live(world.api), "a worker does not get on with its batch");
    cr_expect_str_eq(
        chute_serve_why_not_ready(world.api), "a worker does not get on with its batch");
    cr_expect_str_eq(chute_serve_status(world.api), "red");
    open_gate();
    while (chute_workers_busy_ms(pipeline) > 0) {
        usleep(500);
    }
    cr_expect_null(chute_serve_why_not_live(world.api));
    chute_pipeline_stop(pipeline);
    cr_expect_str_eq(chute_serve_why_not_ready(world.api), "a pipeline stops");
    while (!chute_pipeline_is_drained(pipeline)) {
        usleep(500);
    }
    chute_api_detach(world.api, pipeline);
    chute_pipeline_close(pipeline);
    chute_pipeline_destroy(pipeline);
    finish(&world);
}

static void wait_at_gate(void *arg) {
    (void)arg;
    gate_run(NULL, NULL, NULL);
}

static void tick(void *api) {
    chute_serve_tick(api);
}

Test(health, a_loop_that_does_not_turn_is_not_alive, .timeout = 60) {
    struct world world;
    begin(&world);
    chute_loop_post(&world.process.output_loop, wait_at_gate, NULL);
    while (!somebody_is_at_the_gate()) {
        usleep(500);
    }
    chute_loop_call(&world.process.input_loop, tick, world.api);
    cr_expect_null(chute_serve_why_not_live(world.api), "it has a minute");
    world.api->stuck_loop_ms = 1;
    while (chute_serve_why_not_live(world.api) == NULL) {
        usleep(500);
    }
    cr_expect_str_eq(chute_serve_why_not_live(world.api), "the loop of the outputs does not turn");
    open_gate();
    while (chute_serve_why_not_live(world.api) != NULL) {
        usleep(500);
    }
    chute_loop_call(&world.process.input_loop, tick, world.api);
    while (world.api->ping_sent_ms != 0) {
        usleep(500);
    }
    finish(&world);
}

/* What a counter says of the last minutes. */
Test(health, what_has_been_lately_shows, .timeout = 60) {
    struct world world;
    begin(&world);
    struct chute_pipeline *pipeline = load(
        &world.process, "input { lines { count => 1 endless => true } } output { collect { } }", 1);
    chute_api_attach(world.api, pipeline);
    cr_assert_eq(chute_pipeline_start(pipeline), 0);
    struct chute_counters *counters = &pipeline->outputs[0]->head.counters;
    while (counters->out < 1) {
        usleep(500);
    }
    const struct {
        const char *what, *status;
        _Atomic uint64_t *counter;
    } rows[] = { { "retried, and done since", "green", &counters->retried },
        { "dead-lettered", "yellow", &counters->dead_lettered },
        { "refused and not kept", "red", &counters->unkept } };
    cr_expect_str_eq(chute_serve_status(world.api), "green");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ++*rows[i].counter;
        cr_expect_str_eq(chute_serve_status(world.api), rows[i].status, "%s", rows[i].what);
        chute_watch_destroy(world.api->watches[0]);
        --*rows[i].counter;
        world.api->watches[0] = chute_watch_create(pipeline, chute_now_ms());
    }
    ++counters->retried;
    counters->in_flight = 1;
    cr_expect_str_eq(chute_serve_status(world.api), "yellow", "retried, and still there");
    counters->in_flight = 0;
    for (int what = 0; what < CHUTE_TROUBLES; what++) {
        chute_input_trouble(pipeline->inputs[0], (enum chute_trouble)what, 2);
        cr_expect_str_eq(chute_serve_status(world.api), "yellow", "trouble %d", what);
        chute_input_trouble(pipeline->inputs[0], (enum chute_trouble)what, 0);
        cr_expect_str_eq(chute_serve_status(world.api), "green", "it is over");
    }
    chute_pipeline_stop(pipeline);
    while (!chute_pipeline_is_drained(pipeline)) {
        usleep(500);
    }
    chute_api_detach(world.api, pipeline);
    chute_pipeline_close(pipeline);
    chute_pipeline_destroy(pipeline);
    finish(&world);
}
