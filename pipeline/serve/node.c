/* pipeline/serve/node.c - what the node is: `/`, `/_node` and its parts, `/_node/plugins`. */
#include <http_parser.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "pipeline/run/plugin_names.h"
#include "pipeline/serve/serve.h"

#define RELOAD_INTERVAL_NS 3000000000

void chute_serve_root(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    struct chute_buf out = { 0 };
    struct chute_json_writer writer;
    chute_http_add_header(exchange, "Vary", "Accept"); /* a browser gets the page */
    chute_serve_begin(api, &writer, &out);
    chute_write_text(&writer, "build_date", "");
    chute_write_text(&writer, "build_sha", "");
    chute_write_bool(&writer, "build_snapshot", false);
    chute_write_open(&writer, "logchute", '{');
    chute_write_text(&writer, "version", CHUTE_VERSION);
    chute_write_close(&writer, '}');
    chute_serve_end(exchange, HTTP_STATUS_OK, &writer);
}

/* ------------------------------------------------------------------ the parts of /_node */

static void add_one_pipeline(struct chute_json_writer *writer,
    const struct chute_pipeline *pipeline, const struct chute_http_exchange *exchange) {
    const struct chute_pipeline_settings *settings = &pipeline->settings;
    struct chute_buf folder = { 0 };
    chute_write_open(writer, settings->id, '{');
    chute_write_text(writer, "ephemeral_id", pipeline->ephemeral_id);
    chute_write_text(writer, "hash", settings->hash);
    chute_write_int(writer, "workers", settings->workers);
    chute_write_int(writer, "batch_size", settings->batch_size);
    chute_write_int(writer, "batch_delay", settings->batch_delay_ms);
    chute_write_bool(writer, "config_reload_automatic", false);
    chute_write_int(writer, "config_reload_interval", RELOAD_INTERVAL_NS);
    chute_write_bool(writer, "dead_letter_queue_enabled", settings->dead_letter_bytes > 0);
    if (settings->dead_letter_bytes > 0) {
        chute_buf_printf(&folder, "%s/dead_letter_queue/%s", settings->path_data, settings->id);
        chute_write_str(writer, "dead_letter_queue_path", chute_buf_str(&folder));
    }
    if (chute_serve_is_asked(exchange, "graph")) {
        chute_write_open(writer, "graph", '{');
        chute_write_open(writer, "graph", '{');
        chute_serve_graph(writer, pipeline, false);
        chute_write_close(writer, '}');
        chute_write_text(writer, "type", "lir");
        chute_write_text(writer, "version", "0.0.0");
        chute_write_text(writer, "hash", settings->hash);
        chute_write_close(writer, '}');
    }
    chute_write_close(writer, '}');
    chute_buf_finish(&folder);
}

static void add_pipelines(const struct chute_api *api, struct chute_json_writer *writer,
    const struct chute_http_exchange *exchange) {
    chute_write_open(writer, "pipelines", '{');
    for (size_t i = 0; i < api->pipeline_count; i++) {
        add_one_pipeline(writer, api->pipelines[i], exchange);
    }
    chute_write_close(writer, '}');
}

static void add_os(const struct chute_api *api, struct chute_json_writer *writer,
    const struct chute_http_exchange *exchange) {
    (void)api;
    (void)exchange;
    struct utsname name;
    uname(&name);
    chute_write_open(writer, "os", '{');
    chute_write_text(writer, "name", name.sysname);
    chute_write_text(writer, "arch", strcmp(name.machine, "x86_64") == 0 ? "amd64" : name.machine);
    chute_write_text(writer, "version", name.release);
    chute_write_int(writer, "available_processors", sysconf(_SC_NPROCESSORS_ONLN));
    chute_write_close(writer, '}');
}

/* There is no Java machine: what is a number is 0, and the rest says so. */
static void add_jvm(const struct chute_api *api, struct chute_json_writer *writer,
    const struct chute_http_exchange *exchange) {
    (void)exchange;
    static const char *const sizes[] = { "heap_init_in_bytes", "heap_max_in_bytes",
        "non_heap_init_in_bytes", "non_heap_max_in_bytes" };
    chute_write_open(writer, "jvm", '{');
    chute_write_int(writer, "pid", getpid());
    chute_write_text(writer, "version", "none");
    chute_write_text(writer, "vm_version", "none");
    chute_write_text(writer, "vm_vendor", "none");
    chute_write_text(writer, "vm_name", "none: logchute " CHUTE_VERSION);
    chute_write_int(writer, "start_time_in_millis", api->started_epoch_ms);
    chute_write_open(writer, "mem", '{');
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        chute_write_int(writer, sizes[i], 0);
    }
    chute_write_close(writer, '}');
    chute_write_open(writer, "gc_collectors", '[');
    chute_write_close(writer, ']');
    chute_write_close(writer, '}');
}

static const struct chute_serve_part parts[] = {
    { "pipelines", add_pipelines },
    { "os", add_os },
    { "jvm", add_jvm },
    { 0 },
};

void chute_serve_node(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    chute_serve_parts(api, exchange, parts, part);
}

void chute_serve_node_pipeline(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    struct chute_buf out = { 0 };
    struct chute_json_writer writer;
    size_t index;
    if (!chute_serve_find_pipeline(api, exchange, part, &index)) {
        return;
    }
    chute_serve_begin(api, &writer, &out);
    chute_write_open(&writer, "pipelines", '{');
    add_one_pipeline(&writer, api->pipelines[index], exchange);
    chute_write_close(&writer, '}');
    chute_serve_end(exchange, HTTP_STATUS_OK, &writer);
}

/* ------------------------------------------------------------------ plugins */

void chute_serve_plugins(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    struct chute_arena arena = { 0 };
    size_t count;
    const struct chute_plugin_name *names = chute_plugin_names(&arena, &count);
    struct chute_buf out = { 0 };
    struct chute_json_writer writer;
    chute_serve_begin(api, &writer, &out);
    chute_write_int(&writer, "total", (int64_t)count);
    chute_write_open(&writer, "plugins", '[');
    for (size_t i = 0; i < count; i++) {
        chute_write_open(&writer, NULL, '{');
        chute_write_text(&writer, "name", names[i].full);
        chute_write_text(&writer, "version", CHUTE_VERSION);
        chute_write_close(&writer, '}');
    }
    chute_write_close(&writer, ']');
    chute_serve_end(exchange, HTTP_STATUS_OK, &writer);
    chute_arena_finish(&arena);
}
