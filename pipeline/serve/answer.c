/* pipeline/serve/answer.c - the form of all answers. */
#include <http_parser.h>
#include <sys/random.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/serve/serve.h"

void chute_serve_new_id(char id[37]) {
    unsigned char b[16];
    chute_assert(getrandom(b, sizeof(b), 0) == (ssize_t)sizeof(b));
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* version 4: random */
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(id, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
        b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
        b[15]);
}

bool chute_serve_is_asked(const struct chute_http_exchange *exchange, const char *name) {
    struct chute_buf value = { 0 };
    bool is_there = chute_http_parameter(exchange, name, &value);
    struct chute_str text = chute_buf_str(&value);
    bool is_no = chute_str_eq_nocase(text, CHUTE_STR("false")) ||
                 chute_str_eq_nocase(text, CHUTE_STR("no")) || chute_str_eq(text, CHUTE_STR("0"));
    chute_buf_finish(&value);
    return is_there && !is_no;
}

void chute_serve_add_guards(struct chute_http_exchange *exchange) {
    chute_http_add_header(exchange, "X-Content-Type-Options", "nosniff");
    chute_http_add_header(exchange, "Cache-Control", "no-store");
}

void chute_serve_text(
    struct chute_http_exchange *exchange, int status, const char *type, struct chute_str text) {
    chute_serve_add_guards(exchange);
    chute_http_answer(exchange, status, type, text);
}

void chute_serve_json(struct chute_http_exchange *exchange, int status, struct chute_str json) {
    if (!chute_serve_is_asked(exchange, "pretty")) {
        chute_serve_text(exchange, status, "application/json", json);
        return;
    }
    struct chute_buf pretty = { 0 };
    chute_json_pretty(&pretty, json);
    chute_buf_add_char(&pretty, '\n');
    chute_serve_text(exchange, status, "application/json", chute_buf_str(&pretty));
    chute_buf_finish(&pretty);
}

void chute_serve_end(
    struct chute_http_exchange *exchange, int status, struct chute_json_writer *writer) {
    chute_write_close(writer, '}');
    chute_serve_json(exchange, status, chute_buf_str(writer->out));
    chute_buf_finish(writer->out);
}

static const char *words_of(int status) {
    return status == HTTP_STATUS_NOT_FOUND             ? "Not Found"
           : status == HTTP_STATUS_UNAUTHORIZED        ? "Unauthorized"
           : status == HTTP_STATUS_FORBIDDEN           ? "Forbidden"
           : status == HTTP_STATUS_SERVICE_UNAVAILABLE ? "Service Unavailable"
                                                       : "Bad Request";
}

void chute_serve_error(struct chute_http_exchange *exchange, int status, const char *message) {
    struct chute_buf out = { 0 };
    struct chute_json_writer writer = { .out = &out };
    chute_write_open(&writer, NULL, '{');
    chute_write_str(&writer, "path", exchange->path);
    chute_write_int(&writer, "status", status);
    chute_write_open(&writer, "error", '{');
    chute_write_text(&writer, "message", message == NULL ? words_of(status) : message);
    chute_write_close(&writer, '}');
    chute_serve_end(exchange, status, &writer);
}

bool chute_serve_find_pipeline(const struct chute_api *api, struct chute_http_exchange *exchange,
    const char *id, size_t *index) {
    for (*index = 0; *index < api->pipeline_count; ++*index) {
        if (strcmp(api->pipelines[*index]->settings.id, id) == 0) {
            return true;
        }
    }
    chute_serve_error(exchange, HTTP_STATUS_NOT_FOUND, NULL);
    return false;
}

/* The first pipeline's, or, without any, zeros: older clients expect one. */
static void add_pipeline(const struct chute_api *api, struct chute_json_writer *writer) {
    struct chute_pipeline_settings none = { 0 };
    const struct chute_pipeline_settings *settings =
        api->pipeline_count == 0 ? &none : &api->pipelines[0]->settings;
    chute_write_open(writer, "pipeline", '{');
    chute_write_int(writer, "workers", settings->workers);
    chute_write_int(writer, "batch_size", settings->batch_size);
    chute_write_int(writer, "batch_delay", settings->batch_delay_ms);
    chute_write_close(writer, '}');
}

void chute_serve_begin(
    const struct chute_api *api, struct chute_json_writer *writer, struct chute_buf *out) {
    *writer = (struct chute_json_writer){ .out = out };
    chute_write_open(writer, NULL, '{');
    chute_write_text(writer, "host", api->settings.host_name);
    chute_write_text(writer, "version", CHUTE_LOGSTASH_VERSION);
    chute_write_text(writer, "http_address", api->address);
    chute_write_text(writer, "id", api->id);
    chute_write_text(writer, "name", api->settings.node_name);
    chute_write_text(writer, "ephemeral_id", api->ephemeral_id);
    chute_write_bool(writer, "snapshot", false);
    chute_write_text(writer, "status", chute_serve_status(api));
    add_pipeline(api, writer);
}

/* True if the list `names`, parted by commas, holds `name`. */
static bool is_listed(const char *names, const char *name) {
    struct chute_str rest = chute_str_of(names);
    while (rest.len > 0) {
        if (chute_str_eq(chute_str_trim(chute_str_cut(&rest, ',')), chute_str_of(name))) {
            return true;
        }
    }
    return false;
}

void chute_serve_parts(const struct chute_api *api, struct chute_http_exchange *exchange,
    const struct chute_serve_part *parts, const char *wanted) {
    struct chute_buf out = { 0 };
    struct chute_json_writer writer;
    size_t count = 0;
    chute_serve_begin(api, &writer, &out);
    for (; parts->name != NULL; parts++) {
        if (wanted[0] == '\0' || is_listed(wanted, parts->name)) {
            parts->add(api, &writer, exchange);
            count++;
        }
    }
    if (count > 0) {
        chute_serve_end(exchange, HTTP_STATUS_OK, &writer);
    } else {
        chute_buf_finish(&out);
        chute_serve_error(exchange, HTTP_STATUS_NOT_FOUND, NULL);
    }
}
