/* outputs/elasticsearch/template.c - the index template for indices that this output writes to. */
#include "outputs/elasticsearch/elasticsearch.h"

/* Without ECS: text with a keyword beside it, as Logstash's users query it. */
static const char plain_mappings[] =
    "{\"dynamic_templates\":["
    "{\"message_field\":{\"path_match\":\"message\",\"match_mapping_type\":\"string\","
    "\"mapping\":{\"type\":\"text\",\"norms\":false}}},"
    "{\"string_fields\":{\"match\":\"*\",\"match_mapping_type\":\"string\","
    "\"mapping\":{\"type\":\"text\",\"norms\":false,"
    "\"fields\":{\"keyword\":{\"type\":\"keyword\",\"ignore_above\":256}}}}}],"
    "\"properties\":{\"@timestamp\":{\"type\":\"date\"},\"@version\":{\"type\":\"keyword\"},"
    "\"geoip\":{\"dynamic\":true,\"properties\":{\"ip\":{\"type\":\"ip\"},"
    "\"location\":{\"type\":\"geo_point\"},\"latitude\":{\"type\":\"half_float\"},"
    "\"longitude\":{\"type\":\"half_float\"}}}}}";

/* With ECS: keywords, and the types that the schema gives to addresses, places and long texts. */
static const char ecs_mappings[] =
    "{\"date_detection\":false,\"dynamic_templates\":["
    "{\"ip_fields\":{\"path_match\":\"*.ip\",\"match_mapping_type\":\"string\","
    "\"mapping\":{\"type\":\"ip\",\"ignore_malformed\":true}}},"
    "{\"strings_as_keyword\":{\"match_mapping_type\":\"string\","
    "\"mapping\":{\"type\":\"keyword\",\"ignore_above\":1024}}}],"
    "\"properties\":{\"@timestamp\":{\"type\":\"date\"},\"@version\":{\"type\":\"keyword\"},"
    "\"message\":{\"type\":\"text\",\"norms\":false},"
    "\"tags\":{\"type\":\"keyword\",\"ignore_above\":1024},"
    "\"error\":{\"properties\":{\"message\":{\"type\":\"text\",\"norms\":false},"
    "\"stack_trace\":{\"type\":\"keyword\",\"doc_values\":false,\"index\":false}}},"
    "\"event\":{\"properties\":{\"created\":{\"type\":\"date\"},\"start\":{\"type\":\"date\"},"
    "\"end\":{\"type\":\"date\"},\"ingested\":{\"type\":\"date\"},"
    "\"original\":{\"type\":\"keyword\",\"doc_values\":false,\"index\":false}}},"
    "\"client\":{\"properties\":{\"geo\":{\"properties\":{\"location\":{\"type\":\"geo_point\"}}}}}"
    ","
    "\"destination\":{\"properties\":{\"geo\":{\"properties\":"
    "{\"location\":{\"type\":\"geo_point\"}}}}},"
    "\"host\":{\"properties\":{\"geo\":{\"properties\":{\"location\":{\"type\":\"geo_point\"}}}}},"
    "\"server\":{\"properties\":{\"geo\":{\"properties\":{\"location\":{\"type\":\"geo_point\"}}}}}"
    ","
    "\"source\":{\"properties\":{\"geo\":{\"properties\":"
    "{\"location\":{\"type\":\"geo_point\"}}}}}}}";

static const char index_settings[] =
    "{\"index\":{\"refresh_interval\":\"5s\",\"number_of_shards\":1}}";

static void add_ours(
    const struct es_settings *settings, bool is_composable, struct chute_buf *out) {
    bool has_ecs = settings->ecs != CHUTE_ECS_DISABLED;
    chute_buf_printf(out, "{\"index_patterns\":[\"%s\"],\"version\":%d,",
        has_ecs ? "ecs-logstash-*" : "logstash-*", 80001);
    if (is_composable) {
        chute_buf_add_str(out, CHUTE_STR("\"priority\":200,\"template\":{"));
    }
    chute_buf_printf(out, "\"settings\":%s,\"mappings\":%s", index_settings,
        has_ecs ? ecs_mappings : plain_mappings);
    chute_buf_add_str(out, is_composable ? CHUTE_STR("}}") : CHUTE_STR("}"));
}

/* The object under `name`, made if it is not there. */
static struct chute_object *object_in(
    struct chute_arena *arena, struct chute_object *parent, struct chute_str name) {
    struct chute_value *value = chute_object_get(parent, name);
    if (value == NULL || value->type != CHUTE_OBJECT) {
        chute_object_set(arena, parent, name, chute_object_new(arena, 4));
        value = chute_object_get(parent, name);
    }
    return value->as.object;
}

/* Binds the template to the rollover alias and, where there are such, its policy. */
static void bind_policy(const struct es_settings *settings, bool is_composable, bool has_policies,
    struct chute_arena *arena, struct chute_object *template) {
    struct chute_value patterns = chute_array_new(arena, 1);
    chute_array_add(arena, patterns.as.array,
        chute_string(
            chute_arena_printf(arena, "%.*s-*", CHUTE_STR_ARGS(settings->ilm_rollover_alias))));
    const struct chute_value *old = chute_object_get(template, CHUTE_STR("template"));
    if (old != NULL && old->type != CHUTE_OBJECT) {
        chute_object_remove(template, CHUTE_STR("template")); /* a pattern, before version 6 */
        old = NULL;
    }
    chute_object_set(arena, template, CHUTE_STR("index_patterns"), patterns);
    if (!has_policies) {
        return;
    }
    bool is_nested =
        old != NULL || (is_composable && chute_object_get(template, CHUTE_STR("settings")) == NULL);
    struct chute_object *home =
        is_nested ? object_in(arena, template, CHUTE_STR("template")) : template;
    struct chute_object *wanted = object_in(arena, home, CHUTE_STR("settings"));
    chute_object_set(
        arena, wanted, CHUTE_STR("index.lifecycle.name"), chute_string(settings->ilm_policy));
    chute_object_set(arena, wanted, CHUTE_STR("index.lifecycle.rollover_alias"),
        chute_string(settings->ilm_rollover_alias));
}

void chute_elasticsearch_template(const struct es_settings *settings, bool is_composable,
    bool has_policies, struct chute_buf *out) {
    struct chute_buf source = { 0 };
    if (settings->template_json.at != NULL) {
        chute_buf_add_str(&source, settings->template_json);
    } else {
        add_ours(settings, is_composable, &source);
    }
    if (!settings->uses_ilm) {
        chute_buf_add_str(out, chute_buf_str(&source));
        chute_buf_finish(&source);
        return;
    }
    struct chute_arena arena = { 0 };
    struct chute_json_parser *json = chute_json_parser_create();
    struct chute_value template = chute_null();
    if (chute_json_decode(json, &arena, chute_buf_str(&source), &template) == CHUTE_JSON_OK &&
        template.type == CHUTE_OBJECT) {
        bind_policy(settings, is_composable, has_policies, &arena, template.as.object);
    }
    chute_json_encode(out, &template);
    chute_json_parser_destroy(json);
    chute_arena_finish(&arena);
    chute_buf_finish(&source);
}
