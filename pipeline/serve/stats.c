/* pipeline/serve/stats.c - `/_node/stats` and its parts: everything that is counted. */
#include <http_parser.h>
#include <stdlib.h>

#include "pipeline/run/dead_letter.h"
#include "pipeline/serve/flow.h"
#include "pipeline/serve/process.h"
#include "pipeline/serve/serve.h"

#define MILLIS(nanoseconds) ((int64_t)((nanoseconds) / 1000000))

/* ------------------------------------------------------------------ the process */

/* There is no Java machine. Where a figure has an equivalent, it is that: the heap is memory that is no file's. */
static void add_jvm_memory(
    struct chute_json_writer *writer, const struct chute_process_facts *facts) {
    static const char *const pools[] = { "young", "old", "survivor" };
    static const char *const sizes[] = { "peak_max_in_bytes", "max_in_bytes", "committed_in_bytes",
        "peak_used_in_bytes", "used_in_bytes" };
    int64_t heap = (int64_t)facts->anonymous_bytes, most = (int64_t)facts->machine_bytes;
    int64_t other = (int64_t)(facts->resident_bytes - facts->anonymous_bytes);
    chute_write_open(writer, "mem", '{');
    chute_write_int(writer, "heap_used_percent", most > 0 ? heap * 100 / most : 0);
    chute_write_int(writer, "heap_committed_in_bytes", heap);
    chute_write_int(writer, "heap_max_in_bytes", most);
    chute_write_int(writer, "heap_used_in_bytes", heap);
    chute_write_int(writer, "non_heap_used_in_bytes", other);
    chute_write_int(writer, "non_heap_committed_in_bytes", other);
    chute_write_open(writer, "pools", '{');
    for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
        chute_write_open(writer, pools[i], '{');
        for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
            chute_write_int(writer, sizes[n], 0);
        }
        chute_write_close(writer, '}');
    }
    chute_write_close(writer, '}');
    chute_write_close(writer, '}');
}

static void add_jvm(const struct chute_api *api, struct chute_json_writer *writer,
    const struct chute_http_exchange *exchange) {
    (void)exchange;
    static const char *const collectors[] = { "young", "old" };
    struct chute_process_facts facts = chute_process_facts();
    chute_write_open(writer, "jvm", '{');
    chute_write_open(writer, "threads", '{');
    chute_write_int(writer, "count", (int64_t)facts.threads);
    chute_write_int(writer, "peak_count",
        (int64_t)(facts.threads > api->most_threads ? facts.threads : api->most_threads));
    chute_write_close(writer, '}');
    add_jvm_memory(writer, &facts);
    chute_write_open(writer, "gc", '{');
    chute_write_open(writer, "collectors", '{');
    for (size_t i = 0; i < sizeof(collectors) / sizeof(collectors[0]); i++) {
        chute_write_open(writer, collectors[i], '{');
        chute_write_int(writer, "collection_count", 0);
        chute_write_int(writer, "collection_time_in_millis", 0);
        chute_write_close(writer, '}');
    }
    chute_write_close(writer, '}');
    chute_write_close(writer, '}');
    chute_write_int(writer, "uptime_in_millis", (int64_t)(chute_now_ms() - api->started_ms));
    chute_write_close(writer, '}');
}

static void add_load(struct chute_json_writer *writer) {
    static const char *const spans[] = { "1m", "5m", "15m" };
    double load[3];
    int count = getloadavg(load, 3);
    chute_write_open(writer, "load_average", '{');
    for (int i = 0; i < count; i++) {
        chute_write_rate(writer, spans[i], load[i]);
    }
    chute_write_close(writer, '}');
}

static void add_process(const struct chute_api *api, struct chute_json_writer *writer,
    const struct chute_http_exchange *exchange) {
    (void)exchange;
    struct chute_process_facts facts = chute_process_facts();
    uint64_t descriptors = facts.open_descriptors;
    chute_write_open(writer, "process", '{');
    chute_write_int(writer, "open_file_descriptors", (int64_t)descriptors);
    chute_write_int(writer, "peak_open_file_descriptors",
        (int64_t)(descriptors > api->most_descriptors ? descriptors : api->most_descriptors));
    chute_write_int(writer, "max_file_descriptors", (int64_t)facts.most_descriptors);
    chute_write_open(writer, "mem", '{');
    chute_write_int(writer, "total_virtual_in_bytes", (int64_t)facts.virtual_bytes);
    chute_write_close(writer, '}');
    chute_write_open(writer, "cpu", '{');
    chute_write_int(writer, "total_in_millis", (int64_t)(facts.cpu_seconds * 1000));
    chute_write_int(writer, "percent", chute_serve_cpu_percent(api, facts.cpu_seconds));
    add_load(writer);
    chute_write_close(writer, '}');
    chute_write_close(writer, '}');
}

static void add_os(const struct chute_api *api, struct chute_json_writer *writer,
    const struct chute_http_exchange *exchange) {
    (void)api;
    (void)exchange;
    struct chute_cgroup_facts facts;
    chute_write_open(writer, "os", '{');
    if (chute_cgroup_facts(&facts)) {
        chute_write_open(writer, "cgroup", '{');
        chute_write_open(writer, "cpuacct", '{');
        chute_write_text(writer, "control_group", facts.path);
        chute_write_int(writer, "usage_nanos", (int64_t)facts.usage_ns);
        chute_write_close(writer, '}');
        chute_write_open(writer, "cpu", '{');
        chute_write_text(writer, "control_group", facts.path);
        chute_write_int(writer, "cfs_period_micros", facts.period_us);
        chute_write_int(writer, "cfs_quota_micros", facts.quota_us);
        chute_write_open(writer, "stat", '{');
        chute_write_int(writer, "number_of_elapsed_periods", (int64_t)facts.periods);
        chute_write_int(writer, "number_of_times_throttled", (int64_t)facts.throttled);
        chute_write_int(writer, "time_throttled_nanos", (int64_t)facts.throttled_ns);
        chute_write_close(writer, '}');
        chute_write_close(writer, '}');
        chute_write_close(writer, '}');
    }
    chute_write_close(writer, '}');
}

/* ------------------------------------------------------------------ events and flow */

struct sums {
    uint64_t in, filtered, out, created, dropped, dead_lettered, lost, nanoseconds, push_ns;
    int64_t in_flight;
};

static void add_up(struct sums *sums, const struct chute_pipeline *pipeline) {
    const struct chute_counters *counters = &pipeline->counters;
    sums->in += counters->in;
    sums->filtered += pipeline->filtered;
    sums->created += counters->created;
    sums->dropped += counters->dropped;
    sums->out += counters->out;
    sums->dead_lettered += counters->dead_lettered;
    sums->lost += counters->lost;
    sums->in_flight += counters->in_flight;
    sums->nanoseconds += counters->nanoseconds;
    for (size_t i = 0; i < pipeline->input_count; i++) {
        sums->push_ns += chute_input_push_ns(pipeline->inputs[i]);
    }
}

/* in + created = out + dropped + dead_lettered + lost + in_flight, once nothing moves. */
static void write_events(struct chute_json_writer *writer, const struct sums *sums) {
    chute_write_open(writer, "events", '{');
    chute_write_int(writer, "in", (int64_t)sums->in);
    chute_write_int(writer, "filtered", (int64_t)sums->filtered);
    chute_write_int(writer, "out", (int64_t)sums->out);
    chute_write_int(writer, "duration_in_millis", MILLIS(sums->nanoseconds));
    chute_write_int(writer, "queue_push_duration_in_millis", MILLIS(sums->push_ns));
    chute_write_int(writer, "created", (int64_t)sums->created);
    chute_write_int(writer, "dropped", (int64_t)sums->dropped);
    chute_write_int(writer, "dead_lettered", (int64_t)sums->dead_lettered);
    chute_write_int(writer, "lost", (int64_t)sums->lost);
    chute_write_int(writer, "in_flight", sums->in_flight);
    chute_write_close(writer, '}');
}

static void add_events(const struct chute_api *api, struct chute_json_writer *writer,
    const struct chute_http_exchange *exchange) {
    (void)exchange;
    struct sums sums = { 0 };
    for (size_t i = 0; i < api->pipeline_count; i++) {
        add_up(&sums, api->pipelines[i]);
    }
    write_events(writer, &sums);
}

/* Of `count` pipelines together; what depends on the number of workers only of one. */
static void write_flow(
    struct chute_json_writer *writer, struct chute_flow *const *flows, size_t count, bool is_one) {
    chute_write_open(writer, "flow", '{');
    chute_flow_write(
        writer, "input_throughput", flows, count, CHUTE_FLOW_IN, CHUTE_FLOW_PER_SECOND);
    chute_flow_write(
        writer, "filter_throughput", flows, count, CHUTE_FLOW_FILTERED, CHUTE_FLOW_PER_SECOND);
    chute_flow_write(
        writer, "output_throughput", flows, count, CHUTE_FLOW_OUT, CHUTE_FLOW_PER_SECOND);
    chute_flow_write(
        writer, "queue_backpressure", flows, count, CHUTE_FLOW_PUSH_NS, CHUTE_FLOW_CONCURRENCY);
    chute_flow_write(
        writer, "worker_concurrency", flows, count, CHUTE_FLOW_WORKER_NS, CHUTE_FLOW_CONCURRENCY);
    if (is_one) {
        chute_flow_write(
            writer, "worker_utilization", flows, 1, CHUTE_FLOW_WORKER_NS, CHUTE_FLOW_UTILIZATION);
    }
    chute_write_close(writer, '}');
}

static void add_flow(const struct chute_api *api, struct chute_json_writer *writer,
    const struct chute_http_exchange *exchange) {
    (void)exchange;
    for (size_t i = 0; i < api->pipeline_count; i++) {
        chute_flow_look(api->flows[i], uv_hrtime());
    }
    write_flow(writer, api->flows, api->pipeline_count, false);
}

/* ------------------------------------------------------------------ plugins */

/* Counters that the plugin named itself: alone, or, with a slash, those of a family as one object. */
static void add_named(struct chute_json_writer *writer, const struct chute_instance *instance) {
    for (const struct chute_named_counter *at = instance->named; at != NULL; at = at->next) {
        const char *slash = strchr(at->name, '/');
        if (slash == NULL) {
            chute_write_int(writer, at->name, (int64_t)at->value);
            continue;
        }
        size_t len = (size_t)(slash - at->name) + 1;
        const struct chute_named_counter *first = instance->named;
        while (strncmp(first->name, at->name, len) != 0) {
            first = first->next;
        }
        if (first != at) {
            continue; /* written with the first of its family */
        }
        char family[64];
        snprintf(family, sizeof(family), "%.*s", (int)len - 1, at->name);
        chute_write_open(writer, family, '{');
        for (const struct chute_named_counter *one = at; one != NULL; one = one->next) {
            if (strncmp(one->name, at->name, len) == 0) {
                chute_write_int(writer, one->name + len, (int64_t)one->value);
            }
        }
        chute_write_close(writer, '}');
    }
}

static void open_plugin(struct chute_json_writer *writer, const struct chute_instance *instance) {
    chute_write_open(writer, NULL, '{');
    chute_write_text(writer, "id", instance->id);
    chute_write_text(writer, "name", instance->name);
}

static void write_plugin_flow(
    struct chute_json_writer *writer, struct chute_flow *const *flow, size_t index) {
    size_t value = chute_flow_of_plugin(index);
    chute_write_open(writer, "flow", '{');
    chute_flow_write(writer, "worker_utilization", flow, 1, value + 1, CHUTE_FLOW_UTILIZATION);
    chute_flow_write(
        writer, "worker_millis_per_event", flow, 1, value + 1, CHUTE_FLOW_MILLIS_PER_EVENT);
    chute_write_close(writer, '}');
}

static void add_inputs(struct chute_json_writer *writer, const struct chute_pipeline *pipeline,
    struct chute_flow *const *flow) {
    chute_write_open(writer, "inputs", '[');
    for (size_t i = 0; i < pipeline->input_count; i++) {
        const struct chute_input *input = pipeline->inputs[i];
        open_plugin(writer, &input->head);
        chute_write_open(writer, "events", '{');
        chute_write_int(writer, "out", (int64_t)input->head.counters.out);
        chute_write_int(
            writer, "queue_push_duration_in_millis", MILLIS(chute_input_push_ns(input)));
        chute_write_close(writer, '}');
        chute_write_open(writer, "flow", '{');
        chute_flow_write(
            writer, "throughput", flow, 1, chute_flow_of_plugin(i), CHUTE_FLOW_PER_SECOND);
        chute_write_close(writer, '}');
        add_named(writer, &input->head);
        chute_write_close(writer, '}');
    }
    chute_write_close(writer, ']');
}

static void add_codecs(struct chute_json_writer *writer, const struct chute_pipeline *pipeline) {
    chute_write_open(writer, "codecs", '[');
    for (size_t i = 0; i < pipeline->codec_count; i++) {
        const struct chute_codec *codec = pipeline->codecs[i];
        const struct chute_codec_counters *counters = codec->counters;
        chute_write_open(writer, NULL, '{');
        chute_write_text(writer, "id", codec->id);
        chute_write_text(writer, "name", codec->plugin->name);
        chute_write_open(writer, "decode", '{');
        chute_write_int(writer, "writes_in", (int64_t)counters->decode_in);
        chute_write_int(writer, "out", (int64_t)counters->decode_out);
        chute_write_int(writer, "duration_in_millis", MILLIS(counters->decode_nanoseconds));
        chute_write_close(writer, '}');
        chute_write_open(writer, "encode", '{');
        chute_write_int(writer, "writes_in", (int64_t)counters->encode_in);
        chute_write_int(writer, "duration_in_millis", MILLIS(counters->encode_nanoseconds));
        chute_write_close(writer, '}');
        chute_write_close(writer, '}');
    }
    chute_write_close(writer, ']');
}

static void write_counts(
    struct chute_json_writer *writer, const struct chute_counters *counters, uint64_t nanoseconds) {
    chute_write_open(writer, "events", '{');
    chute_write_int(writer, "duration_in_millis", MILLIS(nanoseconds));
    chute_write_int(writer, "in", (int64_t)counters->in);
    chute_write_int(writer, "out", (int64_t)counters->out);
    chute_write_int(writer, "created", (int64_t)counters->created);
    chute_write_int(writer, "dropped", (int64_t)counters->dropped);
    chute_write_int(writer, "dead_lettered", (int64_t)counters->dead_lettered);
    chute_write_int(writer, "lost", (int64_t)counters->lost);
    chute_write_int(writer, "retried", (int64_t)counters->retried);
    chute_write_int(writer, "in_flight", counters->in_flight);
    chute_write_close(writer, '}');
}

void chute_serve_write_latency(
    struct chute_json_writer *writer, const char *key, const struct chute_histogram *histogram) {
    size_t count = CHUTE_HISTOGRAM_BUCKETS;
    while (count > 0 && histogram->buckets[count - 1] == 0) {
        count--;
    }
    chute_write_open(writer, key, '[');
    for (size_t i = 0; i < count; i++) {
        chute_write_int(writer, NULL, (int64_t)histogram->buckets[i]);
    }
    chute_write_close(writer, ']');
}

static void add_filters(struct chute_json_writer *writer, const struct chute_pipeline *pipeline,
    struct chute_flow *const *flow) {
    chute_write_open(writer, "filters", '[');
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        const struct chute_instance *head = &pipeline->filters[i]->head;
        open_plugin(writer, head);
        write_counts(writer, &head->counters, head->counters.nanoseconds);
        chute_serve_write_latency(writer, "latency_micros", &head->latency);
        write_plugin_flow(writer, flow, pipeline->input_count + i);
        add_named(writer, head);
        chute_write_close(writer, '}');
    }
    chute_write_close(writer, ']');
}

static uint64_t named(const struct chute_instance *instance, const char *name) {
    const struct chute_named_counter *at = instance->named;
    while (at != NULL && strcmp(at->name, name) != 0) {
        at = at->next;
    }
    return at == NULL ? 0 : at->value;
}

/* What Logstash's elasticsearch output tells beside its events. */
static void add_bulk(struct chute_json_writer *writer, const struct chute_instance *head) {
    static const char prefix[] = "bulk_responses/";
    uint64_t with_errors = named(head, "bulk_requests_with_errors"), good = 0;
    chute_write_open(writer, "documents", '{');
    chute_write_int(writer, "successes", (int64_t)head->counters.out);
    chute_write_int(writer, "non_retryable_failures", (int64_t)head->counters.dead_lettered);
    chute_write_int(writer, "retryable_failures", (int64_t)head->counters.retried);
    chute_write_close(writer, '}');
    chute_write_open(writer, "bulk_requests", '{');
    chute_write_open(writer, "responses", '{');
    for (const struct chute_named_counter *at = head->named; at != NULL; at = at->next) {
        if (strncmp(at->name, prefix, sizeof(prefix) - 1) == 0) {
            const char *status = at->name + sizeof(prefix) - 1;
            chute_write_int(writer, status, (int64_t)at->value);
            good += status[0] == '2' ? at->value : 0;
        }
    }
    chute_write_close(writer, '}');
    chute_write_int(writer, "successes", (int64_t)(good > with_errors ? good - with_errors : 0));
    chute_write_int(writer, "with_errors", (int64_t)with_errors);
    chute_write_int(writer, "failures", (int64_t)named(head, "bulk_requests_failed"));
    chute_write_int(writer, "bytes", (int64_t)named(head, "bulk_bytes"));
    chute_write_int(writer, "wire_bytes", (int64_t)named(head, "bulk_wire_bytes"));
    chute_write_close(writer, '}');
}

static void add_outputs(struct chute_json_writer *writer, const struct chute_pipeline *pipeline,
    struct chute_flow *const *flow) {
    chute_write_open(writer, "outputs", '[');
    for (size_t i = 0; i < pipeline->output_count; i++) {
        const struct chute_instance *head = &pipeline->outputs[i]->head;
        bool is_bulk =
            strcmp(head->name, "elasticsearch") == 0 || strcmp(head->name, "opensearch") == 0;
        open_plugin(writer, head);
        write_counts(writer, &head->counters, head->counters.deliver_nanoseconds);
        chute_serve_write_latency(writer, "latency_micros", &head->latency);
        write_plugin_flow(writer, flow, pipeline->input_count + pipeline->filter_count + i);
        if (is_bulk) {
            add_bulk(writer, head);
        } else {
            add_named(writer, head);
        }
        chute_write_close(writer, '}');
    }
    chute_write_close(writer, ']');
}

/* ------------------------------------------------------------------ pipelines */

static void add_reloads(struct chute_json_writer *writer) {
    chute_write_open(writer, "reloads", '{');
    chute_write_int(writer, "successes", 0);
    chute_write_null(writer, "last_error");
    chute_write_int(writer, "failures", 0);
    chute_write_null(writer, "last_failure_timestamp");
    chute_write_null(writer, "last_success_timestamp");
    chute_write_close(writer, '}');
}

struct chute_queue_state chute_serve_queue(struct chute_pipeline *pipeline) {
    return pipeline->is_running
               ? chute_queue_look(&pipeline->queue)
               : (struct chute_queue_state){ .max_bytes = pipeline->settings.queue_bytes };
}

static void add_queue(struct chute_json_writer *writer, struct chute_pipeline *pipeline) {
    struct chute_queue_state state = chute_serve_queue(pipeline);
    chute_write_open(writer, "queue", '{');
    chute_write_text(writer, "type", "memory");
    chute_write_int(
        writer, "events_count", 0); /* in bytes: they are counted when they are decoded */
    chute_write_int(writer, "queue_size_in_bytes", (int64_t)state.bytes);
    chute_write_int(writer, "max_queue_size_in_bytes", (int64_t)state.max_bytes);
    chute_write_int(writer, "oldest_age_in_millis", (int64_t)state.oldest_ms);
    chute_write_close(writer, '}');
}

static void add_dead_letters(
    struct chute_json_writer *writer, const struct chute_pipeline *pipeline) {
    if (pipeline->settings.dead_letter_bytes == 0) {
        return;
    }
    size_t bytes = pipeline->is_running ? chute_dead_letters_bytes(pipeline->dead_letters) : 0;
    uint64_t dropped =
        pipeline->is_running ? chute_dead_letters_dropped(pipeline->dead_letters) : 0;
    chute_write_open(writer, "dead_letter_queue", '{');
    chute_write_int(writer, "queue_size_in_bytes", (int64_t)bytes);
    chute_write_int(
        writer, "max_queue_size_in_bytes", (int64_t)pipeline->settings.dead_letter_bytes);
    chute_write_int(writer, "dropped_events", (int64_t)dropped);
    chute_write_int(writer, "expired_events", 0);
    chute_write_text(writer, "last_error", "no errors");
    chute_write_text(writer, "storage_policy", "drop_older");
    chute_write_close(writer, '}');
}

static void add_one_pipeline(struct chute_json_writer *writer, struct chute_pipeline *pipeline,
    struct chute_flow *const *flow, bool has_vertices) {
    struct sums sums = { 0 };
    add_up(&sums, pipeline);
    chute_flow_look(*flow, uv_hrtime());
    chute_write_open(writer, pipeline->settings.id, '{');
    write_events(writer, &sums);
    write_flow(writer, flow, 1, true);
    chute_write_open(writer, "plugins", '{');
    add_inputs(writer, pipeline, flow);
    add_codecs(writer, pipeline);
    add_filters(writer, pipeline, flow);
    add_outputs(writer, pipeline, flow);
    chute_write_close(writer, '}');
    add_reloads(writer);
    add_queue(writer, pipeline);
    add_dead_letters(writer, pipeline);
    chute_write_text(writer, "hash", pipeline->settings.hash);
    chute_write_text(writer, "ephemeral_id", pipeline->ephemeral_id);
    if (has_vertices) {
        chute_serve_graph(writer, pipeline, true);
    }
    chute_write_close(writer, '}');
}

static void add_pipelines(const struct chute_api *api, struct chute_json_writer *writer,
    const struct chute_http_exchange *exchange) {
    bool has_vertices = chute_serve_is_asked(exchange, "vertices");
    chute_write_open(writer, "pipelines", '{');
    for (size_t i = 0; i < api->pipeline_count; i++) {
        add_one_pipeline(writer, api->pipelines[i], &api->flows[i], has_vertices);
    }
    chute_write_close(writer, '}');
}

static void add_all_reloads(const struct chute_api *api, struct chute_json_writer *writer,
    const struct chute_http_exchange *exchange) {
    (void)api;
    (void)exchange;
    chute_write_open(writer, "reloads", '{');
    chute_write_int(writer, "successes", 0);
    chute_write_int(writer, "failures", 0);
    chute_write_close(writer, '}');
}

static void add_all_queues(const struct chute_api *api, struct chute_json_writer *writer,
    const struct chute_http_exchange *exchange) {
    (void)api;
    (void)exchange;
    chute_write_open(writer, "queue", '{');
    chute_write_int(writer, "events_count", 0);
    chute_write_close(writer, '}');
}

static const struct chute_serve_part parts[] = {
    { "jvm", add_jvm },
    { "process", add_process },
    { "events", add_events },
    { "flow", add_flow },
    { "pipelines", add_pipelines },
    { "reloads", add_all_reloads },
    { "os", add_os },
    { "queue", add_all_queues },
    { 0 },
};

void chute_serve_stats(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    chute_serve_parts(api, exchange, parts, part);
}

void chute_serve_stats_pipeline(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    struct chute_buf out = { 0 };
    struct chute_json_writer writer;
    size_t index;
    if (!chute_serve_find_pipeline(api, exchange, part, &index)) {
        return;
    }
    chute_serve_begin(api, &writer, &out);
    chute_write_open(&writer, "pipelines", '{');
    add_one_pipeline(&writer, api->pipelines[index], &api->flows[index],
        chute_serve_is_asked(exchange, "vertices"));
    chute_write_close(&writer, '}');
    chute_serve_end(exchange, HTTP_STATUS_OK, &writer);
}
