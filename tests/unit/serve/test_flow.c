/* Rates at times that the test makes up. */
#include <criterion/criterion.h>

#include "pipeline/base/alloc.h"
#include "pipeline/serve/flow.h"

#define SECOND UINT64_C(1000000000)

static struct chute_pipeline pipeline = { .settings = { .workers = 2 } };
static struct chute_flow *flow;
static uint64_t now;

static void set_up(void) {
    now = 1000 * SECOND;
    flow = chute_flow_create(&pipeline, now);
}
static void tear_down(void) {
    chute_flow_destroy(flow);
}
TestSuite(flow, .init = set_up, .fini = tear_down);

/* Lets `seconds` pass with `rate` events a second, of which each takes a worker a millisecond. */
static void pass(uint64_t seconds, uint64_t rate) {
    for (uint64_t i = 1; i <= seconds; i++) {
        now += SECOND;
        pipeline.counters.in += rate;
        pipeline.counters.nanoseconds += rate * 1000000;
        if (now % (5 * SECOND) == 0) {
            chute_flow_tick(flow, now);
        }
    }
}

static void expect(size_t value, enum chute_flow_kind kind, const char *want) {
    struct chute_buf out = { 0 };
    struct chute_json_writer writer = { .out = &out };
    chute_flow_look(flow, now);
    chute_flow_write(&writer, NULL, &flow, 1, value, kind);
    cr_expect_str_eq(chute_buf_cstr(&out), want, "got %s", chute_buf_cstr(&out));
    chute_buf_finish(&out);
}

Test(flow, nothing_has_passed) {
    expect(CHUTE_FLOW_IN, CHUTE_FLOW_PER_SECOND, "{}");
}

Test(flow, a_window_shows_once_it_has_passed) {
    pass(3, 100);
    expect(CHUTE_FLOW_IN, CHUTE_FLOW_PER_SECOND, "{\"current\":100.0,\"lifetime\":100.0}");
    pass(57, 100);
    expect(CHUTE_FLOW_IN, CHUTE_FLOW_PER_SECOND,
        "{\"current\":100.0,\"last_1_minute\":100.0,\"lifetime\":100.0}");
    pass(60, 400);
    expect(CHUTE_FLOW_IN, CHUTE_FLOW_PER_SECOND,
        "{\"current\":400.0,\"last_1_minute\":400.0,\"lifetime\":250.0}");
}

Test(flow, all_windows) {
    pass(86400, 1);
    pass(60, 601);
    expect(CHUTE_FLOW_IN, CHUTE_FLOW_PER_SECOND,
        "{\"current\":601.0,\"last_1_minute\":601.0,\"last_5_minutes\":117.1,\"last_15_minutes\":"
        "38.50,\"last_1_hour\":10.84,\"last_24_hours\":1.416,\"lifetime\":1.416}");
}

Test(flow, kinds) {
    pass(10, 500);
    expect(
        CHUTE_FLOW_WORKER_NS, CHUTE_FLOW_CONCURRENCY, "{\"current\":0.5000,\"lifetime\":0.5000}");
    expect(CHUTE_FLOW_WORKER_NS, CHUTE_FLOW_UTILIZATION, "{\"current\":25.00,\"lifetime\":25.00}");
    cr_expect_float_eq(chute_flow_utilization(flow), 25, 1e-9);
    expect(CHUTE_FLOW_FILTERED + 1, CHUTE_FLOW_MILLIS_PER_EVENT, "{}"); /* of no events */
}

Test(flow, the_slowest_filter_and_its_share) {
    static struct chute_filter filters[2];
    static struct chute_filter *list[] = { &filters[0], &filters[1] };
    static struct chute_pipeline two = {
        .settings = { .workers = 1 }, .filters = list, .filter_count = 2
    };
    double share;
    struct chute_flow *of_two = chute_flow_create(&two, now);
    cr_expect_eq(chute_flow_slowest_filter(of_two, &share), -1, "nothing has passed");
    chute_flow_look(of_two, now + 10 * SECOND);
    cr_expect_eq(chute_flow_slowest_filter(of_two, &share), -1, "nothing was done");
    filters[0].head.counters.nanoseconds = 1 * SECOND;
    filters[1].head.counters.nanoseconds = 6 * SECOND;
    two.counters.nanoseconds = 8 * SECOND;
    chute_flow_look(of_two, now + 10 * SECOND);
    cr_expect_eq(chute_flow_slowest_filter(of_two, &share), 1);
    cr_expect_float_eq(share, 0.75, 1e-9);
    filters[1].head.counters.nanoseconds = 9 * SECOND;
    chute_flow_look(of_two, now + 10 * SECOND);
    cr_expect_eq(chute_flow_slowest_filter(of_two, &share), 1);
    cr_expect_float_eq(share, 1, 1e-9, "the pipeline's own number comes a batch later");
    chute_flow_destroy(of_two);
}
