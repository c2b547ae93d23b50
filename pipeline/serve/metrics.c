/* pipeline/serve/metrics.c - `/metrics` for Prometheus: every counter as a series, with base units. */
#include <ctype.h>
#include <http_parser.h>
#include <stdlib.h>

#include "pipeline/base/alloc.h"
#include "pipeline/run/dead_letter.h"
#include "pipeline/serve/exposition.h"
#include "pipeline/serve/process.h"
#include "pipeline/serve/serve.h"

#define SECONDS(nanoseconds) ((double)(nanoseconds) / 1e9)
#define NO_LABELS ((struct chute_str){ 0 })

enum kind { INPUT = 1, FILTER = 2, OUTPUT = 4 };

/* One plugin of one pipeline, with its labels. */
struct series {
    enum kind kind;
    const struct chute_instance *head;
    struct chute_input *input;   /* of an input */
    uint64_t idle_ms;            /* the same */
    struct chute_output *output; /* of an output that is open */
    struct chute_str labels;
};

/* What an answer is made of: all plugins of all pipelines. */
struct scrape {
    const struct chute_api *api;
    struct chute_buf *out;
    struct chute_arena arena;
    struct series *series;
    size_t count;
};

static struct chute_str labels_of(struct scrape *scrape, const struct chute_pipeline *pipeline,
    const char *kind, const char *name, const char *id) {
    struct chute_buf labels = { 0 };
    chute_metric_label(&labels, "pipeline", chute_str_of(pipeline->settings.id));
    if (kind != NULL) {
        chute_metric_label(&labels, "kind", chute_str_of(kind));
        chute_metric_label(&labels, "name", chute_str_of(name));
        chute_metric_label(&labels, "id", chute_str_of(id));
    }
    struct chute_str kept = chute_arena_copy(&scrape->arena, chute_buf_str(&labels));
    chute_buf_finish(&labels);
    return kept;
}

static void add_series(struct scrape *scrape, const struct chute_pipeline *pipeline,
    const struct chute_instance *head, struct series made) {
    made.head = head;
    made.labels = labels_of(scrape, pipeline, head->kind, head->name, head->id);
    scrape->series[scrape->count++] = made;
}

static void gather(struct scrape *scrape) {
    size_t count = 0;
    for (size_t p = 0; p < scrape->api->pipeline_count; p++) {
        const struct chute_pipeline *pipeline = scrape->api->pipelines[p];
        count += pipeline->input_count + pipeline->filter_count + pipeline->output_count;
    }
    scrape->series = chute_arena_zeroed(&scrape->arena, sizeof(*scrape->series) * (count + 1));
    for (size_t p = 0; p < scrape->api->pipeline_count; p++) {
        const struct chute_pipeline *pipeline = scrape->api->pipelines[p];
        struct chute_watch *watch = scrape->api->watches[p];
        chute_watch_look(watch, chute_now_ms());
        for (size_t i = 0; i < pipeline->input_count; i++) {
            struct series made = { .kind = INPUT,
                .input = pipeline->inputs[i],
                .idle_ms = chute_watch_quiet_ms(watch, CHUTE_SIGN_GIVEN, i) };
            add_series(scrape, pipeline, &pipeline->inputs[i]->head, made);
        }
        for (size_t i = 0; i < pipeline->filter_count; i++) {
            struct series made = { .kind = FILTER };
            add_series(scrape, pipeline, &pipeline->filters[i]->head, made);
        }
        for (size_t i = 0; i < pipeline->output_count; i++) {
            struct series made = { .kind = OUTPUT,
                .output = pipeline->is_running ? pipeline->outputs[i] : NULL };
            add_series(scrape, pipeline, &pipeline->outputs[i]->head, made);
        }
    }
}

/* ------------------------------------------------------------------ plugins */

/* Counters of events that are in the same place of every plugin: a row a metric. */
static const struct {
    const char *name;
    unsigned kinds;
    size_t offset; /* into struct chute_counters */
    const char *help;
} counts[] = {
#define COUNT(metric, kind_mask, member, text)                                                     \
    {                                                                                              \
        "logchute_plugin_events_" metric "_total", kind_mask,                                      \
            offsetof(struct chute_counters, member), text                                          \
    }
    COUNT("in", FILTER | OUTPUT, in, "Events that came to the plugin."),
    COUNT("created", FILTER, created, "Events that the filter made."),
    COUNT("out", INPUT | FILTER | OUTPUT, out,
        "Events that the input gave, the filter passed on, the output delivered."),
    COUNT("dropped", FILTER, dropped, "Events that the filter cancelled."),
    COUNT("dead_lettered", OUTPUT, dead_lettered, "Events refused for good by the destination."),
    COUNT("lost", OUTPUT, lost, "Events given up at a stop, or refused for good and not kept."),
    COUNT("retried", OUTPUT, retried, "Attempts that will be made again, counted by event."),
#undef COUNT
};

static void add_counts(const struct scrape *scrape) {
    for (size_t m = 0; m < sizeof(counts) / sizeof(counts[0]); m++) {
        chute_metric_begin(scrape->out, counts[m].name, "counter", counts[m].help);
        for (size_t i = 0; i < scrape->count; i++) {
            const struct series *series = &scrape->series[i];
            const char *counters = (const char *)&series->head->counters;
            if ((series->kind & counts[m].kinds) != 0) {
                chute_metric_count(scrape->out, counts[m].name, series->labels,
                    *(const _Atomic uint64_t *)(counters + counts[m].offset));
            }
        }
    }
}

/* Numbers that take some working out: a row a metric. */
static double in_flight(const struct series *series) {
    return (double)series->head->counters.in_flight;
}

static double held_back(const struct series *series) {
    return SECONDS(chute_input_push_ns(series->input));
}

static double idle(const struct series *series) {
    return (double)series->idle_ms / 1000;
}

static double unreadable(const struct series *series) {
    return series->input->troubles[CHUTE_TROUBLE_UNREADABLE];
}

static double unsaved(const struct series *series) {
    return series->input->troubles[CHUTE_TROUBLE_UNSAVED];
}

static double worker_seconds(const struct series *series) {
    return SECONDS(series->head->counters.nanoseconds);
}

static double waiting_bytes(const struct series *series) {
    return series->output == NULL ? 0 : (double)chute_output_look(series->output).waiting_bytes;
}

static double failing(const struct series *series) {
    return series->output == NULL ? 0 : chute_output_look(series->output).failures;
}

static const struct {
    const char *name, *type;
    unsigned kinds;
    double (*value)(const struct series *series);
    const char *help;
} numbers[] = {
    { "logchute_plugin_events_in_flight", "gauge", FILTER | OUTPUT, in_flight,
        "Events that the plugin holds." },
    { "logchute_plugin_worker_seconds_total", "counter", FILTER | OUTPUT, worker_seconds,
        "Time of workers in the plugin; for an output also what they waited for room." },
    { "logchute_input_held_back_seconds_total", "counter", INPUT, held_back,
        "Time for which the input did not read, as the queue was full." },
    { "logchute_input_idle_seconds", "gauge", INPUT, idle,
        "Since the input last gave an event, to within five seconds." },
    { "logchute_input_unreadable_files", "gauge", INPUT, unreadable,
        "Files that the input cannot read." },
    { "logchute_input_unsaved_positions", "gauge", INPUT, unsaved,
        "1 while the positions in files cannot be written." },
    { "logchute_output_waiting_bytes", "gauge", OUTPUT, waiting_bytes,
        "Encoded events that wait for the output, or for an answer to it." },
    { "logchute_output_failed_deliveries_in_a_row", "gauge", OUTPUT, failing,
        "Deliveries since the last one that got anything done: 0 while the destination is there." },
};

static void add_numbers(const struct scrape *scrape) {
    for (size_t m = 0; m < sizeof(numbers) / sizeof(numbers[0]); m++) {
        chute_metric_begin(scrape->out, numbers[m].name, numbers[m].type, numbers[m].help);
        for (size_t i = 0; i < scrape->count; i++) {
            const struct series *series = &scrape->series[i];
            if ((series->kind & numbers[m].kinds) != 0) {
                chute_metric_number(
                    scrape->out, numbers[m].name, series->labels, numbers[m].value(series));
            }
        }
    }
}

static void add_latency(const struct scrape *scrape) {
    static const char name[] = "logchute_plugin_duration_seconds";
    chute_metric_begin(scrape->out, name, "histogram",
        "How long a filter took for a batch, and an output for a delivery.");
    for (size_t i = 0; i < scrape->count; i++) {
        const struct series *series = &scrape->series[i];
        const struct chute_counters *counters = &series->head->counters;
        if (series->kind != INPUT) {
            chute_metric_histogram(scrape->out, name, series->labels, &series->head->latency,
                SECONDS(series->kind == FILTER ? counters->nanoseconds
                                               : counters->deliver_nanoseconds));
        }
    }
}

/* ------------------------------------------------------------------ counters that plugins named themselves */

/* Families of counters: the name, and what its other parts are, in order. */
static const struct {
    const char *family, *metric, *help;
    const char *labels[2];
} families[] = {
    { "redacted", "logchute_redacted_total", "Secrets that were hidden, by what found them.",
        { "detector", "field" } },
    { "bulk_responses", "logchute_bulk_responses_total", "Answers to bulk requests, by status.",
        { "status" } },
};

struct named {
    const char *metric, *help;
    struct chute_str labels;
    uint64_t value;
    size_t order; /* keeps the plugins' order */
};

static const char *metric_of(struct scrape *scrape, struct chute_str name) {
    struct chute_str metric =
        chute_arena_printf(&scrape->arena, "logchute_plugin_%.*s_total", CHUTE_STR_ARGS(name));
    char *at = (char *)metric.at; /* ours, just made */
    for (; *at != '\0'; at++) {
        *at = isalnum((unsigned char)*at) ? (char)tolower((unsigned char)*at) : '_';
    }
    return metric.at;
}

static struct named name_counter(
    struct scrape *scrape, const struct series *series, const struct chute_named_counter *counter) {
    struct chute_str rest = chute_str_of(counter->name);
    struct chute_str name = chute_str_cut(&rest, '/');
    struct named named = {
        .value = counter->value, .labels = series->labels, .help = "Counted by the plugin itself."
    };
    const char *labels[3] = { "key" };
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        if (chute_str_eq(name, chute_str_of(families[i].family))) {
            named.metric = families[i].metric;
            named.help = families[i].help;
            labels[0] = families[i].labels[0];
            labels[1] = families[i].labels[1];
        }
    }
    if (named.metric == NULL) {
        named.metric = metric_of(scrape, name);
    }
    if (rest.len > 0) {
        struct chute_buf text = { 0 };
        chute_buf_add_str(&text, series->labels);
        for (size_t i = 0; labels[i] != NULL; i++) {
            bool is_last = labels[i + 1] == NULL; /* and takes the slashes that are left */
            chute_metric_label(&text, labels[i], is_last ? rest : chute_str_cut(&rest, '/'));
        }
        named.labels = chute_arena_copy(&scrape->arena, chute_buf_str(&text));
        chute_buf_finish(&text);
    }
    return named;
}

static int by_metric(const void *a, const void *b) {
    const struct named *one = a, *other = b;
    int order = strcmp(one->metric, other->metric);
    return order != 0 ? order : (one->order > other->order) - (one->order < other->order);
}

static void add_named(struct scrape *scrape) {
    struct named *all = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < scrape->count; i++) {
        const struct chute_named_counter *at = scrape->series[i].head->named;
        for (; at != NULL; at = at->next) {
            if (count == capacity) {
                capacity = capacity * 2 + 32;
                all = chute_realloc(all, sizeof(*all) * capacity);
            }
            all[count] = name_counter(scrape, &scrape->series[i], at);
            all[count].order = count;
            count++;
        }
    }
    if (count > 0) {
        qsort(all, count, sizeof(*all), by_metric);
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(all[i].metric, all[i - 1].metric) != 0) {
            chute_metric_begin(scrape->out, all[i].metric, "counter", all[i].help);
        }
        chute_metric_count(scrape->out, all[i].metric, all[i].labels, all[i].value);
    }
    chute_free(all);
}

/* ------------------------------------------------------------------ codecs */

static void add_codec_metric(
    struct scrape *scrape, const char *name, const char *help, bool is_seconds) {
    chute_metric_begin(scrape->out, name, "counter", help);
    for (size_t p = 0; p < scrape->api->pipeline_count; p++) {
        const struct chute_pipeline *pipeline = scrape->api->pipelines[p];
        for (size_t i = 0; i < pipeline->codec_count; i++) {
            const struct chute_codec *codec = pipeline->codecs[i];
            const struct chute_codec_counters *counters = codec->counters;
            struct chute_buf labels = { 0 };
            chute_buf_add_str(
                &labels, labels_of(scrape, pipeline, "codec", codec->plugin->name, codec->id));
            size_t len = labels.len;
            chute_metric_label(&labels, "direction", CHUTE_STR("decode"));
            is_seconds ? chute_metric_number(scrape->out, name, chute_buf_str(&labels),
                             SECONDS(counters->decode_nanoseconds))
                       : chute_metric_count(
                             scrape->out, name, chute_buf_str(&labels), counters->decode_out);
            labels.len = len;
            chute_metric_label(&labels, "direction", CHUTE_STR("encode"));
            is_seconds ? chute_metric_number(scrape->out, name, chute_buf_str(&labels),
                             SECONDS(counters->encode_nanoseconds))
                       : chute_metric_count(
                             scrape->out, name, chute_buf_str(&labels), counters->encode_in);
            chute_buf_finish(&labels);
        }
    }
}

/* ------------------------------------------------------------------ pipelines */

#define OF_COUNTERS(name, member)                                                                  \
    static double name(struct chute_pipeline *pipeline) {                                          \
        return (double)pipeline->counters.member;                                                  \
    }
OF_COUNTERS(pipeline_in, in)
OF_COUNTERS(pipeline_created, created)
OF_COUNTERS(pipeline_out, out)
OF_COUNTERS(pipeline_dropped, dropped)
OF_COUNTERS(pipeline_dead_lettered, dead_lettered)
OF_COUNTERS(pipeline_lost, lost)
OF_COUNTERS(pipeline_in_flight, in_flight)

static double pipeline_filtered(struct chute_pipeline *pipeline) {
    return (double)pipeline->filtered;
}

static double pipeline_running(struct chute_pipeline *pipeline) {
    return pipeline->is_running && !pipeline->is_stopping;
}

static double pipeline_workers(struct chute_pipeline *pipeline) {
    return pipeline->settings.workers;
}

static double pipeline_worker_seconds(struct chute_pipeline *pipeline) {
    return SECONDS(pipeline->counters.nanoseconds);
}

static double queue_bytes(struct chute_pipeline *pipeline) {
    return (double)chute_serve_queue(pipeline).bytes;
}

static double queue_limit(struct chute_pipeline *pipeline) {
    return (double)pipeline->settings.queue_bytes;
}

static double queue_age(struct chute_pipeline *pipeline) {
    return (double)chute_serve_queue(pipeline).oldest_ms / 1000;
}

static double dead_letter_bytes(struct chute_pipeline *pipeline) {
    bool has_some = pipeline->is_running && pipeline->settings.dead_letter_bytes > 0;
    return has_some ? (double)chute_dead_letters_bytes(pipeline->dead_letters) : 0;
}

static double dead_letter_limit(struct chute_pipeline *pipeline) {
    return (double)pipeline->settings.dead_letter_bytes;
}

static double dropped_letters(struct chute_pipeline *pipeline) {
    return pipeline->is_running ? (double)chute_dead_letters_dropped(pipeline->dead_letters) : 0;
}

static double none(struct chute_pipeline *pipeline) {
    (void)pipeline;
    return 0;
}

static const struct {
    const char *name, *type;
    double (*value)(struct chute_pipeline *pipeline);
    const char *help;
} of_pipelines[] = {
    { "logchute_pipeline_running", "gauge", pipeline_running, "1 if all inputs are open." },
    { "logchute_pipeline_events_in_total", "counter", pipeline_in, "Events that came in." },
    { "logchute_pipeline_events_created_total", "counter", pipeline_created,
        "Events that filters made." },
    { "logchute_pipeline_events_filtered_total", "counter", pipeline_filtered,
        "Events that came through the filters." },
    { "logchute_pipeline_events_out_total", "counter", pipeline_out,
        "Events that all their outputs delivered." },
    { "logchute_pipeline_events_dropped_total", "counter", pipeline_dropped,
        "Events that filters and conditions cancelled." },
    { "logchute_pipeline_events_dead_lettered_total", "counter", pipeline_dead_lettered,
        "Events refused for good by a destination." },
    { "logchute_pipeline_events_lost_total", "counter", pipeline_lost,
        "Events given up at a stop, or refused for good and not kept." },
    { "logchute_pipeline_events_in_flight", "gauge", pipeline_in_flight,
        "Events between an input and the end of their way." },
    { "logchute_pipeline_workers", "gauge", pipeline_workers, "Worker threads." },
    { "logchute_pipeline_worker_seconds_total", "counter", pipeline_worker_seconds,
        "Time that workers spent on batches." },
    { "logchute_queue_bytes", "gauge", queue_bytes, "What waits between inputs and workers." },
    { "logchute_queue_limit_bytes", "gauge", queue_limit, "From here on inputs do not read." },
    { "logchute_queue_oldest_age_seconds", "gauge", queue_age,
        "For how long the oldest of it has waited." },
    { "logchute_dead_letter_queue_bytes", "gauge", dead_letter_bytes,
        "Dead letters that are kept." },
    { "logchute_dead_letter_queue_limit_bytes", "gauge", dead_letter_limit,
        "From here on the oldest are removed; 0: none are kept." },
    { "logchute_dead_letter_queue_dropped_events_total", "counter", dropped_letters,
        "Dead letters that were removed to make room." },
    { "logchute_pipeline_reloads_total", "counter", none, "Reloads of the configuration." },
    { "logchute_pipeline_reload_failures_total", "counter", none,
        "Reloads that a faulty configuration prevented." },
};

static void add_pipelines(struct scrape *scrape) {
    const struct chute_api *api = scrape->api;
    for (size_t m = 0; m < sizeof(of_pipelines) / sizeof(of_pipelines[0]); m++) {
        chute_metric_begin(
            scrape->out, of_pipelines[m].name, of_pipelines[m].type, of_pipelines[m].help);
        for (size_t p = 0; p < api->pipeline_count; p++) {
            chute_metric_number(scrape->out, of_pipelines[m].name,
                labels_of(scrape, api->pipelines[p], NULL, NULL, NULL),
                of_pipelines[m].value(api->pipelines[p]));
        }
    }
}

/* ------------------------------------------------------------------ the process */

static void add_one(const struct scrape *scrape, const char *name, const char *type, double value,
    const char *help) {
    chute_metric_begin(scrape->out, name, type, help);
    chute_metric_number(scrape->out, name, NO_LABELS, value);
}

static void add_process(const struct scrape *scrape) {
    struct chute_process_facts facts = chute_process_facts();
    chute_metric_begin(
        scrape->out, "logchute_build_info", "gauge", "1; its label tells the version.");
    chute_metric_count(
        scrape->out, "logchute_build_info", CHUTE_STR("version=\"" CHUTE_VERSION "\""), 1);
    add_one(scrape, "logchute_process_cpu_seconds_total", "counter", facts.cpu_seconds,
        "Processor time of the process.");
    add_one(scrape, "logchute_process_resident_memory_bytes", "gauge", (double)facts.resident_bytes,
        "Memory of the process.");
    add_one(scrape, "logchute_process_anonymous_memory_bytes", "gauge",
        (double)facts.anonymous_bytes, "Memory of the process that is no file's.");
    add_one(scrape, "logchute_process_virtual_memory_bytes", "gauge", (double)facts.virtual_bytes,
        "Address space of the process.");
    add_one(scrape, "logchute_process_open_fds", "gauge", (double)facts.open_descriptors,
        "Open file descriptors.");
    add_one(scrape, "logchute_process_max_fds", "gauge", (double)facts.most_descriptors,
        "Most file descriptors that may be open; 0: no limit.");
    add_one(scrape, "logchute_process_threads", "gauge", (double)facts.threads, "Threads.");
    chute_metric_begin(scrape->out, "logchute_process_start_time_seconds", "gauge",
        "When the process was started, in seconds since 1970.");
    chute_buf_printf(
        scrape->out, "logchute_process_start_time_seconds %.3f\n", scrape->api->process_started);
}

void chute_serve_metrics(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    struct chute_buf out = { 0 };
    struct scrape scrape = { .api = api, .out = &out };
    gather(&scrape);
    add_process(&scrape);
    add_pipelines(&scrape);
    add_counts(&scrape);
    add_numbers(&scrape);
    add_latency(&scrape);
    add_named(&scrape);
    add_codec_metric(
        &scrape, "logchute_codec_events_total", "Events that the codec read or wrote.", false);
    add_codec_metric(
        &scrape, "logchute_codec_seconds_total", "Time of workers in the codec.", true);
    chute_serve_text(
        exchange, HTTP_STATUS_OK, "text/plain; version=0.0.4; charset=utf-8", chute_buf_str(&out));
    chute_buf_finish(&out);
    chute_arena_finish(&scrape.arena);
}
