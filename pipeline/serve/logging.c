/* pipeline/serve/logging.c - `/_node/logging`: what is logged, while the process runs. There is one level for all of the
 * log: the names that Logstash's loggers have all set it. */
#include <ctype.h>
#include <http_parser.h>

#include "pipeline/base/json.h"
#include "pipeline/serve/serve.h"

#define PREFIX CHUTE_STR("logger.")

static void upper_level(char name[16]) {
    snprintf(name, 16, "%s", chute_log_level_name(chute_log_level()));
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)toupper((unsigned char)*at);
    }
}

/* "logstash.inputs.tcp", once, however many there are. */
static void add_logger(struct chute_json_writer *writer, struct chute_buf *seen, const char *level,
    const struct chute_instance *instance) {
    char name[128];
    snprintf(name, sizeof(name), "logstash.%ss.%s", instance->kind, instance->name);
    struct chute_str known = chute_buf_str(seen);
    struct chute_str line = { name, strlen(name) + 1 }; /* its NUL parts it from the next */
    if (known.len > 0 && chute_str_find(known, line) >= 0) {
        return;
    }
    chute_buf_add_str(seen, line);
    chute_write_text(writer, name, level);
}

void chute_serve_logging(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    char level[16];
    struct chute_buf out = { 0 }, seen = { 0 };
    struct chute_json_writer writer;
    upper_level(level);
    chute_serve_begin(api, &writer, &out);
    chute_write_open(&writer, "loggers", '{');
    chute_write_text(&writer, "logstash", level);
    for (size_t p = 0; p < api->pipeline_count; p++) {
        const struct chute_pipeline *pipeline = api->pipelines[p];
        for (size_t i = 0; i < pipeline->input_count; i++) {
            add_logger(&writer, &seen, level, &pipeline->inputs[i]->head);
        }
        for (size_t i = 0; i < pipeline->filter_count; i++) {
            add_logger(&writer, &seen, level, &pipeline->filters[i]->head);
        }
        for (size_t i = 0; i < pipeline->output_count; i++) {
            add_logger(&writer, &seen, level, &pipeline->outputs[i]->head);
        }
    }
    chute_write_close(&writer, '}');
    chute_serve_end(exchange, HTTP_STATUS_OK, &writer);
    chute_buf_finish(&seen);
}

/* Answers {"error":…}, as Logstash does here. */
static void refuse(struct chute_api *api, struct chute_http_exchange *exchange, const char *format,
    struct chute_str first, struct chute_str second) {
    struct chute_buf out = { 0 }, message = { 0 };
    struct chute_json_writer writer;
    chute_buf_printf(&message, format, CHUTE_STR_ARGS(first), CHUTE_STR_ARGS(second));
    chute_serve_begin(api, &writer, &out);
    chute_write_str(&writer, "error", chute_buf_str(&message));
    chute_serve_end(exchange, HTTP_STATUS_BAD_REQUEST, &writer);
    chute_buf_finish(&message);
}

static void acknowledge(struct chute_api *api, struct chute_http_exchange *exchange) {
    struct chute_buf out = { 0 };
    struct chute_json_writer writer;
    chute_log(CHUTE_LOG_INFO, "api", "the level of the log was set", "level",
        chute_log_level_name(chute_log_level()), NULL);
    chute_serve_begin(api, &writer, &out);
    chute_write_bool(&writer, "acknowledged", true);
    chute_serve_end(exchange, HTTP_STATUS_OK, &writer);
}

/* Takes all members or none. */
static void set_levels(struct chute_api *api, struct chute_http_exchange *exchange,
    const struct chute_object *wanted) {
    int level = -1;
    for (uint32_t i = 0; i < wanted->count; i++) {
        const struct chute_member *member = &wanted->members[i];
        struct chute_str key = { member->key, member->key_len };
        struct chute_str text =
            member->value.type == CHUTE_STRING ? chute_value_str(&member->value) : CHUTE_STR("");
        if (!chute_str_starts_with(key, PREFIX)) {
            refuse(api, exchange, "unrecognized option [%.*s]%.*s", key, CHUTE_STR(""));
            return;
        }
        char name[16];
        snprintf(name, sizeof(name), "%.*s", text.len > 15 ? 0 : (int)text.len, text.at);
        level = chute_log_level_of(name);
        if (level < 0) {
            key.at += PREFIX.len;
            key.len -= PREFIX.len;
            refuse(api, exchange, "invalid level[%.*s] for logger[%.*s]", text, key);
            return;
        }
    }
    if (level >= 0) {
        chute_log_set_level((enum chute_log_level)level);
    }
    acknowledge(api, exchange);
}

void chute_serve_set_logging(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    struct chute_arena arena = { 0 };
    struct chute_value value;
    struct chute_json_parser *parser = chute_json_parser_create();
    enum chute_json_status status = chute_json_decode(parser, &arena, exchange->body, &value);
    if (status == CHUTE_JSON_OK && value.type == CHUTE_OBJECT) {
        set_levels(api, exchange, value.as.object);
    } else {
        refuse(api, exchange, "the body is no JSON object%.*s%.*s", CHUTE_STR(""), CHUTE_STR(""));
    }
    chute_json_parser_destroy(parser);
    chute_arena_finish(&arena);
}

void chute_serve_reset_logging(
    struct chute_api *api, struct chute_http_exchange *exchange, const char *part) {
    (void)part;
    chute_log_set_level((enum chute_log_level)api->first_log_level);
    acknowledge(api, exchange);
}
