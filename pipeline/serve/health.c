/* pipeline/serve/health.c - is it alive, is it ready, and what ails it: `/health/live`, `/health/ready`,
 * `/_health_report`. An output that is away, or a full queue, is a concern and no reason to start it anew. */
#include <http_parser.h>

#include "pipeline/base/alloc.h"
#include "pipeline/serve/process.h"
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
#define RETRIED_MS 30000   /* more than outputs wait between attempts at most */
#define RECENT_MS 300000   /* for how long something that was is told of */
#define FEW_DESCRIPTORS 8
#define SLOW_SHARE 0.5

/* What can be found; docs/health.md has a section for each, `area-name`. */
static const struct ailment {
    enum status status;
    const char *area, *name;
    int severity; /* 1 is worst */
    const char *cause, *action, *impact;
} terminated = { RED, "status", "terminated", 1, "the pipeline was asked to stop",
    "start it again if that was not meant", "the pipeline takes no more events" },
  loading = { YELLOW, "status", "loading", 1, "the pipeline is starting",
      "if it does not come up, look into the log", "the pipeline takes no events yet" },
  finished = { YELLOW, "status", "finished", 10, "all inputs have ended",
      "if it is to run on, give it an input that goes on",
      "the pipeline ends when all events have come through" },
  away = { YELLOW, "output", "away", 2, "the output's destination takes nothing",
      "look whether it runs, can be reached, has room and lets us in; the log tells why deliveries "
      "fail",
      "its events wait, and inputs are held back when too many do" },
  refusing = { YELLOW, "output", "refusing", 3,
      "the output's destination refuses a part of the events for now: they are tried again",
      "look at the indices that the log names: one may be blocked, closed or over its limit",
      "these events wait, and inputs are held back when too many do" },
  rejecting = { YELLOW, "output", "rejecting", 3,
      "the output's destination has refused events for good in the last five minutes",
      "look at the reasons in the dead-letter file; mend the mapping, or the filters",
      "these events are in the dead-letter file and not where they should be" },
  losing = { RED, "output", "losing", 1,
      "events were refused for good in the last five minutes, and could not be kept",
      "give the disk of path.data room, and look at the log for why dead letters cannot be written",
      "these events are lost" },
  letters_full = { YELLOW, "dead_letters", "full", 3,
      "the dead-letter folder is full: the oldest letters were removed in the last five minutes",
      "take care of why events are refused; dead_letter_queue.max_bytes bounds the folder",
      "the oldest refused events are gone for good" },
  queue_full = { YELLOW, "queue", "full", 2,
      "more events come in than go out, and the queue is full",
      "look for an output that is away or a slow filter; else give it more workers",
      "inputs do not read: senders wait, and datagrams are lost" },
  slow = { YELLOW, "filter", "slow", 2,
      "workers spend most of their time in this filter, and the queue is full",
      "look at its patterns, and at worker_millis_per_event; else give the pipeline more workers",
      "events come through more slowly than they come in" },
  slow_output = { YELLOW, "output", "slow", 2,
      "the output takes events more slowly than they come: as many wait for it as may",
      "look at its destination: what it reads, its disk, its load",
      "workers wait for it, and then inputs do not read" },
  stuck = { RED, "worker", "stuck", 1, "a worker does not get on with its batch",
      "look at /_node/hot_threads and at what filters take",
      "events of that batch do not come through" },
  unreadable = { YELLOW, "input", "unreadable", 3, "files cannot be read",
      "the log names them and why; give the user of logchute the right to read them",
      "their lines do not come; all other files are read" },
  unsaved = { YELLOW, "input", "unsaved", 3, "positions in files cannot be written",
      "give the disk room, and the user of logchute the right to write the sincedb",
      "after a restart, lines that came through already would come again" },
  descriptors = { YELLOW, "process", "descriptors", 2, "the process has no file descriptors left",
      "raise the limit of open files (ulimit -n, LimitNOFILE), or close connections",
      "new connections wait, and files cannot be opened" };

struct report {
    const char *state;
    enum status status;
    struct {
        const struct ailment *what;
        const char *plugin; /* whose; NULL: nobody's */
    } found[MOST_AILMENTS];
    size_t count;
};

static void add(struct report *report, const struct ailment *what, const char *plugin) {
    report->status = what->status > report->status ? what->status : report->status;
    if (report->count < MOST_AILMENTS) {
        report->found[report->count].what = what;
        report->found[report->count++].plugin = plugin;
    }
}

static void look_at_state(struct report *report, const struct chute_pipeline *pipeline) {
    if (pipeline->is_stopping) {
        report->state = "TERMINATED";
        add(report, &terminated, NULL);
    } else if (!pipeline->is_running) {
        report->state = "LOADING";
        add(report, &loading, NULL);
    } else if (pipeline->open_inputs == 0) {
        report->state = "FINISHED";
        add(report, &finished, NULL);
    } else {
        report->state = "RUNNING";
    }
}

static void look_at_inputs(struct report *report, const struct chute_pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->input_count; i++) {
        const struct chute_input *input = pipeline->inputs[i];
        if (input->troubles[CHUTE_TROUBLE_UNREADABLE] > 0) {
            add(report, &unreadable, input->head.id);
        }
        if (input->troubles[CHUTE_TROUBLE_UNSAVED] > 0) {
            add(report, &unsaved, input->head.id);
        }
    }
}

static void look_at_outputs(
    struct report *report, const struct chute_pipeline *pipeline, const struct chute_watch *watch) {
    for (size_t i = 0; i < pipeline->output_count; i++) {
        struct chute_output *output = pipeline->outputs[i];
        const struct chute_instance *head = &output->head;
        if (chute_output_look(output).failures > 0) {
            add(report, &away, head->id);
        } else if (head->counters.in_flight > 0 && chute_watch_grew(watch, CHUTE_SIGN_RETRIED, i,
                                                       RETRIED_MS + output->limits.retry_max_ms)) {
            add(report, &refusing, head->id);
        }
        if (chute_watch_grew(watch, CHUTE_SIGN_DEAD_LETTERED, i, RECENT_MS)) {
            add(report, &rejecting, head->id);
        }
        if (chute_watch_grew(watch, CHUTE_SIGN_UNKEPT, i, RECENT_MS)) {
            add(report, &losing, head->id);
        }
    }
    if (chute_watch_grew(watch, CHUTE_SIGN_DROPPED_LETTERS, 0, RECENT_MS)) {
        add(report, &letters_full, NULL);
    }
}

static void look_at_slow_outputs(struct report *report, const struct chute_pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->output_count; i++) {
        struct chute_output_state state = chute_output_look(pipeline->outputs[i]);
        if (state.failures == 0 && state.waiting_bytes >= state.waiting_limit) {
            add(report, &slow_output, pipeline->outputs[i]->head.id);
        }
    }
}

static void look_at_queue(
    struct report *report, const struct chute_pipeline *pipeline, struct chute_flow *flow) {
    uint64_t held_ns = 0;
    for (size_t i = 0; i < pipeline->input_count; i++) {
        uint64_t one_ns = chute_input_held_ns(pipeline->inputs[i]);
        held_ns = one_ns > held_ns ? one_ns : held_ns;
    }
    if (held_ns >= HELD_NS) {
        double share;
        chute_flow_look(flow, uv_hrtime());
        add(report, &queue_full, NULL);
        look_at_slow_outputs(report, pipeline);
        int filter = chute_flow_slowest_filter(flow, &share);
        if (filter >= 0 && share >= SLOW_SHARE) {
            add(report, &slow, pipeline->filters[filter]->head.id);
        }
    }
}

/* Descriptors are the process's: every pipeline suffers. */
static bool has_descriptors(void) {
    struct chute_process_facts facts = chute_process_facts();
    return facts.most_descriptors == 0 ||
           facts.open_descriptors + FEW_DESCRIPTORS < facts.most_descriptors;
}

static struct report examine(const struct chute_api *api, size_t index) {
    struct chute_pipeline *pipeline = api->pipelines[index];
    struct chute_watch *watch = api->watches[index];
    struct report report = { .status = GREEN };
    look_at_state(&report, pipeline);
    if (!pipeline->is_running) {
        return report;
    }
    chute_watch_look(watch, chute_now_ms());
    look_at_inputs(&report, pipeline);
    look_at_outputs(&report, pipeline, watch);
    look_at_queue(&report, pipeline, api->flows[index]);
    if (chute_workers_busy_ms(pipeline) > api->stuck_worker_ms) {
        add(&report, &stuck, NULL);
    }
    if (!has_descriptors()) {
        add(&report, &descriptors, NULL);
    }
    return report;
}

const char *chute_serve_status(const struct chute_api *api) {
    enum status worst = GREEN;
    for (size_t i = 0; i < api->pipeline_count; i++) {
        struct report report = examine(api, i);
        worst = report.status > worst ? report.status : worst;
    }
    return names[worst];
}

/* ------------------------------------------------------------------ the report */

static void write_id(
    struct chute_json_writer *writer, const struct ailment *what, const char *kind) {
    char id[128];
    snprintf(id, sizeof(id), "logstash:health:pipeline:%s:%s:%s", what->area, kind, what->name);
    chute_write_text(writer, "id", id);
}

static void write_diagnosis(
    struct chute_json_writer *writer, const struct ailment *what, const char *plugin) {
    struct chute_buf cause = { 0 };
    char url[64];
    chute_buf_printf(
        &cause, "%s%s%s", plugin == NULL ? "" : plugin, plugin == NULL ? "" : ": ", what->cause);
    snprintf(url, sizeof(url), "docs/health.md#%s-%s", what->area, what->name);
    chute_write_open(writer, NULL, '{');
    write_id(writer, what, "diagnosis");
    chute_write_str(writer, "cause", chute_buf_str(&cause));
    chute_write_text(writer, "action", what->action);
    chute_write_text(writer, "help_url", url);
    chute_write_close(writer, '}');
    chute_buf_finish(&cause);
}

static void write_impact(struct chute_json_writer *writer, const struct ailment *what) {
    chute_write_open(writer, NULL, '{');
    write_id(writer, what, "impact");
    chute_write_int(writer, "severity", what->severity);
    chute_write_text(writer, "description", what->impact);
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
        write_diagnosis(writer, report->found[i].what, report->found[i].plugin);
    }
    chute_write_close(writer, ']');
    chute_write_open(writer, "impacts", '[');
    for (size_t i = 0; i < report->count; i++) {
        write_impact(writer, report->found[i].what);
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
        reports[i] = examine(api, i);
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
