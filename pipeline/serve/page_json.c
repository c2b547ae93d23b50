/* pipeline/serve/page_json.c - `/_logchute/page.json`: what the live page asks for once a second. Counts only go up: the
 * page takes the differences. What does not change, the graph, it takes from /_node/pipelines. */
#include <http_parser.h>

#include "pipeline/base/utf8.h"
#include "pipeline/serve/serve.h"

static void write_counts(
    struct chute_json_writer *writer, const struct chute_counters *counters, uint64_t nanoseconds) {
    chute_write_int(writer, "in", (int64_t)counters->in);
    chute_write_int(writer, "out", (int64_t)counters->out);
    chute_write_int(writer, "created", (int64_t)counters->created);
    chute_write_int(writer, "dropped", (int64_t)counters->dropped);
    chute_write_int(writer, "dead_lettered", (int64_t)counters->dead_lettered);
    chute_write_int(writer, "lost", (int64_t)counters->lost);
    chute_write_int(writer, "retried", (int64_t)counters->retried);
    chute_write_int(writer, "in_flight", counters->in_flight);
    chute_write_int(writer, "nanoseconds", (int64_t)nanoseconds);
}

static void open_plugin(struct chute_json_writer *writer, const struct chute_instance *head) {
    chute_write_open(writer, NULL, '{');
    chute_write_text(writer, "id", head->id);
    chute_write_text(writer, "kind", head->kind);
    chute_write_text(writer, "name", head->name);
}

static void write_inputs(struct chute_json_writer *writer, const struct chute_pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->input_count; i++) {
        const struct chute_input *input = pipeline->inputs[i];
        open_plugin(writer, &input->head);
        write_counts(writer, &input->head.counters, chute_input_push_ns(input));
        chute_write_bool(writer, "has_ended", input->has_ended);
        chute_write_close(writer, '}');
    }
}

static void write_filters(struct chute_json_writer *writer, const struct chute_pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        const struct chute_instance *head = &pipeline->filters[i]->head;
        open_plugin(writer, head);
        write_counts(writer, &head->counters, head->counters.nanoseconds);
        chute_serve_write_latency(writer, "latency", &head->latency);
        chute_write_close(writer, '}');
    }
}

static void write_outputs(struct chute_json_writer *writer, const struct chute_pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->output_count; i++) {
        struct chute_output *output = pipeline->outputs[i];
        const struct chute_instance *head = &output->head;
        open_plugin(writer, head);
        write_counts(writer, &head->counters, head->counters.deliver_nanoseconds);
        chute_serve_write_latency(writer, "latency", &head->latency);
        if (pipeline->is_running) {
            struct chute_output_state state = chute_output_look(output);
            chute_write_int(writer, "waiting_bytes", (int64_t)state.waiting_bytes);
            chute_write_int(writer, "waiting_limit", (int64_t)state.waiting_limit);
            chute_write_int(writer, "failed_deliveries_in_a_row", state.failures);
        }
        chute_write_close(writer, '}');
    }
}

static void write_queue(struct chute_json_writer *writer, struct chute_pipeline *pipeline) {
    struct chute_queue_state state = chute_serve_queue(pipeline);
    chute_write_open(writer, "queue", '{');
    chute_write_int(writer, "bytes", (int64_t)state.bytes);
    chute_write_int(writer, "max_bytes", (int64_t)state.max_bytes);
    chute_write_int(writer, "oldest_ms", (int64_t)state.oldest_ms);
    chute_write_close(writer, '}');
}

static void write_pipeline(struct chute_json_writer *writer, struct chute_pipeline *pipeline) {
    chute_write_open(writer, NULL, '{');
    chute_write_text(writer, "id", pipeline->settings.id);
    chute_write_text(writer, "ephemeral_id", pipeline->ephemeral_id);
    chute_write_int(writer, "workers", pipeline->settings.workers);
    chute_write_open(writer, "events", '{');
    write_counts(writer, &pipeline->counters, pipeline->counters.nanoseconds);
    chute_write_close(writer, '}');
    write_queue(writer, pipeline);
    chute_write_open(writer, "plugins", '[');
    write_inputs(writer, pipeline);
    write_filters(writer, pipeline);
    write_outputs(writer, pipeline);
    chute_write_close(writer, ']');
    chute_write_close(writer, '}');
}

/* ------------------------------------------------------------------ the last errors */

static const struct chute_instance *plugin_of(
    const struct chute_pipeline *pipeline, const char *id) {
    for (size_t i = 0; i < pipeline->input_count; i++) {
        if (strcmp(pipeline->inputs[i]->head.id, id) == 0) {
            return &pipeline->inputs[i]->head;
        }
    }
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        if (strcmp(pipeline->filters[i]->head.id, id) == 0) {
            return &pipeline->filters[i]->head;
        }
    }
    for (size_t i = 0; i < pipeline->output_count; i++) {
        if (strcmp(pipeline->outputs[i]->head.id, id) == 0) {
            return &pipeline->outputs[i]->head;
        }
    }
    return NULL;
}

/* Where the plugin stands of which the record speaks. */
static void write_place(struct chute_json_writer *writer, const struct chute_api *api,
    const struct chute_log_record *record) {
    for (size_t i = 0; i < api->pipeline_count; i++) {
        const struct chute_instance *plugin = plugin_of(
            api->pipelines[i], record->plugin[0] == '\0' ? record->module : record->plugin);
        if (plugin != NULL) {
            chute_write_text(writer, "plugin", plugin->id);
            if (plugin->place.file != NULL) {
                chute_write_text(writer, "file", plugin->place.file);
                chute_write_int(writer, "line", plugin->place.line);
            }
            return;
        }
    }
}

static void write_clean(struct chute_json_writer *writer, const char *key,
    struct chute_arena *arena, const char *text) {
    chute_write_str(writer, key, chute_utf8_replace(arena, chute_str_of(text)));
}

static void write_errors(struct chute_json_writer *writer, const struct chute_api *api) {
    struct chute_log_record records[CHUTE_LOG_RECENT];
    struct chute_arena arena = { 0 };
    size_t count = chute_log_recent(records);
    chute_write_open(writer, "errors", '[');
    for (size_t i = 0; i < count; i++) {
        const struct chute_log_record *record = &records[i];
        chute_write_open(writer, NULL, '{');
        chute_write_int(writer, "at_ms", record->at_ms);
        chute_write_text(writer, "level", chute_log_level_name(record->level));
        chute_write_int(writer, "count", record->count);
        write_clean(writer, "module", &arena, record->module);
        write_clean(writer, "message", &arena, record->message);
        write_place(writer, api, record);
        chute_write_close(writer, '}');
    }
    chute_write_close(writer, ']');
    chute_arena_finish(&arena);
}

void chute_serve_page_json(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    struct chute_buf out = { 0 };
    struct chute_json_writer writer = { .out = &out };
    bool may_see = chute_serve_may_see_events(api, exchange);
    chute_write_open(&writer, NULL, '{');
    chute_write_text(&writer, "name", api->settings.node_name);
    chute_write_text(&writer, "version", CHUTE_VERSION);
    chute_write_text(&writer, "address", api->address);
    chute_write_text(&writer, "status", chute_serve_status(api));
    chute_write_int(&writer, "now_ms", (int64_t)chute_now_ms());
    chute_write_int(&writer, "uptime_ms", (int64_t)(chute_now_ms() - api->started_ms));
    chute_write_bool(&writer, "may_see_events", may_see);
    chute_write_bool(&writer, "has_store", chute_serve_store_path(api) != NULL);
    chute_write_int(&writer, "tail_watchers", api->watchers.count);
    chute_write_open(&writer, "pipelines", '[');
    for (size_t i = 0; i < api->pipeline_count; i++) {
        write_pipeline(&writer, api->pipelines[i]);
    }
    chute_write_close(&writer, ']');
    write_errors(&writer, api);
    chute_http_add_header(exchange, "Cross-Origin-Resource-Policy", "same-origin");
    chute_serve_end(exchange, HTTP_STATUS_OK, &writer);
}
