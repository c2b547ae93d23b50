#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "../support/fake_http.h"
#include "../support/output.h"
#include "outputs/elasticsearch/elasticsearch.h"

/* A cluster that takes every document, has nothing of what is asked for, and notes each request: "METHOD target",
 * behind it the body of a PUT. */
struct cluster {
    uv_loop_t loop;
    struct test_http http;
    struct test_output rig;
    const char *version; /* what GET / says; NULL: 404 */
    const char *nodes;   /* what a question for nodes says; NULL: 404 */
    struct chute_buf log;
    struct chute_buf encodings; /* of bulk requests */
    struct chute_buf bodies;    /* of PUT requests */
};

static void answer(
    struct test_http *http, const struct test_http_request *request, struct chute_buf *out) {
    struct cluster *cluster = http->ctx;
    chute_buf_printf(&cluster->log, "%.*s %.*s\n", CHUTE_STR_ARGS(request->method),
        CHUTE_STR_ARGS(request->target));
    bool is_get = chute_str_eq(request->method, CHUTE_STR("GET"));
    if (chute_str_eq(request->method, CHUTE_STR("POST"))) {
        chute_buf_printf(&cluster->encodings, "%.*s|",
            CHUTE_STR_ARGS(test_http_header(request, "Content-Encoding")));
        test_http_reply(out, 200, "{\"errors\":false}");
    } else if (chute_str_eq(request->method, CHUTE_STR("PUT"))) {
        chute_buf_printf(&cluster->bodies, "%.*s\n", CHUTE_STR_ARGS(request->body));
        test_http_reply(out, 200, "{}");
    } else if (is_get && chute_str_eq(request->target, CHUTE_STR("/")) && cluster->version) {
        char text[80];
        snprintf(text, sizeof(text), "{\"version\":{\"number\":\"%s\"}}", cluster->version);
        test_http_reply(out, 200, text);
    } else if (is_get && cluster->nodes != NULL) {
        test_http_reply(out, 200, cluster->nodes);
    } else {
        test_http_reply(out, 404, "{}");
    }
}

static void open_cluster(struct cluster *cluster, const char *options) {
    uv_loop_init(&cluster->loop);
    cluster->http.ctx = cluster;
    cluster->http.answer = answer;
    test_http_start(&cluster->http, &cluster->loop);
    struct chute_buf text = { 0 };
    chute_buf_printf(&text, "hosts => '127.0.0.1:%d' %s %s", cluster->http.port,
        strstr(options, "manage_template") != NULL ? "" : "manage_template => false", options);
    cr_assert(
        test_output_open(&cluster->rig, "elasticsearch", chute_buf_cstr(&text), CHUTE_ECS_DISABLED),
        "%s: %s", options, test_compile_notes(&cluster->rig.compile));
    chute_buf_finish(&text);
    test_output_start(&cluster->rig, &cluster->loop);
}

static void close_cluster(struct cluster *cluster) {
    test_output_stop(&cluster->rig);
    test_http_stop(&cluster->http);
    uv_run(&cluster->loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&cluster->loop), 0, "something is left in the loop");
    test_output_finish(&cluster->rig);
    chute_buf_finish(&cluster->log);
    chute_buf_finish(&cluster->encodings);
    chute_buf_finish(&cluster->bodies);
}

#define BULK "filter_path=errors,items.*.error,items.*.status\n"

/* Which requests an option leads to. */
static const struct {
    const char *options, *version, *want;
} requests[] = {
    { "bulk_path => 'in/here' path => '/p'", NULL, "POST /in/here?" BULK },
    { "bulk_path => '//in//here/'", NULL, "POST /in/here?" BULK },
    { "bulk_path => '/_bulk?pretty=true'", NULL, "POST /_bulk?pretty=true&" BULK },
    { "path => '/p/' parameters => { 'a' => 'b' }", NULL,
        "POST /p/_bulk?filter_path=errors,items.*.error,items.*.status&a=b\n" },
    { "manage_template => true template_name => 'mine'", "8.19.0",
        "GET /\nHEAD /_index_template/mine\nPUT /_index_template/mine\nPOST /_bulk?" BULK },
    { "manage_template => true", "7.17.0",
        "GET /\nHEAD /_template/logstash\nPUT /_template/logstash\nPOST /_bulk?" BULK },
    { "manage_template => true template_api => 'legacy'", "8.19.0",
        "GET /\nHEAD /_template/logstash\nPUT /_template/logstash\nPOST /_bulk?" BULK },
    { "manage_template => true template_api => 'composable'", "7.17.0",
        "GET /\nHEAD /_index_template/logstash\nPUT /_index_template/logstash\nPOST /_bulk?" BULK },
    { "manage_template => true legacy_template => false", "7.17.0",
        "GET /\nHEAD /_index_template/logstash\nPUT /_index_template/logstash\nPOST /_bulk?" BULK },
    { "manage_template => true path => '/es'", "8.19.0",
        "GET /es/\nHEAD /es/_index_template/logstash\nPUT /es/_index_template/logstash\n"
        "POST /es/_bulk?" BULK },
    { "ilm_rollover_alias => 'al' ilm_pattern => '000042' ilm_policy => 'own'", "8.19.0",
        "GET /\nHEAD /_ilm/policy/own\nHEAD /al\nPUT /%3Cal-000042%3E\nPOST /_bulk?" BULK },
    { "ilm_enabled => true", "8.19.0",
        "GET /\nHEAD /_ilm/policy/logstash-policy\nPUT /_ilm/policy/logstash-policy\n"
        "HEAD /logstash\nPUT /%3Clogstash-%7Bnow%2Fd%7D-000001%3E\nPOST /_bulk?" BULK },
    { "ilm_enabled => false ilm_rollover_alias => 'al'", "8.19.0", "POST /_bulk?" BULK },
};

Test(output_elasticsearch_options, lead_to_requests) {
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        struct cluster cluster = { .version = requests[i].version };
        open_cluster(&cluster, requests[i].options);
        test_output_encode(&cluster.rig, "{}");
        test_output_deliver(&cluster.rig);
        cr_expect_str_eq(test_output_outcomes(&cluster.rig), "D", "%s", requests[i].options);
        const char *log = chute_buf_cstr(&cluster.log);
        cr_expect_str_eq(log, requests[i].want, "%s: got %s", requests[i].options, log);
        close_cluster(&cluster);
    }
}

/* The template of a file goes to the cluster as it is; with a rollover alias it is bound to that and its policy. */
Test(output_elasticsearch_options, template_is_a_file_of_ones_own) {
    static const struct {
        const char *options, *want;
    } rows[] = {
        { "", "{\"index_patterns\":[\"own-*\"],\"template\":{\"settings\":{\"a\":1}}}\n" },
        { "ilm_rollover_alias => 'al' ilm_policy => 'own'",
            "{\"index_patterns\":[\"al-*\"],\"template\":{\"settings\":{\"a\":1,"
            "\"index.lifecycle.name\":\"own\",\"index.lifecycle.rollover_alias\":\"al\"}}}\n"
            "{\"aliases\":{\"al\":{\"is_write_index\":true}}}\n" },
    };
    static const char text[] =
        "{\"index_patterns\":[\"own-*\"],\"template\":{\"settings\":{\"a\":1}}}";
    char path[] = "/tmp/chute-template-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cluster cluster = { .version = "8.19.0" };
        char options[200];
        snprintf(options, sizeof(options), "manage_template => true template => '%s' %s", path,
            rows[i].options);
        open_cluster(&cluster, options);
        test_output_encode(&cluster.rig, "{}");
        test_output_deliver(&cluster.rig);
        const char *bodies = chute_buf_cstr(&cluster.bodies);
        cr_expect_str_eq(bodies, rows[i].want, "%s: got %s", rows[i].options, bodies);
        close_cluster(&cluster);
    }
    unlink(path);
}

Test(output_elasticsearch_options, compression) {
    static const struct {
        const char *options, *want;
    } rows[] = { { "", "|" }, { "http_compression => true", "gzip|" },
        { "http_compression => false", "|" }, { "compression_level => 9", "gzip|" },
        { "compression_level => 0", "|" },
        { "http_compression => true compression_level => 0", "|" } };
    struct chute_buf event = { 0 };
    chute_buf_printf(&event, "{\"message\":\"%0600d\"}", 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cluster cluster = { 0 };
        open_cluster(&cluster, rows[i].options);
        test_output_encode(&cluster.rig, chute_buf_cstr(&event));
        test_output_deliver(&cluster.rig);
        cr_expect_str_eq(test_output_outcomes(&cluster.rig), "D");
        cr_expect_str_eq(chute_buf_cstr(&cluster.encodings), rows[i].want, "%s", rows[i].options);
        close_cluster(&cluster);
    }
    chute_buf_finish(&event);
}

Test(output_elasticsearch_options, limits_that_the_engine_keeps) {
    struct test_output rig = { 0 };
    cr_assert(test_output_open(&rig, "elasticsearch",
        "target_bulk_bytes => '1 MiB' retry_initial_interval => 3 retry_max_interval => '1 minute' "
        "pool_max => 7 pool_max_per_route => 5 timeout => '1500ms'",
        CHUTE_ECS_DISABLED));
    struct chute_output_limits limits = { 0 };
    rig.plugin->limits(rig.settings, &limits);
    cr_expect_eq(limits.join_bytes, 1024 * 1024);
    cr_expect_eq(limits.waiting_bytes, 2 * 1024 * 1024);
    cr_expect_eq(limits.retry_initial_ms, 3000);
    cr_expect_eq(limits.retry_max_ms, 60000);
    const struct es_settings *settings = rig.settings;
    cr_expect_eq(settings->http.max_connections, 7);
    cr_expect_eq(settings->http.max_per_host, 5);
    cr_expect_eq(settings->http.timeout_ms, 1500);
    test_output_finish(&rig);
}

Test(output_elasticsearch_options, timeout_ends_a_request_and_it_is_sent_again, .timeout = 60) {
    struct cluster cluster = { .http.reads_nothing = true };
    open_cluster(&cluster, "timeout => '300ms'");
    test_output_encode(&cluster.rig, "{}");
    test_output_deliver(&cluster.rig);
    cr_expect_str_eq(test_output_outcomes(&cluster.rig), "R");
    close_cluster(&cluster);
}

/* The nodes, and what each request to them carries. */
static const struct {
    const char *options, *url, *authorization, *sniffing;
} places[] = {
    { "", "http://127.0.0.1:9200", NULL, "/_nodes/http" },
    { "hosts => 'es' ssl_enabled => true", "https://es:9200", NULL, "/_nodes/http" },
    { "hosts => 'https://es:1/x/' sniffing_path => 'who/is'", "https://es:1/x", NULL, "/who/is" },
    { "hosts => 'http://ann:p%40ss@es' path => 'y'", "http://es:9200",
        "Authorization: Basic YW5uOnBAc3M=", "/y/_nodes/http" },
    { "cloud_id => 'n:aG9zdC5pbyRhYmMkZGVm' cloud_auth => 'u:p'", "https://abc.host.io:443",
        "Authorization: Basic dTpw", "/_nodes/http" },
    { "cloud_id => 'n:aG9zdC5pbzo5MjQzJGFiYyRkZWY='", "https://abc.host.io:9243", NULL,
        "/_nodes/http" },
    { "cloud_id => 'n:aG9zdC5pbyRhYmM6OTI0NCRkZWY='", "https://abc.host.io:9244", NULL,
        "/_nodes/http" },
    { "cloud_id => '' hosts => 'es' api_key => ''", "http://es:9200", NULL, "/_nodes/http" },
    { "hosts => 'https://es' api_key => 'aWQ6a2V5'", "https://es:9200",
        "Authorization: ApiKey aWQ6a2V5", "/_nodes/http" },
};

Test(output_elasticsearch_options, say_where_the_nodes_are) {
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct test_output rig = { 0 };
        cr_assert(test_output_open(&rig, "elasticsearch", places[i].options, CHUTE_ECS_DISABLED),
            "%s: %s", places[i].options, test_compile_notes(&rig.compile));
        const struct es_settings *settings = rig.settings;
        cr_expect_eq(settings->node_count, 1, "%s", places[i].options);
        cr_expect_str_eq(settings->node_urls[0], places[i].url, "%s: %s", places[i].options,
            settings->node_urls[0]);
        const char *authorization = settings->node_authorizations[0];
        cr_expect_str_eq(authorization == NULL ? "" : authorization,
            places[i].authorization == NULL ? "" : places[i].authorization, "%s: %s",
            places[i].options, authorization);
        cr_expect_str_eq(settings->sniff_target, places[i].sniffing, "%s: %s", places[i].options,
            settings->sniff_target);
        test_output_finish(&rig);
    }
}

/* Two questions, a second apart, at the path that was asked for; nothing between them. */
Test(output_elasticsearch_options, sniffing_asks_again_after_its_delay, .timeout = 60) {
    struct cluster cluster = { 0 };
    char nodes[100];
    cluster.nodes = nodes;
    open_cluster(&cluster, "sniffing => true sniffing_delay => 1 sniffing_path => '/who/is'");
    snprintf(nodes, sizeof(nodes),
        "{\"nodes\":{\"a\":{\"http\":{\"publish_address\":\"127.0.0.1:%d\"}}}}", cluster.http.port);
    while (cluster.http.requests < 1) {
        uv_run(&cluster.loop, UV_RUN_ONCE);
    }
    uint64_t first = uv_now(&cluster.loop);
    while (cluster.http.requests < 2) {
        uv_run(&cluster.loop, UV_RUN_ONCE);
    }
    cr_expect_geq(uv_now(&cluster.loop) - first, 800);
    cr_expect_str_eq(chute_buf_cstr(&cluster.log), "GET /who/is\nGET /who/is\n");
    close_cluster(&cluster);
}

static void answer_refusal(
    struct test_http *http, const struct test_http_request *request, struct chute_buf *out) {
    (void)http;
    (void)request;
    test_http_reply(out, 200,
        "{\"errors\":true,\"items\":[{\"index\":{\"status\":400,\"error\":{\"type\":\"odd_one\","
        "\"reason\":\"r\"}}}]}");
}

Test(output_elasticsearch_options, errors_that_are_not_logged) {
    static const struct {
        const char *options;
        size_t lines;
    } rows[] = { { "", 1 }, { "silence_errors_in_log => ['x', 'odd_one']", 0 },
        { "failure_type_logging_whitelist => 'odd_one'", 0 },
        { "silence_errors_in_log => 'other'", 1 } };
    static struct chute_log_record records[CHUTE_LOG_RECENT];
    size_t before = chute_log_recent(records);
    cr_assert_eq(before, 0);
    size_t expected = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cluster cluster = { 0 };
        open_cluster(&cluster, rows[i].options);
        cluster.http.answer = answer_refusal;
        test_output_encode(&cluster.rig, "{}");
        test_output_deliver(&cluster.rig);
        cr_expect_str_eq(test_output_outcomes(&cluster.rig), "X", "refused in any case");
        close_cluster(&cluster);
        expected += rows[i].lines;
        size_t count = 0, kept = chute_log_recent(records);
        for (size_t j = 0; j < kept; j++) {
            bool is_it = strstr(records[j].message, "the cluster refuses documents") != NULL;
            count += is_it ? records[j].count : 0;
        }
        cr_expect_eq(count, expected, "%s: %zu lines", rows[i].options, count);
    }
}

Test(output_elasticsearch_options, script_lang) {
    static const struct {
        const char *options, *want;
    } rows[] = {
        { "script_lang => 'expression'", "\"lang\":\"expression\"" },
        { "", "\"lang\":\"painless\"" },
        { "script_lang => ''", "{\"script\":{\"source\":\"s\",\"params\"" },
        { "script_lang => '' script_type => indexed", "{\"script\":{\"id\":\"s\",\"params\"" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct test_output rig = { 0 };
        char options[200];
        snprintf(options, sizeof(options),
            "index => 'i' action => update document_id => 1 script => 's' %s", rows[i].options);
        cr_assert(test_output_open(&rig, "elasticsearch", options, CHUTE_ECS_DISABLED));
        const char *got = test_output_encode(&rig, "{\"a\":1}");
        cr_expect_not_null(strstr(got, rows[i].want), "%s: got %s", rows[i].options, got);
        test_output_finish(&rig);
    }
}
