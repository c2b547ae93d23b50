/* What the engine measures, and where it adds it up. */
#include "test_plugins.h"

static const struct {
    uint64_t nanoseconds;
    size_t bucket;
} rows[] = {
    { 0, 0 },
    { 1000, 0 },
    { 1001, 1 },
    { 2000, 1 },
    { 2001, 2 },
    { 4000, 2 },
    { 1000000, 10 },
    { 1024000, 10 },
    { 1024001, 11 },
    { 67108864000, 26 },
    { 67108864001, 27 },
    { UINT64_MAX - 999, 27 },
};

Test(measure, buckets_double) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t bucket = chute_histogram_bucket(rows[i].nanoseconds);
        cr_expect_eq(bucket, rows[i].bucket, "%llu ns: %zu",
            (unsigned long long)rows[i].nanoseconds, bucket);
    }
}

static uint64_t sum_of(const struct chute_histogram *histogram) {
    uint64_t sum = 0;
    for (size_t i = 0; i < CHUTE_HISTOGRAM_BUCKETS; i++) {
        sum += histogram->buckets[i];
    }
    return sum;
}

Test(measure, every_plugin_has_its_time, .timeout = 60) {
    struct chute_process process;
    forget();
    chute_process_start(&process);
    struct chute_pipeline *pipeline = load(&process,
        "input { lines { count => 5000 } } filter { drop_every { every => 5 } } output { collect { "
        "} }",
        1);
    cr_expect_not(pipeline->is_running);
    cr_assert_eq(chute_pipeline_start(pipeline), 0);
    cr_expect(pipeline->is_running);
    while (!chute_pipeline_is_drained(pipeline)) {
        usleep(500);
    }
    const struct chute_instance *filter = &pipeline->filters[0]->head;
    const struct chute_instance *output = &pipeline->outputs[0]->head;
    const struct chute_codec_counters *codec = pipeline->inputs[0]->codec->counters;
    cr_expect_eq(pipeline->filtered, 4000);
    cr_expect_eq(codec->decode_out, 5000);
    cr_expect_gt(codec->decode_in, 0);
    cr_expect_gt(codec->decode_nanoseconds, 0);
    cr_expect_geq(sum_of(&filter->latency), 50, "one for each batch of 100");
    cr_expect_gt(filter->counters.nanoseconds, 0);
    cr_expect_eq(sum_of(&output->latency), (uint64_t)seen.deliveries);
    cr_expect_gt(output->counters.deliver_nanoseconds, 0);
    cr_expect_gt(pipeline->counters.nanoseconds, filter->counters.nanoseconds +
                                                     output->counters.nanoseconds +
                                                     codec->decode_nanoseconds / 2);
    cr_expect_eq(chute_workers_busy_ms(pipeline), 0);
    cr_expect_not_null(filter->place.file);
    cr_expect_eq(filter->place.line, 1);
    cr_expect_eq(filter->place.column, 44);
    chute_pipeline_close(pipeline);
    chute_pipeline_destroy(pipeline);
    chute_process_finish(&process);
}
