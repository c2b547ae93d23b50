#include <criterion/criterion.h>
#include <stdio.h>

#include "../support/fake_http.h"
#include "../support/output.h"

/* What the server is to say, in turn; the last line stays. */
struct script {
    const char *const *lines; /* "201 {body}"; "" closes the connection */
    int at;
    struct chute_buf log; /* "POST /_bulk 3\n": the body's lines */
    const char *setup;    /* answers to anything but bulk; NULL: 404 */
};

static void answer(
    struct test_http *http, const struct test_http_request *request, struct chute_buf *out) {
    struct script *script = http->ctx;
    int lines = 0;
    for (size_t i = 0; i < request->body.len; i++) {
        lines += request->body.at[i] == '\n';
    }
    ptrdiff_t question = chute_str_find(request->target, CHUTE_STR("?"));
    chute_buf_printf(&script->log, "%.*s %.*s %d\n", CHUTE_STR_ARGS(request->method),
        (int)(question < 0 ? (ptrdiff_t)request->target.len : question), request->target.at, lines);
    const char *line = "404 {}";
    if (chute_str_find(request->target, CHUTE_STR("_bulk")) >= 0) {
        line = script->lines[script->at];
        script->at += script->lines[script->at + 1] != NULL;
    } else if (script->setup != NULL) {
        line = script->setup;
    }
    if (line[0] != '\0') {
        int status = 0, skip = 0;
        sscanf(line, "%d %n", &status, &skip);
        test_http_reply(out, status, line + skip);
    }
}

static const struct {
    const char *says, *options;
    const char *events[4];
    const char *answers[5];
    const char *outcomes;
    const char *rejects;
    const char *log;
} rows[] = {
    { "all good", "", { "{\"a\":1}", "{\"a\":2}" }, { "200 {\"errors\":false}" }, "DD", "",
        "POST /_bulk 4\n" },
    { "one decision for each", "", { "{}", "{}", "{}", "{}" },
        { "200 {\"errors\":true,\"items\":[{\"index\":{\"status\":201}},{\"index\":{\"status\":400,"
          "\"error\":{\"type\":\"t\",\"reason\":\"r\"}}},{\"index\":{\"status\":429,\"error\":{"
          "\"type\":\"busy\",\"reason\":\"q\"}}},{\"index\":{\"status\":409,\"error\":{\"type\":"
          "\"v\",\"reason\":\"c\"}}}]}" },
        "DXRD", "1: i: status 400, t: r\n", "POST /_bulk 8\n" },
    { "a document that is there already", "action => create", { "{}", "{}" },
        { "200 {\"errors\":true,\"items\":[{\"create\":{\"status\":409,\"error\":{\"type\":\"v\","
          "\"reason\":\"c\"}}},{\"create\":{\"status\":503}}]}" },
        "DR", "", "POST /_bulk 4\n" },
    { "delete of what is gone", "action => delete document_id => 'x'", { "{}" },
        { "200 {\"errors\":false,\"items\":[{\"delete\":{\"status\":404}}]}" }, "D", "",
        "POST /_bulk 1\n" },
    { "403 of an item", "dlq_custom_codes => [403]", { "{}" },
        { "200 {\"errors\":true,\"items\":[{\"index\":{\"status\":403,\"error\":{\"type\":\"b\","
          "\"reason\":\"w\"}}}]}" },
        "X", "0: i: status 403, b: w\n", "POST /_bulk 2\n" },
    { "the whole request: busy", "", { "{}", "{}" }, { "429 {}" }, "RR", "", "POST /_bulk 4\n" },
    { "the whole request: not allowed", "", { "{}" },
        { "403 {\"error\":{\"type\":\"security_exception\",\"reason\":\"no\"},\"status\":403}" },
        "R", "", "POST /_bulk 2\n" },
    { "the whole request: a proxy's 400 is no verdict on documents", "", { "{}" },
        { "400 <html>plain HTTP sent to an HTTPS port</html>" }, "R", "", "POST /_bulk 2\n" },
    { "one bad item spoils a request: it is found", "", { "{\"a\":1}", "{\"a\":2}", "{\"a\":3}" },
        { "400 {\"error\":{\"type\":\"action_request_validation_exception\",\"reason\":\"x\"},"
          "\"status\":400}",
            "200 {\"errors\":false}",
            "400 {\"error\":{\"type\":\"action_request_validation_exception\",\"reason\":\"x\"},"
            "\"status\":400}",
            "400 {\"error\":{\"type\":\"action_request_validation_exception\",\"reason\":\"x\"},"
            "\"status\":400}",
            "200 {\"errors\":false}" },
        "DXD", "1: i: status 400, action_request_validation_exception: x\n",
        "POST /_bulk 6\nPOST /_bulk 2\nPOST /_bulk 4\nPOST /_bulk 2\nPOST /_bulk 2\n" },
    { "an answer for other items", "", { "{}", "{}" },
        { "200 "
          "{\"errors\":true,\"items\":[{\"index\":{\"status\":201}},{\"index\":{\"status\":201}}"
          ",{\"index\":{\"status\":201}}]}" },
        "RR", "", "POST /_bulk 4\n" },
    { "no bulk answer at all", "", { "{}" }, { "200 {}" }, "R", "", "POST /_bulk 2\n" },
    { "a login page", "", { "{}" }, { "200 <html>" }, "R", "", "POST /_bulk 2\n" },
    { "a connection that closes", "", { "{}" }, { "" }, "R", "", "POST /_bulk 2\n" },
    { "what must not be sent is refused here", "index => '%{i}'",
        { "{\"i\":\"x\"}", "{}", "{\"i\":\"y\"}", "{\"i\":\"z\"}" }, { "200 {\"errors\":false}" },
        "DXDD", "1: %{i}: the index's name is empty, or the event lacks a field of it\n",
        "POST /_bulk 2\nPOST /_bulk 4\n" },
    { "a path and parameters", "path => 'some/path' parameters => { 'id' => 1 }", { "{}" },
        { "200 {\"errors\":false}" }, "D", "", "POST /some/path/_bulk 2\n" },
    { "gzip", "compression_level => 1",
        { "{\"m\":"
          "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
          "xx"
          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
          "xx"
          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
          "xx"
          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
          "xx"
          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
          "xx"
          "\"}" },
        { "200 {\"errors\":false}" }, "D", "", "POST /_bulk 2\n" },
    { "a cluster that refuses everything but bulk", "manage_template => true", { "{}" },
        { "200 {\"errors\":false}" }, "D", "",
        "GET / 0\nHEAD /_index_template/logstash 0\nPUT /_index_template/logstash 0\n"
        "POST /_bulk 2\n" },
};

struct scene {
    uv_loop_t loop;
    struct test_http http;
    struct script script;
    struct test_output rig;
};

static void open_scene(struct scene *scene, const char *options, const char *const *answers) {
    uv_loop_init(&scene->loop);
    scene->script.lines = answers;
    scene->http.ctx = &scene->script;
    scene->http.answer = answer;
    test_http_start(&scene->http, &scene->loop);
    struct chute_buf text = { 0 };
    chute_buf_printf(&text, "hosts => '127.0.0.1:%d' %s %s %s", scene->http.port,
        strstr(options, "index =>") != NULL ? "" : "index => 'i'",
        strstr(options, "manage_template") != NULL ? "" : "manage_template => false", options);
    cr_assert(
        test_output_open(&scene->rig, "elasticsearch", chute_buf_cstr(&text), CHUTE_ECS_DISABLED),
        "%s", test_compile_notes(&scene->rig.compile));
    chute_buf_finish(&text);
    test_output_start(&scene->rig, &scene->loop);
}

static void close_scene(struct scene *scene) {
    test_output_stop(&scene->rig);
    test_http_stop(&scene->http);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&scene->loop), 0, "something is left in the loop");
    test_output_finish(&scene->rig);
    chute_buf_finish(&scene->script.log);
}

Test(output_elasticsearch_deliver, rows) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene scene = { 0 };
        open_scene(&scene, rows[i].options, rows[i].answers);
        for (size_t j = 0; j < 4 && rows[i].events[j] != NULL; j++) {
            test_output_encode(&scene.rig, rows[i].events[j]);
        }
        test_output_deliver(&scene.rig);
        const char *outcomes = test_output_outcomes(&scene.rig);
        cr_expect_str_eq(outcomes, rows[i].outcomes, "%s: outcomes %s", rows[i].says, outcomes);
        const char *rejects = chute_buf_cstr(&scene.rig.rejects);
        cr_expect_str_eq(rejects, rows[i].rejects, "%s: rejects %s", rows[i].says, rejects);
        const char *log = chute_buf_cstr(&scene.script.log);
        cr_expect_str_eq(log, rows[i].log, "%s: requests %s", rows[i].says, log);
        close_scene(&scene);
    }
}

Test(output_elasticsearch_deliver, asks_for_smaller_requests) {
    static const char *const answers[] = { "413 ", NULL };
    struct scene scene = { 0 };
    open_scene(&scene, "", answers);
    test_output_encode(&scene.rig, "{}");
    test_output_encode(&scene.rig, "{}");
    test_output_deliver(&scene.rig);
    cr_expect(scene.rig.wants_smaller);
    cr_expect_str_eq(test_output_outcomes(&scene.rig), "??", "nothing was answered");
    close_scene(&scene);
}

static void deliver_again(struct scene *scene, uint16_t attempts, const char *outcomes) {
    for (uint32_t i = 0; i < scene->rig.parcel.count; i++) {
        scene->rig.parcel.items[i].attempts = attempts;
    }
    scene->script.log.len = 0;
    test_output_deliver(&scene->rig);
    cr_expect_str_eq(test_output_outcomes(&scene->rig), outcomes, "attempt %u", attempts);
}

Test(output_elasticsearch_deliver, a_busy_cluster_gets_smaller_requests) {
    static const char *const answers[] = { "429 {}", "429 {}", "200 {\"errors\":false}", NULL };
    static const char *const answers_later[] = { "429 {}", "200 {\"errors\":false}", NULL };
    struct scene scene = { 0 };
    open_scene(&scene, "", answers);
    for (int i = 0; i < 4; i++) {
        test_output_encode(&scene.rig, "{}");
    }
    deliver_again(&scene, 0, "RRRR");
    deliver_again(&scene, 1, "RRRR");
    cr_expect_str_eq(chute_buf_cstr(&scene.script.log), "POST /_bulk 8\n", "the same once more");
    deliver_again(&scene, 2, "DDDD");
    cr_expect_str_eq(chute_buf_cstr(&scene.script.log), "POST /_bulk 4\nPOST /_bulk 4\n");
    for (int i = 0; i < 7; i++) {
        deliver_again(&scene, 0, "DDDD");
    }
    scene.script.lines = answers_later;
    scene.script.at = 0;
    deliver_again(&scene, 0, "DDDD");
    cr_expect_str_eq(chute_buf_cstr(&scene.script.log),
        "POST /_bulk 8\nPOST /_bulk 4\nPOST /_bulk 4\n", "a larger one was too early");
    for (int i = 0; i < 15; i++) {
        deliver_again(&scene, 0, "DDDD");
        cr_expect_str_eq(chute_buf_cstr(&scene.script.log), "POST /_bulk 4\nPOST /_bulk 4\n");
    }
    deliver_again(&scene, 0, "DDDD");
    cr_expect_str_eq(chute_buf_cstr(&scene.script.log), "POST /_bulk 8\n", "it is well again");
    close_scene(&scene);
}

Test(output_elasticsearch_deliver, a_cluster_busy_once_gets_the_same_again) {
    static const char *const answers[] = { "429 {}", "200 {\"errors\":false}", NULL };
    struct scene scene = { 0 };
    open_scene(&scene, "", answers);
    test_output_encode(&scene.rig, "{}");
    test_output_encode(&scene.rig, "{}");
    deliver_again(&scene, 0, "RR");
    deliver_again(&scene, 1, "DD");
    cr_expect_str_eq(chute_buf_cstr(&scene.script.log), "POST /_bulk 4\n");
    close_scene(&scene);
}

Test(output_elasticsearch_deliver, keeps_its_connection) {
    static const char *const answers[] = { "200 {\"errors\":false}", NULL };
    struct scene scene = { 0 };
    open_scene(&scene, "", answers);
    test_output_encode(&scene.rig, "{}");
    for (int i = 0; i < 5; i++) {
        test_output_deliver(&scene.rig);
        cr_expect_str_eq(test_output_outcomes(&scene.rig), "D");
    }
    cr_expect_eq(scene.http.requests, 5);
    cr_expect_eq(scene.http.connections, 1);
    close_scene(&scene);
}

Test(output_elasticsearch_deliver, a_dead_node_is_passed_over) {
    static const char *const answers[] = { "200 {\"errors\":false}", NULL };
    struct scene scene = { 0 };
    uv_loop_init(&scene.loop);
    scene.script.lines = answers;
    scene.http.ctx = &scene.script;
    scene.http.answer = answer;
    test_http_start(&scene.http, &scene.loop);
    char options[200];
    /* port 1 refuses at once */
    snprintf(options, sizeof(options),
        "index => 'i' manage_template => false hosts => ['127.0.0.1:1', '127.0.0.1:%d']",
        scene.http.port);
    cr_assert(test_output_open(&scene.rig, "elasticsearch", options, CHUTE_ECS_DISABLED));
    test_output_start(&scene.rig, &scene.loop);
    test_output_encode(&scene.rig, "{}");
    for (int i = 0; i < 3; i++) {
        test_output_deliver(&scene.rig);
        cr_expect_str_eq(test_output_outcomes(&scene.rig), "D", "delivery %d", i);
    }
    cr_expect_eq(scene.http.requests, 3);
    close_scene(&scene);
}

Test(output_elasticsearch_deliver, a_single_dead_node_is_asked_again_after_its_delay) {
    struct scene scene = { 0 };
    uv_loop_init(&scene.loop);
    cr_assert(test_output_open(&scene.rig, "elasticsearch",
        "index => 'i' manage_template => false hosts => '127.0.0.1:1' resurrect_delay => 30",
        CHUTE_ECS_DISABLED));
    test_output_start(&scene.rig, &scene.loop);
    test_output_encode(&scene.rig, "{}");
    for (int i = 0; i < 2; i++) {
        test_output_deliver(&scene.rig);
        cr_expect_str_eq(test_output_outcomes(&scene.rig), "R");
        uint32_t after = scene.rig.parcel.items[0].retry_after_ms;
        cr_expect(after > 20000 && after <= 30000, "after %u ms", after);
    }
    test_output_stop(&scene.rig);
    uv_run(&scene.loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&scene.loop), 0);
    test_output_finish(&scene.rig);
}

Test(output_elasticsearch_deliver, a_dead_node_is_asked_at_once_when_the_pipeline_stops) {
    static const char *const answers[] = { "", "200 {\"errors\":false}", NULL };
    struct scene scene = { 0 };
    open_scene(&scene, "resurrect_delay => 30", answers);
    test_output_encode(&scene.rig, "{}");
    test_output_deliver(&scene.rig);
    cr_expect_str_eq(test_output_outcomes(&scene.rig), "R");
    test_output_deliver(&scene.rig);
    cr_expect_str_eq(test_output_outcomes(&scene.rig), "R", "it is left alone");
    scene.rig.is_stopping = true;
    test_output_deliver(&scene.rig);
    cr_expect_str_eq(test_output_outcomes(&scene.rig), "D");
    close_scene(&scene);
}

Test(output_elasticsearch_deliver, a_stop_gives_up_what_is_open) {
    static const char *const answers[] = { "200 {\"errors\":false}", NULL };
    struct scene scene = { 0 };
    open_scene(&scene, "", answers);
    test_output_encode(&scene.rig, "{}");
    scene.rig.plugin->deliver((struct chute_output *)(void *)&scene.rig, &scene.rig.parcel);
    cr_expect(!scene.rig.is_finished);
    test_output_stop(&scene.rig);
    cr_expect(scene.rig.is_finished);
    cr_expect_str_eq(test_output_outcomes(&scene.rig), "R");
    test_http_stop(&scene.http);
    uv_run(&scene.loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&scene.loop), 0);
    test_output_finish(&scene.rig);
    chute_buf_finish(&scene.script.log);
}

Test(output_elasticsearch_deliver, the_template_is_installed_first) {
    static const char *const answers[] = { "200 {\"errors\":false}", NULL };
    struct scene scene = { 0 };
    scene.script.setup = "200 {\"version\":{\"number\":\"7.17.0\"}}";
    open_scene(&scene, "manage_template => true template_overwrite => true", answers);
    test_output_encode(&scene.rig, "{}");
    test_output_deliver(&scene.rig);
    cr_expect_str_eq(test_output_outcomes(&scene.rig), "D");
    const char *log = chute_buf_cstr(&scene.script.log);
    cr_expect_str_eq(log,
        "GET / 0\nHEAD /_template/logstash 0\nPUT /_template/logstash 0\nPOST /_bulk 2\n", "got %s",
        log);
    close_scene(&scene);
}

Test(output_elasticsearch_deliver, ilm_makes_policy_and_alias) {
    static const char *const answers[] = { "200 {\"errors\":false}", NULL };
    struct scene scene = { 0 };
    open_scene(&scene, "index => 'x' manage_template => false ilm_rollover_alias => 'al'", answers);
    test_output_encode(&scene.rig, "{}");
    test_output_deliver(&scene.rig);
    cr_expect_str_eq(test_output_outcomes(&scene.rig), "D");
    const char *log = chute_buf_cstr(&scene.script.log);
    cr_expect_str_eq(log,
        "GET / 0\nHEAD /_ilm/policy/logstash-policy 0\nPUT /_ilm/policy/logstash-policy 0\n"
        "HEAD /al 0\nPUT /%3Cal-%7Bnow%2Fd%7D-000001%3E 0\nPOST /_bulk 2\n",
        "got %s", log);
    close_scene(&scene);
}

Test(output_elasticsearch_deliver, opensearch_gets_the_alias_alone) {
    static const char *const answers[] = { "200 {\"errors\":false}", NULL };
    struct scene scene = { 0 };
    scene.script.setup =
        "200 {\"version\":{\"number\":\"2.19.1\",\"distribution\":\"opensearch\"}}";
    open_scene(&scene,
        "index => 'x' manage_template => true template_overwrite => true "
        "ilm_rollover_alias => 'al'",
        answers);
    test_output_encode(&scene.rig, "{}");
    test_output_deliver(&scene.rig);
    cr_expect_str_eq(test_output_outcomes(&scene.rig), "D");
    const char *log = chute_buf_cstr(&scene.script.log);
    cr_expect_str_eq(log,
        "GET / 0\nHEAD /_index_template/al 0\nPUT /_index_template/al 0\nHEAD /al 0\n"
        "POST /_bulk 2\n",
        "got %s", log);
    close_scene(&scene);
}

Test(output_elasticsearch_deliver, a_cluster_that_is_not_ready_is_waited_for) {
    static const char *const answers[] = { "200 {\"errors\":false}", NULL };
    struct scene scene = { 0 };
    scene.script.setup = "503 {}";
    open_scene(&scene, "manage_template => true", answers);
    test_output_encode(&scene.rig, "{}");
    test_output_deliver(&scene.rig);
    cr_expect_str_eq(test_output_outcomes(&scene.rig), "R");
    scene.script.setup = "200 {\"version\":{\"number\":\"8.1.0\"}}";
    test_output_deliver(&scene.rig);
    cr_expect_str_eq(test_output_outcomes(&scene.rig), "D");
    close_scene(&scene);
}

/* Notes one header of each request. */
static void answer_headers(
    struct test_http *http, const struct test_http_request *request, struct chute_buf *out) {
    static const char *const names[] = { "Authorization", "X-Own", "Content-Type",
        "X-Elastic-Event-Count", "X-Elastic-Uncompressed-Request-Length" };
    struct script *script = http->ctx;
    for (size_t i = 0; i < 5; i++) {
        chute_buf_printf(
            &script->log, "%.*s|", CHUTE_STR_ARGS(test_http_header(request, names[i])));
    }
    chute_buf_printf(&script->log, "%.*s\n", CHUTE_STR_ARGS(request->target));
    test_http_reply(out, 200, "{\"errors\":false}");
}

Test(output_elasticsearch_deliver, headers_and_query) {
    static const struct {
        const char *options, *want;
    } cases[] = {
        { "user => 'elastic' password => 'pä:x' custom_headers => { 'X-Own' => 'yes' }",
            "Basic ZWxhc3RpYzpww6Q6eA==|yes|application/json|1|" },
        { "cloud_auth => 'u1:p'", "Basic dTE6cA==||application/json|1|" },
        { "auth_type => { type => 'basic' user => 'ad' password => 'pw' }",
            "Basic YWQ6cHc=||application/json|1|" },
        { "parameters => { 'zz' => 1 'aa' => 'b' }", "||application/json|1|" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static const char *const answers[] = { "", NULL };
        struct scene scene = { 0 };
        open_scene(&scene, cases[i].options, answers);
        scene.http.answer = answer_headers;
        test_output_encode(&scene.rig, "{}");
        test_output_deliver(&scene.rig);
        char want[300];
        snprintf(want, sizeof(want),
            "%s%zu|/_bulk?filter_path=errors,items.*.error,items.*.status%s\n", cases[i].want,
            scene.rig.parcel.bytes.len, i == 3 ? "&aa=b&zz=1" : "");
        const char *log = chute_buf_cstr(&scene.script.log);
        cr_expect_str_eq(log, want, "%s: got %s", cases[i].options, log);
        close_scene(&scene);
    }
}

Test(output_elasticsearch_deliver, goes_through_a_proxy) {
    static const char *const answers[] = { "200 {\"errors\":false}", NULL };
    struct scene scene = { 0 };
    uv_loop_init(&scene.loop);
    scene.script.lines = answers;
    scene.http.ctx = &scene.script;
    scene.http.answer = answer;
    test_http_start(&scene.http, &scene.loop);
    char options[200];
    snprintf(options, sizeof(options),
        "index => 'i' manage_template => false hosts => 'es.invalid' proxy => "
        "'http://127.0.0.1:%d'",
        scene.http.port);
    cr_assert(test_output_open(&scene.rig, "elasticsearch", options, CHUTE_ECS_DISABLED));
    test_output_start(&scene.rig, &scene.loop);
    test_output_encode(&scene.rig, "{}");
    test_output_deliver(&scene.rig);
    cr_expect_str_eq(test_output_outcomes(&scene.rig), "D");
    const char *log = chute_buf_cstr(&scene.script.log);
    cr_expect_str_eq(log, "POST http://es.invalid:9200/_bulk 2\n", "got %s", log);
    close_scene(&scene);
}

Test(output_elasticsearch_deliver, a_node_that_is_back_is_used_again) {
    static const char *const good[] = { "200 {\"errors\":false}", NULL };
    static const char *const first_bad[] = { "", "200 {\"errors\":false}", NULL };
    struct scene scene = { 0 };
    struct test_http other = { 0 };
    struct script other_script = { .lines = first_bad };
    uv_loop_init(&scene.loop);
    scene.script.lines = good;
    scene.http.ctx = &scene.script;
    scene.http.answer = answer;
    other.ctx = &other_script;
    other.answer = answer;
    test_http_start(&scene.http, &scene.loop);
    test_http_start(&other, &scene.loop);
    char options[300];
    snprintf(options, sizeof(options),
        "index => 'i' manage_template => false resurrect_delay => 0.05 healthcheck_path => 'up' "
        "hosts => ['127.0.0.1:%d', '127.0.0.1:%d']",
        other.port, scene.http.port);
    cr_assert(test_output_open(&scene.rig, "elasticsearch", options, CHUTE_ECS_DISABLED));
    test_output_start(&scene.rig, &scene.loop);
    test_output_encode(&scene.rig, "{}");
    test_output_deliver(&scene.rig);
    cr_expect_str_eq(test_output_outcomes(&scene.rig), "D", "the other node took it");
    while (other.requests < 2) {
        uv_run(&scene.loop, UV_RUN_ONCE);
    }
    for (int i = 0; i < 20 && other.requests < 3; i++) {
        test_output_deliver(&scene.rig);
    }
    const char *log = chute_buf_cstr(&other_script.log);
    cr_expect_str_eq(log, "POST /_bulk 2\nHEAD /up 0\nPOST /_bulk 2\n", "got %s", log);
    test_http_stop(&other);
    close_scene(&scene);
    chute_buf_finish(&other_script.log);
}

Test(output_elasticsearch_deliver, finds_the_nodes_of_the_cluster) {
    static const char *const answers[] = { "200 {\"errors\":false}", NULL };
    struct scene scene = { 0 };
    struct test_http other = { 0 };
    struct script other_script = { .lines = answers };
    char nodes[200];
    uv_loop_init(&scene.loop);
    scene.script.lines = answers;
    scene.http.ctx = &scene.script;
    scene.http.answer = answer;
    other.ctx = &other_script;
    other.answer = answer;
    test_http_start(&scene.http, &scene.loop);
    test_http_start(&other, &scene.loop);
    snprintf(nodes, sizeof(nodes),
        "200 {\"nodes\":{\"a\":{\"http\":{\"publish_address\":\"127.0.0.1:%d\"}}}}", other.port);
    scene.script.setup = nodes;
    other_script.setup = nodes;
    char options[300];
    snprintf(options, sizeof(options),
        "index => 'i' manage_template => false sniffing => true hosts => ['127.0.0.1:%d']",
        scene.http.port);
    cr_assert(test_output_open(&scene.rig, "elasticsearch", options, CHUTE_ECS_DISABLED));
    test_output_start(&scene.rig, &scene.loop);
    while (scene.http.requests == 0) {
        uv_run(&scene.loop, UV_RUN_ONCE);
    }
    test_output_encode(&scene.rig, "{}");
    for (int i = 0; i < 20 && other.requests == 0; i++) {
        test_output_deliver(&scene.rig);
        cr_expect_str_eq(test_output_outcomes(&scene.rig), "D");
    }
    cr_expect(
        chute_str_starts_with(chute_buf_str(&scene.script.log), CHUTE_STR("GET /_nodes/http 0\n")));
    cr_expect_str_eq(chute_buf_cstr(&other_script.log), "POST /_bulk 2\n");
    test_http_stop(&other);
    close_scene(&scene);
    chute_buf_finish(&other_script.log);
}

Test(output_elasticsearch_deliver, patience_that_ends_ends_deliveries) {
    static const char *const answers[] = { "", NULL };
    struct scene scene = { 0 };
    open_scene(&scene, "", answers);
    scene.http.answer = NULL; /* nobody is asked */
    test_output_encode(&scene.rig, "{}");
    scene.rig.is_abandoned = true;
    test_output_deliver(&scene.rig);
    cr_expect_str_eq(test_output_outcomes(&scene.rig), "R");
    close_scene(&scene);
}
