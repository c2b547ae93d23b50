/* pipeline/serve/health.c - is it alive, is it ready, and what ails it: `/health/live`, `/health/ready`,
 * `/_health_report`. An output that is away, or a full queue, is a concern and no reason to start it anew. */
#include <http_parser.h>

#include "pipeline/base/alloc.h"
#include "pipeline/serve/serve.h"

/* ------------------------------------------------------------------ live and ready */

const char *chute_serve_why_not_live(const struct chute_api *api) {
    /* The input loop turns: it answers this. */
    uint64_t sent_ms = api->ping_sent_ms;
    if (sent_ms != 0 && chute_now_ms() - sent_ms > api->stuck_loop_ms) {
        return "the loop of the outputs does not turn";
    }
    for (size_t i = 0; i < api->pipeline_count; i++) {
        const struct chute_pipeline *pipeline = api->pipelines[i];
        if (pipeline->is_running && chute_workers_busy_ms(pipeline) > api->stuck_worker_ms) {
            return "a worker does not get on with its batch";
        }
    }
    return NULL;
}

const char *chute_serve_why_not_ready(const struct chute_api *api) {
    if (api->pipeline_count == 0) {
        return "there is no pipeline";
    }
    for (size_t i = 0; i < api->pipeline_count; i++) {
        const struct chute_pipeline *pipeline = api->pipelines[i];
        if (pipeline->is_stopping) {
            return "a pipeline stops";
        }
        if (!pipeline->is_running) {
            return "a pipeline is starting";
        }
        if (pipeline->open_inputs == 0) {
            return "the inputs of a pipeline have ended";
        }
    }
    return chute_serve_why_not_live(api);
}

static void answer(struct chute_http_exchange *exchange, const char *good, const char *why_not) {
    struct chute_buf out = { 0 };
    struct chute_json_writer writer = { .out = &out };
    chute_write_open(&writer, NULL, '{');
    chute_write_text(&writer, "status", why_not == NULL ? good : "no");
    if (why_not != NULL) {
        chute_write_text(&writer, "reason", why_not);
    }
    chute_serve_end(
        exchange, why_not == NULL ? HTTP_STATUS_OK : HTTP_STATUS_SERVICE_UNAVAILABLE, &writer);
}

void chute_serve_live(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    answer(exchange, "live", chute_serve_why_not_live(api));
}

void chute_serve_ready(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    answer(exchange, "ready", chute_serve_why_not_ready(api));
}

/* ------------------------------------------------------------------ what ails a pipeline */

enum status { GREEN, UNKNOWN, YELLOW, RED };
static const char *const names[] = { "green", "unknown", "yellow", "red" };
static const char *const words[] = { "healthy", "unknown", "concerning", "unhealthy" };

#define MOST_AILMENTS 32
#define HELD_NS 1000000000 /* shorter, it is but a full queue that gets on */

struct ailment {
    enum status status;
    const char *area; /* "status", "output", "queue", "worker" */
    const char *name;
    const char *plugin; /* whose; NULL: nobody's */
    const char *cause, *action, *impact;
    int severity; /* 1 is worst */
};

struct report {
    const char *state;
    enum status status;
    struct ailment ailments[MOST_AILMENTS];
    size_t count;
};

static void add(struct report *report, struct ailment ailment) {
    report->status = ailment.status > report->status ? ailment.status : report->status;
    if (report->count < MOST_AILMENTS) {
        report->ailments[report->count++] = ailment;
    }
}

static void look_at_state(struct report *report, const struct chute_pipeline *pipeline) {
    report->state = pipeline->is_stopping        ? "TERMINATED"
                    : !pipeline->is_running      ? "LOADING"
                    : pipeline->open_inputs == 0 ? "FINISHED"
                                                 : "RUNNING";
    if (pipeline->is_stopping) {
        add(report, (struct ailment){ .status = RED,
                        .area = "status",
                        .name = "terminated",
                        .cause = "the pipeline was asked to stop",
                        .action = "start it again if that was not meant",
                        .impact = "the pipeline takes no more events",
                        .severity = 1 });
    } else if (!pipeline->is_running) {
        add(report, (struct ailment){ .status = YELLOW,
                        .area = "status",
                        .name = "loading",
                        .cause = "the pipeline is starting",
                        .action = "if it does not come up, look into the log",
                        .impact = "the pipeline takes no events yet",
                        .severity = 1 });
    } else if (pipeline->open_inputs == 0) {
        add(report, (struct ailment){ .status = YELLOW,
                        .area = "status",
                        .name = "finished",
                        .cause = "all inputs have ended",
                        .action = "if it is to run on, give it an input that goes on",
                        .impact = "the pipeline ends when all events have come through",
                        .severity = 10 });
    }
}

static void look_at_outputs(struct report *report, const struct chute_pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->output_count; i++) {
        struct chute_output *output = pipeline->outputs[i];
        struct chute_output_state state = chute_output_look(output);
        if (state.failures > 0) {
            add(report, (struct ailment){ .status = YELLOW,
                            .area = "output",
                            .name = "away",
                            .plugin = output->head.id,
                            .cause = "the output's destination takes nothing",
                            .action = "look whether it runs, can be reached and lets us in; the "
                                      "log tells why deliveries fail",
                            .impact = "its events wait, and inputs are held back when too many do",
                            .severity = 2 });
        }
    }
}

static void look_inside(
    struct report *report, struct chute_pipeline *pipeline, const struct chute_api *api) {
    uint64_t held_ns = 0;
    for (size_t i = 0; i < pipeline->input_count; i++) {
        uint64_t one_ns = chute_input_held_ns(pipeline->inputs[i]);
        held_ns = one_ns > held_ns ? one_ns : held_ns;
    }
    if (held_ns >= HELD_NS) {
        add(report, (struct ailment){ .status = YELLOW,
                        .area = "queue",
                        .name = "full",
                        .cause = "more events come in than go out, and the queue is full",
                        .action = "look for an output that is away or a slow filter; else give "
                                  "it more workers",
                        .impact = "inputs do not read: senders wait, and datagrams are lost",
                        .severity = 2 });
    }
    if (chute_workers_busy_ms(pipeline) > api->stuck_worker_ms) {
        add(report, (struct ailment){ .status = RED,
                        .area = "worker",
                        .name = "stuck",
                        .cause = "a worker does not get on with its batch",
                        .action = "look at /_node/hot_threads and at what filters take",
                        .impact = "events of that batch do not come through",
                        .severity = 1 });
    }
}

static struct report examine(const struct chute_api *api, struct chute_pipeline *pipeline) {
    struct report report = { .status = GREEN };
    look_at_state(&report, pipeline);
    if (pipeline->is_running) {
        look_at_outputs(&report, pipeline);
        look_inside(&report, pipeline, api);
    }
    return report;
}

const char *chute_serve_status(const struct chute_api *api) {
    enum status worst = GREEN;
    for (size_t i = 0; i < api->pipeline_count; i++) {
        struct report report = examine(api, api->pipelines[i]);
        worst = report.status > worst ? report.status : worst;
    }
    return names[worst];
}

/* ------------------------------------------------------------------ the report */

static void write_id(
    struct chute_json_writer *writer, const struct ailment *ailment, const char *kind) {
    char id[128];
    snprintf(
        id, sizeof(id), "logstash:health:pipeline:%s:%s:%s", ailment->area, kind, ailment->name);
    chute_write_text(writer, "id", id);
}

static void write_diagnosis(struct chute_json_writer *writer, const struct ailment *ailment) {
    struct chute_buf cause = { 0 };
    char url[64];
    chute_buf_printf(&cause, "%s%s%s", ailment->plugin == NULL ? "" : ailment->plugin,
        ailment->plugin == NULL ? "" : ": ", ailment->cause);
    snprintf(url, sizeof(url), "docs/api.md#%s-%s", ailment->area, ailment->name);
    chute_write_open(writer, NULL, '{');
    write_id(writer, ailment, "diagnosis");
    chute_write_str(writer, "cause", chute_buf_str(&cause));
    chute_write_text(writer, "action", ailment->action);
    chute_write_text(writer, "help_url", url);
    chute_write_close(writer, '}');
    chute_buf_finish(&cause);
}

static void write_impact(struct chute_json_writer *writer, const struct ailment *ailment) {
    chute_write_open(writer, NULL, '{');
    write_id(writer, ailment, "impact");
    chute_write_int(writer, "severity", ailment->severity);
    chute_write_text(writer, "description", ailment->impact);
    chute_write_open(writer, "impact_areas", '[');
    chute_write_text(writer, NULL, "pipeline_execution");
    chute_write_close(writer, ']');
    chute_write_close(writer, '}');
}

static void write_ailments(struct chute_json_writer *writer, const struct report *report) {
    if (report->count == 0) {
        return;
    }
    chute_write_open(writer, "diagnosis", '[');
    for (size_t i = 0; i < report->count; i++) {
        write_diagnosis(writer, &report->ailments[i]);
    }
    chute_write_close(writer, ']');
    chute_write_open(writer, "impacts", '[');
    for (size_t i = 0; i < report->count; i++) {
        write_impact(writer, &report->ailments[i]);
    }
    chute_write_close(writer, ']');
}

static void write_pipeline(struct chute_json_writer *writer, const struct chute_pipeline *pipeline,
    const struct report *report, struct chute_flow *flow) {
    char symptom[160];
    size_t areas = report->count > 0 ? 1 : 0;
    snprintf(symptom, sizeof(symptom), "The pipeline is %s; %zu %s impacted and %zu %s available.",
        words[report->status], areas, areas == 1 ? "area is" : "areas are", report->count,
        report->count == 1 ? "diagnosis is" : "diagnoses are");
    chute_write_open(writer, pipeline->settings.id, '{');
    chute_write_text(writer, "status", names[report->status]);
    chute_write_text(writer, "symptom", symptom);
    write_ailments(writer, report);
    chute_write_open(writer, "details", '{');
    chute_write_open(writer, "status", '{');
    chute_write_text(writer, "state", report->state);
    chute_write_close(writer, '}');
    chute_flow_look(flow, uv_hrtime());
    chute_write_open(writer, "flow", '{');
    chute_flow_write(
        writer, "worker_utilization", &flow, 1, CHUTE_FLOW_WORKER_NS, CHUTE_FLOW_UTILIZATION);
    chute_write_close(writer, '}');
    chute_write_close(writer, '}');
    chute_write_close(writer, '}');
}

/* "1 indicator is concerning (`a`) and 2 indicators are healthy (`b`, `c`)", the worst first. */
static void write_symptom(
    struct chute_json_writer *writer, const struct chute_api *api, const struct report *reports) {
    struct chute_buf text = { 0 };
    for (int status = RED; status >= GREEN; status--) {
        struct chute_buf ids = { 0 };
        size_t count = 0;
        for (size_t i = 0; i < api->pipeline_count; i++) {
            if ((int)reports[i].status == status) {
                chute_buf_printf(
                    &ids, "%s`%s`", count++ > 0 ? ", " : "", api->pipelines[i]->settings.id);
            }
        }
        if (count > 0) {
            chute_buf_printf(&text, "%s%zu %s %s (%s)", text.len > 0 ? " and " : "", count,
                count == 1 ? "indicator is" : "indicators are", words[status],
                chute_buf_cstr(&ids));
        }
        chute_buf_finish(&ids);
    }
    chute_write_str(
        writer, "symptom", text.len > 0 ? chute_buf_str(&text) : CHUTE_STR("no indicators"));
    chute_buf_finish(&text);
}

void chute_serve_health_report(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    struct report *reports = chute_calloc(api->pipeline_count + 1, sizeof(*reports));
    enum status worst = api->pipeline_count == 0 ? UNKNOWN : GREEN;
    struct chute_buf out = { 0 };
    struct chute_json_writer writer;
    char symptom[96], now[CHUTE_TIME_TEXT_SIZE];
    for (size_t i = 0; i < api->pipeline_count; i++) {
        reports[i] = examine(api, api->pipelines[i]);
        worst = reports[i].status > worst ? reports[i].status : worst;
    }
    snprintf(symptom, sizeof(symptom), "1 indicator is %s (`pipelines`)", words[worst]);
    now[chute_time_format(chute_clock_now(), now)] = '\0';
    chute_serve_begin(api, &writer, &out);
    chute_write_text(&writer, "symptom", symptom);
    chute_write_text(&writer, "timestamp", now);
    chute_write_open(&writer, "indicators", '{');
    chute_write_open(&writer, "pipelines", '{');
    chute_write_text(&writer, "status", names[worst]);
    write_symptom(&writer, api, reports);
    chute_write_open(&writer, "indicators", '{');
    for (size_t i = 0; i < api->pipeline_count; i++) {
        write_pipeline(&writer, api->pipelines[i], &reports[i], api->flows[i]);
    }
    chute_write_close(&writer, '}');
    chute_write_close(&writer, '}');
    chute_write_close(&writer, '}');
    chute_serve_end(exchange, HTTP_STATUS_OK, &writer);
    chute_free(reports);
}
