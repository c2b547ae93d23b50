/* pipeline/serve/metrics.c - `/metrics`: all counters in Prometheus's text format (version 0.0.4). */
#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pipeline/serve/serve.h"

#define TYPE "text/plain; version=0.0.4; charset=utf-8"
#define REDACTED "redacted/"

/* One of the counters that every plugin and every pipeline has. */
struct row {
    const char *name, *help;
    size_t offset; /* in struct chute_counters */
};

static const struct row rows[] = {
    { "events_in_total", "Events that came in.", offsetof(struct chute_counters, in) },
    { "events_created_total", "Events that filters made.",
        offsetof(struct chute_counters, created) },
    { "events_out_total", "Events that went on, or were delivered.",
        offsetof(struct chute_counters, out) },
    { "events_dropped_total", "Events that were cancelled.",
        offsetof(struct chute_counters, dropped) },
    { "events_dead_lettered_total", "Events that were refused for good and kept.",
        offsetof(struct chute_counters, dead_lettered) },
    { "events_lost_total", "Events that were given up.", offsetof(struct chute_counters, lost) },
    { "events_retried_total", "Events that were tried again, each time.",
        offsetof(struct chute_counters, retried) },
};

static void add_label(struct chute_buf *out, const char *name, struct chute_str value) {
    char last = out->at[out->len - 1];
    chute_buf_printf(out, "%s%s=\"", last == '{' ? "" : ",", name);
    for (size_t i = 0; i < value.len; i++) {
        char byte = value.at[i];
        if (byte == '\\' || byte == '"') {
            chute_buf_add_char(out, '\\');
        }
        chute_buf_add_str(
            out, byte == '\n' ? CHUTE_STR("\\n") : (struct chute_str){ &value.at[i], 1 });
    }
    chute_buf_add_char(out, '"');
}

static void head(struct chute_buf *out, const char *name, const char *help, const char *type) {
    chute_buf_printf(out, "# HELP logchute_%s %s\n# TYPE logchute_%s %s\n", name, help, name, type);
}

static void begin_sample(
    struct chute_buf *out, const char *name, const struct chute_pipeline *pipeline) {
    chute_buf_printf(out, "logchute_%s{", name);
    add_label(out, "pipeline", chute_str_of(pipeline->settings.id));
}

static void add_plugin_labels(struct chute_buf *out, const struct chute_instance *instance) {
    add_label(out, "kind", chute_str_of(instance->kind));
    add_label(out, "name", chute_str_of(instance->name));
    add_label(out, "id", chute_str_of(instance->id));
}

/* Calls `each` for every plugin of every pipeline. */
static void for_plugins(const struct chute_api *api, struct chute_buf *out, const void *what,
    void (*each)(struct chute_buf *out, const struct chute_pipeline *pipeline,
        const struct chute_instance *instance, const void *what)) {
    for (size_t p = 0; p < api->pipeline_count; p++) {
        const struct chute_pipeline *pipeline = api->pipelines[p];
        for (size_t i = 0; i < pipeline->input_count; i++) {
            each(out, pipeline, &pipeline->inputs[i]->head, what);
        }
        for (size_t i = 0; i < pipeline->filter_count; i++) {
            each(out, pipeline, &pipeline->filters[i]->head, what);
        }
        for (size_t i = 0; i < pipeline->output_count; i++) {
            each(out, pipeline, &pipeline->outputs[i]->head, what);
        }
    }
}

/* ------------------------------------------------------------------ counters */

static unsigned long long value_of(const struct chute_counters *counters, const struct row *row) {
    return *(const _Atomic uint64_t *)((const char *)counters + row->offset);
}

static void add_counter(struct chute_buf *out, const struct chute_pipeline *pipeline,
    const struct chute_instance *instance, const void *what) {
    const struct row *row = what;
    char name[64];
    snprintf(name, sizeof(name), "plugin_%s", row->name);
    begin_sample(out, name, pipeline);
    add_plugin_labels(out, instance);
    chute_buf_printf(out, "} %llu\n", value_of(&instance->counters, row));
}

static void add_counters(const struct chute_api *api, struct chute_buf *out) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[64];
        snprintf(name, sizeof(name), "pipeline_%s", rows[i].name);
        head(out, name, rows[i].help, "counter");
        for (size_t p = 0; p < api->pipeline_count; p++) {
            begin_sample(out, name, api->pipelines[p]);
            chute_buf_printf(out, "} %llu\n", value_of(&api->pipelines[p]->counters, &rows[i]));
        }
        snprintf(name, sizeof(name), "plugin_%s", rows[i].name);
        head(out, name, rows[i].help, "counter");
        for_plugins(api, out, &rows[i], add_counter);
    }
    head(out, "pipeline_events_in_flight", "Events that are in the pipeline now.", "gauge");
    for (size_t p = 0; p < api->pipeline_count; p++) {
        begin_sample(out, "pipeline_events_in_flight", api->pipelines[p]);
        chute_buf_printf(out, "} %lld\n", (long long)api->pipelines[p]->counters.in_flight);
    }
}

/* Counters that a plugin named itself; those of redaction have labels of their own. */
static void add_named(struct chute_buf *out, const struct chute_pipeline *pipeline,
    const struct chute_instance *instance, const void *what) {
    bool wants_redacted = *(const bool *)what;
    const struct chute_named_counter *named = instance->named;
    for (; named != NULL; named = named->next) {
        struct chute_str name = chute_str_of(named->name);
        const char *slash = NULL;
        if (chute_str_starts_with(name, CHUTE_STR(REDACTED))) {
            name.at += sizeof(REDACTED) - 1;
            name.len -= sizeof(REDACTED) - 1;
            slash = memchr(name.at, '/', name.len);
        }
        if ((slash != NULL) != wants_redacted) {
            continue;
        }
        begin_sample(out, wants_redacted ? "redacted_total" : "plugin_other_total", pipeline);
        add_plugin_labels(out, instance);
        if (wants_redacted) {
            struct chute_str detector = { name.at, (size_t)(slash - name.at) };
            struct chute_str field = { slash + 1, name.len - detector.len - 1 };
            add_label(out, "detector", detector);
            add_label(out, "field", field);
        } else {
            add_label(out, "what", name);
        }
        chute_buf_printf(out, "} %llu\n", (unsigned long long)named->value);
    }
}

/* ------------------------------------------------------------------ time */

static void add_histogram(struct chute_buf *out, const struct chute_pipeline *pipeline,
    const struct chute_instance *instance, const void *what) {
    (void)what;
    if (strcmp(instance->kind, "input") == 0) {
        return;
    }
    struct chute_buf labels = { 0 };
    begin_sample(&labels, "", pipeline);
    add_plugin_labels(&labels, instance);
    const char *shown = strchr(chute_buf_cstr(&labels), '{');
    unsigned long long count = 0;
    for (size_t i = 0; i < CHUTE_HISTOGRAM_BUCKETS; i++) {
        count += instance->latency.buckets[i];
        if (i + 1 < CHUTE_HISTOGRAM_BUCKETS) {
            chute_buf_printf(out, "logchute_plugin_duration_seconds_bucket%s,le=\"%.9g\"} %llu\n",
                shown, (double)(UINT64_C(1) << i) / 1e6, count);
        }
    }
    chute_buf_printf(
        out, "logchute_plugin_duration_seconds_bucket%s,le=\"+Inf\"} %llu\n", shown, count);
    bool is_output = strcmp(instance->kind, "output") == 0;
    uint64_t nanoseconds =
        is_output ? instance->counters.deliver_nanoseconds : instance->counters.nanoseconds;
    chute_buf_printf(
        out, "logchute_plugin_duration_seconds_sum%s} %.9f\n", shown, (double)nanoseconds / 1e9);
    chute_buf_printf(out, "logchute_plugin_duration_seconds_count%s} %llu\n", shown, count);
    chute_buf_finish(&labels);
}

/* ------------------------------------------------------------------ queue and process */

static void add_queue(const struct chute_api *api, struct chute_buf *out) {
    static const struct {
        const char *name, *help;
    } gauges[] = {
        { "queue_bytes", "Bytes that wait to be decoded." },
        { "queue_max_bytes", "Bytes that may wait before senders are held back." },
        { "queue_oldest_age_seconds", "How long the oldest of them has waited." },
    };
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
        head(out, gauges[i].name, gauges[i].help, "gauge");
        for (size_t p = 0; p < api->pipeline_count; p++) {
            struct chute_queue_state state = chute_queue_look(&api->pipelines[p]->queue);
            begin_sample(out, gauges[i].name, api->pipelines[p]);
            double value = i == 0   ? (double)state.bytes
                           : i == 1 ? (double)state.max_bytes
                                    : (double)state.oldest_ms / 1e3;
            chute_buf_printf(out, "} %.15g\n", value);
        }
    }
}

static double resident_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long long size = 0, resident = 0;
    bool is_read = file != NULL && fscanf(file, "%llu %llu", &size, &resident) == 2;
    if (file != NULL) {
        fclose(file);
    }
    return is_read ? (double)resident * (double)sysconf(_SC_PAGESIZE) : 0;
}

static double open_descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    double count = -3; /* ".", ".." and its own */
    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count < 0 ? 0 : count;
}

static void add_one(
    struct chute_buf *out, const char *name, const char *help, const char *type, double value) {
    head(out, name, help, type);
    chute_buf_printf(out, "logchute_%s %.15g\n", name, value);
}

static void add_process(const struct chute_api *api, struct chute_buf *out) {
    struct rusage usage = { 0 };
    struct rlimit limit = { 0 };
    getrusage(RUSAGE_SELF, &usage);
    getrlimit(RLIMIT_NOFILE, &limit);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    head(out, "build_info", "The version that runs.", "gauge");
    chute_buf_printf(out, "logchute_build_info{version=\"%s\"} 1\n", CHUTE_VERSION);
    add_one(out, "start_time_seconds", "When the process started, since 1970.", "gauge",
        (double)api->started_epoch_ms / 1e3);
    add_one(out, "process_cpu_seconds_total", "Processor time of user and system.", "counter", cpu);
    add_one(
        out, "process_resident_memory_bytes", "Memory that is in use.", "gauge", resident_bytes());
    add_one(out, "process_open_fds", "Open descriptors.", "gauge", open_descriptors());
    add_one(
        out, "process_max_fds", "Descriptors that may be open.", "gauge", (double)limit.rlim_cur);
}

void chute_serve_metrics(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    struct chute_buf out = { 0 };
    const bool is_redacted = true, is_other = false;
    add_process(api, &out);
    add_counters(api, &out);
    head(&out, "plugin_duration_seconds",
        "Time that a filter took for a batch, or an output for a delivery.", "histogram");
    for_plugins(api, &out, NULL, add_histogram);
    head(&out, "redacted_total", "Secrets that the redact filter hid, by what they were and where.",
        "counter");
    for_plugins(api, &out, &is_redacted, add_named);
    head(&out, "plugin_other_total", "What a plugin counts beside its events.", "counter");
    for_plugins(api, &out, &is_other, add_named);
    add_queue(api, &out);
    chute_serve_text(exchange, 200, TYPE, chute_buf_str(&out));
    chute_buf_finish(&out);
}
