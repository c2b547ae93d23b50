#include <criterion/criterion.h>

#include "../support/output.h"

#define NO CHUTE_ECS_DISABLED
#define V1 CHUTE_ECS_V1
#define T "\"@timestamp\":\"2015-10-01T00:00:00.000Z\""

static const struct {
    const char *says, *options;
    enum chute_ecs ecs;
    const char *event, *want;
    int flags;
} rows[] = {
    { "ecs: a data stream and its fields", "", V1, "{\"a\":1}",
        "{\"create\":{\"_index\":\"logs-generic-default\"}}\n"
        "{\"a\":1,\"data_stream\":{\"type\":\"logs\",\"dataset\":\"generic\",\"namespace\":"
        "\"default\"}}\n" },
    { "an empty event gets no stray comma", "", V1, "{}",
        "{\"create\":{\"_index\":\"logs-generic-default\"}}\n"
        "{\"data_stream\":{\"type\":\"logs\",\"dataset\":\"generic\",\"namespace\":\"default\"}}"
        "\n" },
    { "no ecs: a daily index", "", NO, "{" T "}",
        "{\"index\":{\"_index\":\"logstash-2015.10.01\"}}\n{" T "}\n" },
    { "ecs with an option that needs an index", "manage_template => true", V1, "{" T "}",
        "{\"index\":{\"_index\":\"ecs-logstash-2015.10.01\"}}\n{" T "}\n" },
    { "manage_template => false leaves a data stream", "manage_template => false", V1,
        "{\"data_stream\":{\"type\":\"logs\",\"dataset\":\"generic\",\"namespace\":\"default\"}}",
        "{\"create\":{\"_index\":\"logs-generic-default\"}}\n"
        "{\"data_stream\":{\"type\":\"logs\",\"dataset\":\"generic\",\"namespace\":\"default\"}}"
        "\n" },
    { "the event's data stream", "data_stream => true", V1,
        "{\"data_stream\":{\"type\":\"metrics\",\"dataset\":\"src1\",\"namespace\":\"test\"}}",
        "{\"create\":{\"_index\":\"metrics-src1-test\"}}\n"
        "{\"data_stream\":{\"type\":\"metrics\",\"dataset\":\"src1\",\"namespace\":\"test\"}}\n" },
    { "a part of it", "data_stream => true data_stream_dataset => 'data'", V1,
        "{\"data_stream\":{\"type\":\"metrics\",\"dataset\":\"src1\"},\"x\":1}",
        "{\"create\":{\"_index\":\"metrics-src1-default\"}}\n"
        "{\"data_stream\":{\"type\":\"metrics\",\"dataset\":\"src1\",\"namespace\":\"default\"},"
        "\"x\":1}\n" },
    { "routing off: parts are overwritten, others stay",
        "data_stream => true data_stream_auto_routing => false data_stream_namespace => ns1", V1,
        "{\"data_stream\":{\"type\":\"foo\",\"dataset\":false,\"extra\":0}}",
        "{\"create\":{\"_index\":\"logs-generic-ns1\"}}\n"
        "{\"data_stream\":{\"type\":\"logs\",\"dataset\":\"generic\",\"extra\":0,\"namespace\":"
        "\"ns1\"}}\n" },
    { "a data_stream that is no hash", "data_stream => true", V1, "{\"data_stream\":false}",
        "{\"create\":{\"_index\":\"logs-generic-default\"}}\n"
        "{\"data_stream\":{\"type\":\"logs\",\"dataset\":\"generic\",\"namespace\":\"default\"}}"
        "\n" },
    { "sync off", "data_stream => true data_stream_sync_fields => false", V1,
        "{\"data_stream\":{\"type\":\"logs\"}}",
        "{\"create\":{\"_index\":\"logs-generic-default\"}}\n{\"data_stream\":{\"type\":\"logs\"}}"
        "\n" },
    { "a data stream with an id and a pipeline of the metadata", "", V1,
        "{\"@metadata\":{\"_ingest_document\":{\"id\":\"i\",\"pipeline\":\"p\",\"version\":\"4\","
        "\"index\":\"x\"}},\"data_stream\":{\"type\":\"logs\",\"dataset\":\"generic\","
        "\"namespace\":\"default\"}}",
        "{\"create\":{\"_index\":\"logs-generic-default\",\"_id\":\"i\",\"pipeline\":\"p\"}}\n"
        "{\"data_stream\":{\"type\":\"logs\",\"dataset\":\"generic\",\"namespace\":\"default\"}}"
        "\n",
        CHUTE_ITEM_KEYED },
    { "opensearch has no data streams of its own", "opensearch", V1, "{" T "}",
        "{\"index\":{\"_index\":\"ecs-logstash-2015.10.01\"}}\n{" T "}\n" },
    { "an index by the event", "index => 'x-%{kind}'", NO, "{\"kind\":\"a\\\"b\"}",
        "{\"index\":{\"_index\":\"x-a\\\"b\"}}\n{\"kind\":\"a\\\"b\"}\n" },
    { "a missing field of the index", "index => 'x-%{kind}'", NO, "{\"a\":1}",
        "{\"index\":{\"_index\":\"x-%{kind}\"}}\n{\"a\":1}\n", 2 },
    { "… where that is wanted",
        "index => 'x-%{kind}' dlq_on_failed_indexname_interpolation => false", NO, "{\"a\":1}",
        "{\"index\":{\"_index\":\"x-%{kind}\"}}\n{\"a\":1}\n" },
    { "an empty index", "index => '%{kind}'", NO, "{\"kind\":\"\"}",
        "{\"index\":{\"_index\":\"\"}}\n{\"kind\":\"\"}\n", 2 },
    { "everything fixed",
        "index => 'i' action => create document_id => '%{id}' routing => 'r' "
        "pipeline => 'p'",
        NO, "{\"id\":7}",
        "{\"create\":{\"_index\":\"i\",\"_id\":\"7\",\"routing\":\"r\",\"pipeline\":\"p\"}}\n"
        "{\"id\":7}\n",
        CHUTE_ITEM_KEYED },
    { "an empty id is none", "index => 'i' document_id => '%{id}'", NO, "{\"id\":\"\"}",
        "{\"index\":{\"_index\":\"i\"}}\n{\"id\":\"\"}\n" },
    { "an unknown action of an event", "index => 'i' action => '%{a}'", NO, "{\"a\":\"burn\"}",
        "{\"index\":{\"_index\":\"i\"}}\n{\"a\":\"burn\"}\n", 1 },
    { "delete", "index => 'i' action => delete document_id => '%{id}'", NO, "{\"id\":\"x\"}",
        "{\"delete\":{\"_index\":\"i\",\"_id\":\"x\"}}\n", CHUTE_ITEM_KEYED },
    { "delete without an id", "index => 'i' action => delete", NO, "{\"id\":\"x\"}",
        "{\"delete\":{\"_index\":\"i\"}}\n", 3 },
    { "update", "index => 'i' action => update document_id => 1 retry_on_conflict => 123", NO,
        "{\"a\":1}",
        "{\"update\":{\"_index\":\"i\",\"_id\":\"1\",\"retry_on_conflict\":123}}\n"
        "{\"doc\":{\"a\":1}}\n",
        CHUTE_ITEM_KEYED },
    { "update by the event's action", "index => 'i' action => '%{a}' document_id => 1", NO,
        "{\"a\":\"update\"}",
        "{\"update\":{\"_index\":\"i\",\"_id\":\"1\",\"retry_on_conflict\":1}}\n"
        "{\"doc\":{\"a\":\"update\"}}\n",
        CHUTE_ITEM_KEYED },
    { "doc_as_upsert", "index => 'i' action => update document_id => 1 doc_as_upsert => true", NO,
        "{\"a\":1}",
        "{\"update\":{\"_index\":\"i\",\"_id\":\"1\",\"retry_on_conflict\":1}}\n"
        "{\"doc\":{\"a\":1},\"doc_as_upsert\":true}\n",
        CHUTE_ITEM_KEYED },
    { "upsert", "index => 'i' action => update document_id => 1 upsert => '{\"n\": %{a}}'", NO,
        "{\"a\":1}",
        "{\"update\":{\"_index\":\"i\",\"_id\":\"1\",\"retry_on_conflict\":1}}\n"
        "{\"doc\":{\"a\":1},\"upsert\":{\"n\":1}}\n",
        CHUTE_ITEM_KEYED },
    { "an upsert that is no JSON",
        "index => 'i' action => update document_id => 1 upsert => '%{b}'", NO, "{\"a\":1}",
        "{\"update\":{\"_index\":\"i\",\"_id\":\"1\",\"retry_on_conflict\":1}}\n"
        "{\"doc\":{\"a\":1},\"upsert\":{}}\n",
        CHUTE_ITEM_KEYED | 5 },
    { "a script",
        "index => 'i' action => update document_id => 1 script => 'ctx.n += 1' "
        "script_var_name => 'e' scripted_upsert => true",
        NO, "{\"a\":1}",
        "{\"update\":{\"_index\":\"i\",\"_id\":\"1\",\"retry_on_conflict\":1}}\n"
        "{\"script\":{\"source\":\"ctx.n += "
        "1\",\"lang\":\"painless\",\"params\":{\"e\":{\"a\":1}}},"
        "\"scripted_upsert\":true,\"upsert\":{}}\n",
        CHUTE_ITEM_KEYED },
    { "a stored script",
        "index => 'i' action => update document_id => 1 script => 's' script_type => "
        "indexed doc_as_upsert => true",
        NO, "{\"a\":1}",
        "{\"update\":{\"_index\":\"i\",\"_id\":\"1\",\"retry_on_conflict\":1}}\n"
        "{\"script\":{\"id\":\"s\",\"params\":{\"event\":{\"a\":1}}},\"upsert\":{\"a\":1}}\n",
        CHUTE_ITEM_KEYED },
    { "version and type", "index => 'i' version => '%{v}' version_type => external", NO,
        "{\"v\":12,\"@metadata\":{\"_ingest_document\":{\"version\":\"456\",\"version_type\":"
        "\"internal\"}}}",
        "{\"index\":{\"_index\":\"i\",\"version\":\"12\",\"version_type\":\"external\"}}\n"
        "{\"v\":12}\n" },
    { "a version that is none", "index => 'i' version => '%{v}'", NO, "{\"v\":\"x\"}",
        "{\"index\":{\"_index\":\"i\",\"version\":\"x\"}}\n{\"v\":\"x\"}\n", 4 },
    { "all of the metadata", "index => 'i'", NO,
        "{\"@metadata\":{\"_ingest_document\":{\"id\":\"m\",\"version\":\"456\",\"version_type\":"
        "\"external\",\"routing\":\"r\",\"pipeline\":\"p\",\"index\":\"no\"}}}",
        "{\"index\":{\"_index\":\"i\",\"_id\":\"m\",\"routing\":\"r\",\"pipeline\":\"p\","
        "\"version\":\"456\",\"version_type\":\"external\"}}\n{}\n",
        CHUTE_ITEM_KEYED },
    { "the metadata's index where none is written", "", NO,
        "{\"@metadata\":{\"_ingest_document\":{\"index\":\"m\"}}," T "}",
        "{\"index\":{\"_index\":\"m\"}}\n{" T "}\n" },
    { "options win over the metadata",
        "index => 'i' document_id => 'd' routing => 'q' pipeline => 'o'", NO,
        "{\"@metadata\":{\"_ingest_document\":{\"id\":\"m\",\"routing\":\"r\",\"pipeline\":\"p\"}}"
        "}",
        "{\"index\":{\"_index\":\"i\",\"_id\":\"d\",\"routing\":\"q\",\"pipeline\":\"o\"}}\n{}\n",
        CHUTE_ITEM_KEYED },
    { "target_ingest_pipeline", "index => 'i'", NO,
        "{\"@metadata\":{\"target_ingest_pipeline\":\"t\"}}",
        "{\"index\":{\"_index\":\"i\",\"pipeline\":\"t\"}}\n{}\n" },
    { "other metadata changes nothing", "index => 'i'", NO, "{\"@metadata\":{\"x\":1}}",
        "{\"index\":{\"_index\":\"i\"}}\n{}\n" },
    { "an empty pipeline", "index => 'i' pipeline => '%{p}'", NO, "{\"p\":\"\"}",
        "{\"index\":{\"_index\":\"i\"}}\n{\"p\":\"\"}\n" },
    { "a child", "index => 'i' parent => '%{p}' join_field => 'j'", NO,
        "{\"j\":\"child\",\"p\":\"1\"}",
        "{\"index\":{\"_index\":\"i\",\"routing\":\"1\"}}\n"
        "{\"j\":{\"name\":\"child\",\"parent\":\"1\"},\"p\":\"1\"}\n" },
    { "a rollover alias", "ilm_rollover_alias => al", NO, "{}",
        "{\"index\":{\"_index\":\"al\"}}\n{}\n" },
    { "ilm with the default index", "ilm_enabled => true", NO, "{}",
        "{\"index\":{\"_index\":\"logstash\"}}\n{}\n" },
    { "the action's line keeps on one line", "index => 'a\nb'", NO, "{}",
        "{\"index\":{\"_index\":\"a\\nb\"}}\n{}\n" },
};

Test(output_elasticsearch, encode) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct test_output rig = { 0 };
        bool is_opensearch = strcmp(rows[i].options, "opensearch") == 0;
        bool is_open = test_output_open(&rig, is_opensearch ? "opensearch" : "elasticsearch",
            is_opensearch ? "" : rows[i].options, rows[i].ecs);
        cr_expect(is_open, "%s: %s", rows[i].says, test_compile_notes(&rig.compile));
        /* twice: the second one takes what the first one left */
        for (int j = 0; is_open && j < 2; j++) {
            const char *got = test_output_encode(&rig, rows[i].event);
            cr_expect_str_eq(got, rows[i].want, "%s: got %s", rows[i].says, got);
            int flags = rig.parcel.items[j].flags;
            cr_expect_eq(
                flags & ~CHUTE_ITEM_IS_EVENT, rows[i].flags, "%s: flags %d", rows[i].says, flags);
            bool is_event =
                strncmp(got, "{\"update\"", 9) != 0 && strncmp(got, "{\"delete\"", 9) != 0;
            cr_expect_eq(
                (flags & CHUTE_ITEM_IS_EVENT) != 0, is_event, "%s: flags %d", rows[i].says, flags);
        }
        test_output_finish(&rig);
    }
}

Test(output_elasticsearch, the_kept_line_follows_the_date) {
    struct test_output rig = { 0 };
    cr_assert(test_output_open(&rig, "elasticsearch", "index => 'x-%{+YYYY.MM.dd}'", NO));
    cr_expect_str_eq(test_output_encode(&rig, "{" T "}"),
        "{\"index\":{\"_index\":\"x-2015.10.01\"}}\n{" T "}\n");
    static const char next[] = "{\"@timestamp\":\"2015-10-02T00:00:00.000Z\"}";
    const char *got = test_output_encode(&rig, next);
    cr_expect_str_eq(got,
        "{\"index\":{\"_index\":\"x-2015.10.02\"}}\n{\"@timestamp\":\"2015-10-02T00:00:00.000Z\"}"
        "\n",
        "got %s", got);
    test_output_finish(&rig);
}

Test(output_elasticsearch, documents_of_items) {
    struct test_output rig = { 0 };
    cr_assert(test_output_open(&rig, "elasticsearch", "index => 'q\"x'", NO));
    struct chute_str item = CHUTE_STR("{\"index\":{\"_index\":\"q\"}}\n{\"a\":1}\n");
    cr_expect(chute_str_eq(rig.plugin->document(rig.settings, item), CHUTE_STR("{\"a\":1}")));
    item = CHUTE_STR("{\"delete\":{\"_index\":\"q\"}}\n");
    cr_expect(chute_str_eq(
        rig.plugin->document(rig.settings, item), CHUTE_STR("{\"delete\":{\"_index\":\"q\"}}")));
    test_output_finish(&rig);
}

/* Options, the ECS mode, and what the refusal has to say; NULL: they are accepted. */
static const struct {
    const char *options;
    enum chute_ecs ecs;
    const char *why;
} refusals[] = {
    { "data_stream => 'true' action => create routing => any pipeline => any manage_template => "
      "false data_stream_type => logs data_stream_dataset => any data_stream_namespace => any "
      "data_stream_sync_fields => true data_stream_auto_routing => true",
        V1, NULL },
    { "action => update document_id => 1 version => 99 version_type => internal index => 'i'", NO,
        NULL },
    { "hosts => es user => 'u' password => 'p' document_id => 'x'", V1, NULL },
    { "hosts => ['http://a:1, http://b', 'c d'] user => '' password => ''", V1, NULL },
    { "hosts => ['https://a', 'https://b:1/x'] api_key => 'k:v'", V1, NULL },
    { "data_stream => true", NO, "need ECS" },
    { "data_stream => false data_stream_dataset => test", V1, "none is used here" },
    { "data_stream_dataset => test index => 'x'", V1, "none is used here" },
    { "data_stream => true index => 'x'", V1, "index does not go with" },
    { "data_stream => true manage_template => true", V1, "manage_template does not go with" },
    { "data_stream => true action => index", V1, "action does not go with" },
    { "data_stream => true data_stream_dataset => 'foo/bar'", V1, "no blank" },
    { "data_stream => true data_stream_namespace => 'foo*'", V1, "no blank" },
    { "data_stream => true data_stream_namespace => ' '", V1, "no blank" },
    { "data_stream => true data_stream_dataset => "
      "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "x"
      "xxxxxxxxx'",
        V1, "1 to 100 bytes" },
    { "data_stream => true data_stream_type => custom", V1, "expects one of" },
    { "action => 'SOME Garbaaage'", NO, "action has to be" },
    { "action => update index => 'i'", NO, "needs option document_id" },
    { "action => update document_id => 1 version => 9 version_type => external index => 'i'", NO,
        "no external version" },
    { "action => update document_id => 1 version => 9 version_type => external_gte index => 'i'",
        NO, "no external version" },
    { "version_type => external index => 'i'", NO, "needs option version" },
    { "doc_as_upsert => true scripted_upsert => true index => 'i'", NO, "exclude each other" },
    { "parent => 'x' index => 'i'", NO, "join_field" },
    { "script_type => file index => 'i'", NO, "Elasticsearch 6" },
    { "user => 'u' password => 'p' api_key => 'k'", NO, "several credentials" },
    { "user => 'u' password => 'p' cloud_auth => 'a:b'", NO, "several credentials" },
    { "cloud_auth => nocolon", NO, "user:password" },
    { "api_key => 'k:v' hosts => 'http://es'", NO, "over TLS only" },
    { "hosts => 'http://localhost:9200/mypath/' path => '/override'", NO, "with a path already" },
    { "hosts => 'https://es' ssl_enabled => false", NO, "written with https" },
    { "hosts => 'http://es' ssl => true", NO, "written with http" },
    { "hosts => 'es:x'", NO, "its port is no number" },
    { "hosts => []", NO, "hosts" },
    { "index => ''", NO, "index is empty" },
    { "index => 'i' proxy => 'ftp://x'", NO, "not ftp://" },
    { "index => 'i' proxy => 'SOCKS5h://x'", NO, NULL },
    { "index => 'i' proxy => 'squid:3128'", NO, NULL },
    { "index => 'i' ilm_rollover_alias => '' template_name => '' proxy => ''", NO, NULL },
    { "cloud_id => 'x' index => 'i'", NO, "none of Elastic Cloud" },
    { "cloud_id => 'n:aG9zdCRhYmMkZGVm' hosts => 'a'", NO, "remove one of them" },
    { "dlq_custom_codes => [404]", NO, "is fixed" },
    { "dlq_custom_codes => [x1]", NO, "is none" },
    { "ssl_certificate => '/dev/null'", NO, "work together only" },
    { "ssl_cipher_suites => [TLS_NO_SUCH]", NO, "no cipher suite" },
    { "ca_trusted_fingerprint => abcd", NO, "64 hex digits" },
    { "ssl_truststore_path => '/x.jks'", NO, "PEM" },
    { "keystore => '/x.jks'", NO, "ssl_certificate and ssl_key" },
    { "host => es", NO, "write hosts" },
    { "flush_size => 5", NO, "target_bulk_bytes" },
    { "compression_level => 10", NO, "0 to 9" },
    { "custom_headers => { 'a' => 'b\r\nc' }", NO, "line end" },
    { "auth_type => { 'type' => 'aws_iam' }", NO, "a proxy that signs" },
};

Test(output_elasticsearch, refusals) {
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct test_output rig = { 0 };
        bool is_open =
            test_output_open(&rig, "elasticsearch", refusals[i].options, refusals[i].ecs);
        const char *notes = test_compile_notes(&rig.compile);
        if (refusals[i].why == NULL) {
            cr_expect(is_open, "%s: %s", refusals[i].options, notes);
        } else {
            cr_expect(!is_open && strstr(notes, refusals[i].why) != NULL, "%s: %s",
                refusals[i].options, notes);
        }
        test_output_finish(&rig);
    }
}
