/* outputs/elasticsearch/prepare.c - which options go together, and what follows from them for every event. */

#include "outputs/elasticsearch/elasticsearch.h"
#include "pipeline/base/number.h"

#define IDENTIFIER_MAX 100

/* Options that an index needs and a data stream has no use for. */
static const char *const not_for_streams[] = { "index", "document_type", "template",
    "template_name", "template_overwrite", "template_api", "legacy_template", "version",
    "version_type", "parent", "join_field", "upsert", "doc_as_upsert", "script", "script_type",
    "script_lang", "script_var_name", "scripted_upsert", "retry_on_conflict", "ilm_enabled",
    "ilm_rollover_alias", "ilm_pattern", "ilm_policy", NULL };
static const char *const stream_options[] = { "data_stream_type", "data_stream_dataset",
    "data_stream_namespace", "data_stream_sync_fields", "data_stream_auto_routing", NULL };
static const char *const actions[] = { "index", "create", "update", "delete", NULL };
static const char *const version_types[] = { "internal", "external", "external_gt", "external_gte",
    "force", NULL };
static const char *const stream_types[] = { "logs", "metrics", "synthetics", "traces", NULL };

bool chute_elasticsearch_is_set(const struct chute_prepare *prepare, const char *option) {
    if (chute_prepare_is_set(prepare, option)) {
        return true;
    }
    for (const struct chute_option *row = chute_elasticsearch_options; row->name != NULL; row++) {
        if (row->alias_of != NULL && strcmp(row->alias_of, option) == 0 &&
            chute_prepare_is_set(prepare, row->name)) {
            return true;
        }
    }
    return false;
}

static bool is_action(struct chute_str text) {
    for (size_t i = 0; actions[i] != NULL; i++) {
        if (chute_str_eq(text, chute_str_of(actions[i]))) {
            return true;
        }
    }
    return false;
}

/* The first of `names` that the configuration sets, or NULL. */
static const char *first_set(const struct chute_prepare *prepare, const char *const *names) {
    for (size_t i = 0; names[i] != NULL; i++) {
        if (chute_elasticsearch_is_set(prepare, names[i])) {
            return names[i];
        }
    }
    return NULL;
}

/* The option that speaks against a data stream, or NULL. */
static const char *against_stream(
    const struct es_settings *settings, const struct chute_prepare *prepare) {
    if (settings->action != NULL &&
        !chute_str_eq(chute_template_text(settings->action), CHUTE_STR("create"))) {
        return "action";
    }
    if (chute_elasticsearch_is_set(prepare, "manage_template") && settings->manage_template) {
        return "manage_template";
    }
    return first_set(prepare, not_for_streams);
}

static bool check_identifier(
    const struct chute_prepare *prepare, const char *option, struct chute_str text) {
    if (text.len == 0 || text.len > IDENTIFIER_MAX) {
        chute_prepare_refuse(prepare, option, "has to have 1 to %d bytes", IDENTIFIER_MAX);
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '\0' && strchr("\\/*?\"<>| ,#:", text.at[i]) != NULL) {
            chute_prepare_refuse(prepare, option,
                "may hold no blank and none of \\ / * ? \" < > | , # : in a data stream's name");
            return false;
        }
    }
    return true;
}

/* Decides on a data stream. False after it refused. */
static bool prepare_stream(struct es_settings *settings, const struct chute_prepare *prepare) {
    const char *against = against_stream(settings, prepare);
    if (settings->data_stream == ES_TRUE) {
        if (against != NULL) {
            chute_prepare_refuse(
                prepare, against, "%s does not go with data_stream => true", against);
            return false;
        }
        if (prepare->ecs == CHUTE_ECS_DISABLED) {
            chute_prepare_refuse(prepare, "data_stream",
                "data streams need ECS: remove ecs_compatibility => disabled");
            return false;
        }
        settings->is_data_stream = true;
    } else {
        settings->is_data_stream = settings->data_stream == ES_AUTO && against == NULL &&
                                   prepare->ecs != CHUTE_ECS_DISABLED && !settings->is_opensearch;
    }
    const char *needless = first_set(prepare, stream_options);
    if (!settings->is_data_stream && needless != NULL) {
        chute_prepare_refuse(prepare, needless,
            "%s has a meaning only for a data stream, and none is used here", needless);
        return false;
    }
    return check_identifier(prepare, "data_stream_dataset", settings->data_stream_dataset) &&
           check_identifier(prepare, "data_stream_namespace", settings->data_stream_namespace);
}

/* An empty name is what a variable gives that nobody set. False after it refused. */
static bool check_names(struct es_settings *settings, const struct chute_prepare *prepare) {
    struct chute_str *const optional[] = { &settings->ilm_rollover_alias,
        &settings->template_name };
    for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
        if (optional[i]->len == 0) {
            optional[i]->at = NULL;
        }
    }
    if (settings->index != NULL && chute_template_text(settings->index).len == 0) {
        chute_prepare_refuse(
            prepare, "index", "index is empty; leave it out for the default, or name one");
        return false;
    }
    return true;
}

/* Where events go when no event says otherwise. */
static void prepare_index(struct es_settings *settings, const struct chute_prepare *prepare) {
    struct chute_arena *arena = prepare->arena;
    bool has_ecs = prepare->ecs != CHUTE_ECS_DISABLED;
    if (settings->is_data_stream) {
        settings->fixed_index = chute_arena_printf(arena, "%s-%.*s-%.*s",
            stream_types[settings->data_stream_type], CHUTE_STR_ARGS(settings->data_stream_dataset),
            CHUTE_STR_ARGS(settings->data_stream_namespace));
        return;
    }
    settings->index_is_default = settings->index == NULL;
    bool has_alias = settings->ilm_rollover_alias.at != NULL;
    settings->uses_ilm = settings->ilm_enabled == ES_TRUE
                             ? settings->index_is_default || has_alias
                             : settings->ilm_enabled == ES_AUTO && has_alias;
    if (!has_alias) {
        settings->ilm_rollover_alias = has_ecs ? CHUTE_STR("ecs-logstash") : CHUTE_STR("logstash");
    }
    if (settings->uses_ilm) {
        if (!settings->index_is_default) {
            chute_prepare_warn(prepare, "index",
                "index is not used: events go to the rollover alias \"%s\"",
                settings->ilm_rollover_alias.at);
        }
        settings->index_is_default = false;
        settings->fixed_index = settings->ilm_rollover_alias;
        return;
    }
    if (settings->index == NULL) {
        settings->index = chute_template_compile(arena,
            has_ecs ? CHUTE_STR("ecs-logstash-%{+yyyy.MM.dd}")
                    : CHUTE_STR("logstash-%{+yyyy.MM.dd}"),
            prepare->escape_style);
    }
    if (chute_template_is_constant(settings->index)) {
        settings->fixed_index = chute_template_text(settings->index);
    }
}

static bool prepare_action(struct es_settings *settings, const struct chute_prepare *prepare) {
    if (settings->is_data_stream) {
        settings->fixed_action = CHUTE_STR("create");
        return true;
    }
    if (settings->action == NULL) {
        settings->fixed_action = CHUTE_STR("index");
        return true;
    }
    if (!chute_template_is_constant(settings->action)) {
        return true;
    }
    settings->fixed_action = chute_template_text(settings->action);
    if (!is_action(settings->fixed_action)) {
        chute_prepare_refuse(prepare, "action",
            "action has to be index, create, update, delete or a text with %%{fields}");
        return false;
    }
    return true;
}

static bool check_versions(
    const struct es_settings *settings, const struct chute_prepare *prepare) {
    bool is_external = settings->version_type > 0 && settings->version_type < 4;
    if (!is_external) {
        return true;
    }
    if (settings->version == NULL) {
        chute_prepare_refuse(
            prepare, "version_type", "an external version_type needs option version");
        return false;
    }
    if (chute_str_eq(settings->fixed_action, CHUTE_STR("update")) ||
        chute_str_eq(settings->fixed_action, CHUTE_STR("create"))) {
        chute_prepare_refuse(prepare, "version_type",
            "action %s takes no external version; use action index", settings->fixed_action.at);
        return false;
    }
    return true;
}

static bool check_update(const struct es_settings *settings, const struct chute_prepare *prepare) {
    if (settings->doc_as_upsert && settings->scripted_upsert) {
        chute_prepare_refuse(
            prepare, "scripted_upsert", "doc_as_upsert and scripted_upsert exclude each other");
        return false;
    }
    bool needs_id = chute_str_eq(settings->fixed_action, CHUTE_STR("update"));
    if (needs_id &&
        (settings->document_id == NULL || chute_template_text(settings->document_id).len == 0)) {
        chute_prepare_refuse(prepare, "action", "action update needs option document_id");
        return false;
    }
    if (settings->parent != NULL && settings->join_field == NULL) {
        chute_prepare_refuse(prepare, "parent",
            "parent needs join_field: since Elasticsearch 7 a join field alone makes children");
        return false;
    }
    return true;
}

static bool prepare_codes(struct es_settings *settings, const struct chute_prepare *prepare) {
    static const int taken[] = { 200, 201, 400, 404, 409 };
    for (size_t i = 0; i < settings->dlq_custom_codes.count; i++) {
        int64_t code = 0;
        struct chute_str text = settings->dlq_custom_codes.items[i];
        if (!chute_number_parse_int(text, &code) || code < 1 || code > 999) {
            chute_prepare_refuse(prepare, "dlq_custom_codes",
                "dlq_custom_codes takes HTTP statuses, and \"%.*s\" is none", CHUTE_STR_ARGS(text));
            return false;
        }
        for (size_t j = 0; j < sizeof(taken) / sizeof(taken[0]); j++) {
            if (code == taken[j]) {
                chute_prepare_refuse(prepare, "dlq_custom_codes",
                    "the meaning of status %d is fixed; remove it", taken[j]);
                return false;
            }
        }
        settings->rejected_codes[code / 64] |= (uint64_t)1 << (code % 64);
    }
    return true;
}

static bool prepare_template(struct es_settings *settings, const struct chute_prepare *prepare) {
    settings->installs_template = settings->manage_template && !settings->is_data_stream;
    if (chute_elasticsearch_is_set(prepare, "legacy_template") && !settings->legacy_template) {
        settings->template_api = ES_TEMPLATE_COMPOSABLE;
    }
    settings->template_called = settings->template_name;
    if (settings->template_called.at == NULL) {
        settings->template_called =
            prepare->ecs != CHUTE_ECS_DISABLED ? CHUTE_STR("ecs-logstash") : CHUTE_STR("logstash");
        if (settings->uses_ilm) {
            settings->template_called = settings->ilm_rollover_alias;
        }
    }
    if (settings->template_file.at == NULL || !settings->installs_template ||
        prepare->is_check_only) {
        return true;
    }
    struct chute_buf text = { 0 };
    bool is_read = chute_buf_read_file(&text, settings->template_file.at, SIZE_MAX) == 0;
    struct chute_json_parser *json = chute_json_parser_create();
    struct chute_value value = chute_null();
    settings->template_json = chute_arena_copy(prepare->arena, chute_buf_str(&text));
    bool is_good =
        is_read &&
        chute_json_decode(json, prepare->arena, settings->template_json, &value) == CHUTE_JSON_OK &&
        value.type == CHUTE_OBJECT;
    chute_json_parser_destroy(json);
    chute_buf_finish(&text);
    if (!is_good) {
        chute_prepare_refuse(prepare, "template",
            !is_read ? "the template's file cannot be read"
                     : "the template's file does not hold a JSON object");
    }
    return is_good;
}

static bool compile_refs(struct es_settings *settings, const struct chute_prepare *prepare) {
    return chute_ref_compile(prepare->arena, CHUTE_STR("[@metadata][_ingest_document]"),
               prepare->escape_style, &settings->ingest_ref) &&
           chute_ref_compile(prepare->arena, CHUTE_STR("[@metadata][target_ingest_pipeline]"),
               prepare->escape_style, &settings->target_ref) &&
           chute_ref_compile(prepare->arena, CHUTE_STR("[data_stream]"), prepare->escape_style,
               &settings->stream_ref);
}

bool chute_elasticsearch_prepare(void *self, const struct chute_prepare *prepare) {
    struct es_settings *settings = self;
    settings->ecs = prepare->ecs;
    if (!prepare_stream(settings, prepare) || !prepare_action(settings, prepare) ||
        !check_names(settings, prepare)) {
        return false;
    }
    prepare_index(settings, prepare);
    if (settings->version_type >= 0) {
        settings->version_type_name = chute_str_of(version_types[settings->version_type]);
    }
    bool is_good = check_versions(settings, prepare);
    is_good = check_update(settings, prepare) && is_good;
    is_good = prepare_codes(settings, prepare) && is_good;
    is_good = prepare_template(settings, prepare) && is_good;
    is_good = compile_refs(settings, prepare) && is_good;
    is_good = chute_elasticsearch_prepare_net(settings, prepare) && is_good;
    if (is_good) {
        chute_elasticsearch_prepare_line(settings, prepare->arena);
    }
    return is_good;
}

bool chute_elasticsearch_prepare_opensearch(void *self, const struct chute_prepare *prepare) {
    struct es_settings *settings = self;
    settings->is_opensearch = true;
    return chute_elasticsearch_prepare(settings, prepare);
}
