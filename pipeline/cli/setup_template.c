/* pipeline/cli/setup_template.c - how Elasticsearch and OpenSearch index what conf/pipelines/timetable.conf puts out, and
 * how Kibana looks at it. */
#include "pipeline/base/json_writer.h"
#include "pipeline/cli/setup.h"

#define KEYWORD "{\"type\":\"keyword\",\"ignore_above\":1024}"
#define TEXT "{\"type\":\"text\",\"norms\":false}"
#define TEXT_AND_KEYWORD                                                                           \
    "{\"type\":\"text\",\"norms\":false,"                                                          \
    "\"fields\":{\"keyword\":{\"type\":\"keyword\",\"ignore_above\":256}}}"
#define INTEGER "{\"type\":\"integer\"}"
/* Clients send 500, "500" and "ok" under one name. */
#define WORD_OR_NUMBER                                                                             \
    "{\"type\":\"keyword\",\"ignore_above\":1024,"                                                 \
    "\"fields\":{\"number\":{\"type\":\"double\",\"ignore_malformed\":true}}}"

/* A value of another type than the field's is left out of the index, and its event kept (ignore_malformed). One shard a
 * day is enough for some ten gigabytes; a copy of it is made where there is a second node to hold it. */
static const char index_settings[] = "{\"index\":{\"number_of_shards\":1,"
                                     "\"auto_expand_replicas\":\"0-1\","
                                     "\"refresh_interval\":\"5s\","
                                     "\"mapping\":{\"ignore_malformed\":true,"
                                     "\"total_fields\":{\"limit\":2000}}}}";

/* Fields of which nothing is known beforehand, by their names: the first that fits. Without date_detection a text stays
 * one, however much the first looks like a date. */
static const char dynamic_templates[] =
    "["
    "{\"addresses\":{\"match\":\"ip\",\"match_mapping_type\":\"string\","
    "\"mapping\":{\"type\":\"ip\",\"ignore_malformed\":true}}},"
    "{\"stacks\":{\"match\":\"stack*\",\"match_mapping_type\":\"string\",\"mapping\":" TEXT "}},"
    "{\"texts\":{\"match_pattern\":\"regex\","
    "\"match\":\"^(.*[_.])?(message|msg|description|reason|detail|details|text|body|sql|query)$\","
    "\"match_mapping_type\":\"string\",\"mapping\":" TEXT_AND_KEYWORD "}},"
    "{\"words\":{\"match_mapping_type\":\"string\",\"mapping\":" KEYWORD "}},"
    /* 12 comes before 12.5: as a whole number the field would cut all that follow. */
    "{\"durations\":{\"match_pattern\":\"regex\","
    "\"match\":\"^.*([Dd]uration|[Ll]atency|[Ee]lapsed|[Rr]esponse_?[Tt]ime|_ms|Ms|_seconds).*$\","
    "\"match_mapping_type\":\"long\",\"mapping\":{\"type\":\"double\"}}},"
    "{\"reals\":{\"match_mapping_type\":\"double\",\"mapping\":{\"type\":\"double\"}}}"
    "]";

static const char properties[] =
    "{"
    "\"@timestamp\":{\"type\":\"date\"},\"@version\":{\"type\":\"keyword\"},"
    "\"message\":" TEXT_AND_KEYWORD ",\"level\":" KEYWORD ",\"severity\":" KEYWORD
    ",\"type\":" KEYWORD ",\"tags\":" KEYWORD ","
    "\"status\":" WORD_OR_NUMBER ",\"statusCode\":" INTEGER ",\"status_code\":" INTEGER ","
    "\"error\":{\"properties\":{\"message\":" TEXT_AND_KEYWORD ",\"stack_trace\":" TEXT
    ",\"type\":" KEYWORD ",\"name\":" KEYWORD ",\"code\":" KEYWORD "}},"
    "\"event\":{\"properties\":{\"action\":" KEYWORD ",\"category\":" KEYWORD ",\"kind\":" KEYWORD
    "}},"
    "\"host\":{\"properties\":{\"ip\":{\"type\":\"ip\",\"ignore_malformed\":true},"
    "\"hostname\":" KEYWORD ",\"name\":" KEYWORD "}},"
    "\"http\":{\"properties\":{\"status\":" INTEGER ",\"version\":" KEYWORD
    ",\"request\":{\"properties\":{\"method\":" KEYWORD ",\"id\":" KEYWORD
    "}},\"response\":{\"properties\":{\"status_code\":" INTEGER "}}}},"
    "\"log\":{\"properties\":{\"level\":" KEYWORD ",\"logger\":" KEYWORD
    ",\"file\":{\"properties\":{\"path\":" KEYWORD "}},"
    "\"syslog\":{\"properties\":{\"priority\":" INTEGER ",\"msgid\":" KEYWORD
    ",\"version\":" KEYWORD ",\"appname\":" KEYWORD ",\"procid\":" KEYWORD
    ",\"severity\":{\"properties\":{\"code\":" INTEGER ",\"name\":" KEYWORD "}},"
    "\"facility\":{\"properties\":{\"code\":" INTEGER ",\"name\":" KEYWORD "}}}}}},"
    "\"process\":{\"properties\":{\"name\":" KEYWORD ",\"pid\":{\"type\":\"long\"}}},"
    "\"service\":{\"properties\":{\"name\":" KEYWORD ",\"type\":" KEYWORD ",\"version\":" KEYWORD
    "}},"
    "\"trace\":{\"properties\":{\"id\":" KEYWORD "}},"
    "\"url\":{\"properties\":{\"path\":" KEYWORD ",\"full\":" KEYWORD ",\"original\":" KEYWORD "}},"
    "\"user\":{\"properties\":{\"id\":" KEYWORD ",\"name\":" KEYWORD "}}"
    "}";

const struct chute_setup_view chute_setup_views[] = {
    { "timetable-logs", "timetable-logs-*", "Timetable: logs" },
    { "timetable-errors", "timetable-errors-*", "Timetable: errors" },
};
const size_t chute_setup_view_count = sizeof(chute_setup_views) / sizeof(chute_setup_views[0]);

void chute_setup_add_template(struct chute_buf *out) {
    chute_buf_printf(out,
        "{\"index_patterns\":[\"%s\",\"%s\"],\"priority\":200,\"version\":%d,"
        "\"_meta\":{\"description\":\"written by logchute setup\"},\"template\":{\"settings\":%s,",
        chute_setup_views[0].title, chute_setup_views[1].title, CHUTE_SETUP_TEMPLATE_VERSION,
        index_settings);
    chute_buf_printf(out,
        "\"mappings\":{\"_meta\":{\"template_version\":%d},\"date_detection\":false,"
        "\"dynamic_templates\":",
        CHUTE_SETUP_TEMPLATE_VERSION);
    chute_buf_add_str(out, CHUTE_STR(dynamic_templates));
    chute_buf_add_str(out, CHUTE_STR(",\"properties\":"));
    chute_buf_add_str(out, CHUTE_STR(properties));
    chute_buf_add_str(out, CHUTE_STR("}}}"));
}

void chute_setup_add_view(struct chute_buf *out, const struct chute_setup_view *view) {
    struct chute_json_writer writer = { .out = out };
    chute_write_open(&writer, NULL, '{');
    chute_write_open(&writer, "data_view", '{');
    chute_write_text(&writer, "id", view->id);
    chute_write_text(&writer, "title", view->title);
    chute_write_text(&writer, "name", view->name);
    chute_write_text(&writer, "timeFieldName", "@timestamp");
    chute_write_bool(&writer, "allowNoIndex", true); /* the first event may be still to come */
    chute_write_close(&writer, '}');
    chute_write_bool(&writer, "override", true);
    chute_write_close(&writer, '}');
}

void chute_setup_add_saved_view(struct chute_buf *out, const struct chute_setup_view *view) {
    struct chute_json_writer writer = { .out = out };
    chute_write_open(&writer, NULL, '{');
    chute_write_open(&writer, "attributes", '{');
    chute_write_text(&writer, "title", view->title);
    chute_write_text(&writer, "timeFieldName", "@timestamp");
    chute_write_close(&writer, '}');
    chute_write_close(&writer, '}');
}
