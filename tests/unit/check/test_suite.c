/* Files of cases run against pipelines, as `logchute test` does it: what comes out, what is judged, what was reached. */
#include <criterion/criterion.h>
#include <unistd.h>

#include "conf/parser.h"
#include "pipeline/base/json.h"
#include "pipeline/check/compare.h"
#include "pipeline/check/mock.h"
#include "pipeline/run/read_buffer.h"

static struct chute_diag *diag;
static struct chute_suite *suite;
static struct chute_mocks *mocks;
static struct chute_buf out;
static enum chute_ecs ecs;

static void close_suite(void) {
    chute_suite_destroy(suite);
    chute_mocks_destroy(mocks);
    chute_diag_destroy(diag);
    chute_buf_finish(&out);
    chute_read_buffer_pool_finish();
    suite = NULL;
    mocks = NULL;
    diag = NULL;
}

static void open_suite(void) {
    close_suite();
    diag = chute_diag_create();
    suite = chute_suite_create(&chute_env_of_process, diag);
    ecs = CHUTE_ECS_V8;
}

TestSuite(suite, .init = open_suite, .fini = close_suite, .timeout = 60);

static void add(const char *config) {
    const struct chute_source *source =
        chute_diag_add_source(diag, "test.conf", chute_str_of(config));
    struct chute_ast *ast = chute_parse(diag, &source, 1, false);
    struct chute_pipeline_settings settings = { .id = "test",
        .path_data = "/nonexistent",
        .host_name = "thishost",
        .ecs = ecs,
        .workers = 1,
        .batch_size = 100 };
    if (mocks != NULL) {
        chute_mocks_apply(mocks, ast);
    }
    chute_suite_add(suite, &settings, ast);
}

static const char *notes(void) {
    size_t count;
    const struct chute_diag_item *items = chute_diag_items(diag, &count);
    out.len = 0;
    for (size_t i = 0; i < count; i++) {
        chute_buf_printf(&out, "%u:%u: %s%s%s\n", items[i].position.line, items[i].position.column,
            items[i].message, items[i].hint == NULL ? "" : "; ",
            items[i].hint == NULL ? "" : items[i].hint);
    }
    return chute_buf_cstr(&out);
}

/* Runs cases in YAML: "ok" or "FAIL" for each, with what differs; or what is wrong. A view until the next call. */
static const char *run_form(
    const char *yaml, enum chute_form form, struct chute_compare_options options) {
    struct chute_case_file *file = chute_case_file_parse("cases.yml", chute_str_of(yaml), diag);
    if (file == NULL || !chute_suite_check(suite, &file, 1, form)) {
        chute_case_file_destroy(file);
        return notes();
    }
    struct chute_results results = { 0 };
    struct chute_judgement judgements[32];
    cr_assert_leq(file->count, 32);
    cr_assert(chute_suite_run(suite, file, form, &results));
    chute_compare(file, chute_form_has_inputs(form, file), &options, &results, judgements);
    out.len = 0;
    for (size_t i = 0; i < file->count; i++) {
        chute_buf_printf(&out, "%s\n", judgements[i].has_passed ? "ok" : "FAIL");
        chute_buf_add_str(&out, chute_buf_str(&judgements[i].text));
        chute_buf_finish(&judgements[i].text);
    }
    chute_results_finish(&results);
    chute_case_file_destroy(file);
    return chute_buf_cstr(&out);
}

static const char *run(const char *yaml) {
    return run_form(yaml, CHUTE_FORM_BY_FILE, (struct chute_compare_options){ 0 });
}

static void expect(const char *yaml, const char *want) {
    const char *got = run(yaml);
    cr_expect_str_eq(got, want, "%s", got);
}

#define NO_TIME "ignore: ['@timestamp']\n"

/* ------------------------------------------------------------------ filters alone */

Test(suite, filters_alone_get_lines_and_fields) {
    add("input { kafka { nonsense => 1 } } filter { mutate { add_tag => [\"%{type}\"] } } output { "
        "email { to => \"${NOPE}\" } }");
    expect(NO_TIME
        "fields: {type: t, n: 5, b: true, list: [x, z], '[a][b]': c, who: '%{message}'}\n"
        "testcases: [{input: [hello], expected: [{message: hello, type: t, n: '5', b: 'true', "
        "list: [x, z], "
        "a: {b: c}, who: hello, tags: [t]}]}]",
        "ok\n");
}

Test(suite, fields_are_added_to_what_a_codec_found) {
    add("filter { }");
    expect(NO_TIME "codec: json_lines\nfields: {a: 1}\ntestcases: [{input: ['{\"a\":2}'], "
                   "expected: [{a: [2, '1']}]},"
                   "{fields: {a: 9}, input: ['{\"b\":2}'], expected: [{a: [9, '1'], b: 2}]}]",
        "ok\nok\n");
}

Test(suite, a_codec_has_options) {
    add("filter { }");
    expect(NO_TIME "codec: 'line { delimiter => \";\" }'\ntestcases: [{input: ['a;b', 'c;'], "
                   "expected: [{message: a}, {message: \"b\\nc\"}, {message: \"\\n\"}]}]",
        "ok\n");
}

Test(suite, a_stream_goes_on_from_case_to_case) {
    add("filter { }");
    expect(NO_TIME
        "codec: multiline { pattern => \"^ \" what => previous }\n"
        "testcases: [{input: [a, ' b'], expected: [{message: \"a\\n b\", tags: [multiline]}]}, "
        "{input: [c], expected: [{message: c}]}]",
        "ok\nok\n");
}

Test(suite, what_standard_input_sets_counts_only_where_it_is_expected) {
    add("filter { }");
    expect(NO_TIME
        "testcases: [{input: [x], expected: [{message: x}]}, {input: [x], expected: [{message: x, "
        "host: {hostname: thishost}, "
        "event: {original: x}}]}, {input: [x], expected: [{message: x, host: {hostname: other}}]}]",
        "ok\nok\nFAIL\nevent 1 of 1:\n  {\n    \"host\": {\n-     \"hostname\": \"other\"\n+     "
        "\"hostname\": \"thishost\"\n    },\n"
        "    \"message\": \"x\"\n  }\n");
    open_suite();
    ecs = CHUTE_ECS_DISABLED;
    add("filter { if [message] == \"y\" { mutate { replace => { \"host\" => \"set\" } } } }");
    expect(NO_TIME "testcases: [{input: [x], expected: [{message: x}]}, {input: [x], expected: "
                   "[{message: x, host: thishost}]},"
                   "{input: ['y'], expected: [{message: 'y'}]}]",
        "ok\nok\nFAIL\nevent 1 of 1:\n  {\n+   \"host\": \"set\",\n    \"message\": \"y\"\n  }\n");
}

Test(suite, an_event_may_have_no_line) {
    add("filter { mutate { add_field => { \"n\" => \"%{a}\" } } }");
    expect(NO_TIME "testcases: [{fields: {a: 1}, expected: [{a: 1, n: '1'}]}]", "ok\n");
}

Test(suite, what_cannot_be_is_refused) {
    static const struct {
        const char *config, *yaml, *says;
    } rows[] = {
        { "filter { nonsense { } }", "testcases: []", "1:10: unknown filter plugin \"nonsense\"" },
        { "filter { }", "codec: nonsense\ntestcases: []", "unknown codec plugin \"nonsense\"" },
        { "filter { }", "codec: '} x'\ntestcases: []", "1:" },
        { "filter { }", "fields: {a: [{b: 1}]}\ntestcases: []",
            "1:1: field \"a\" holds an object in a list; with input_plugin, fields may hold "
            "anything" },
        { "filter { }", "fields: {a: {b: ~}}\ntestcases: []", "1:1: field \"[a][b]\" is null" },
        { "input { tcp { id => aa } udp { } tcp { } }",
            "codec: line\ninput_plugin: b\ntestcases: []",
            "2:1: no input has the id \"b\", and there is not one with that plugin only; the "
            "inputs are aa (tcp) id_missing_0002 (udp) "
            "id_missing_0003 (tcp)" },
        { "input { tcp { id => aa } tcp { } }", "input_plugin: tcp\ntestcases: []",
            "1:1: no input has the id \"tcp\"" },
        { "filter { mutate { id => \"${NO_SUCH_VARIABLE}\" } }", "testcases: []", "1:25: " },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        open_suite();
        add(rows[i].config);
        const char *got = run(rows[i].yaml);
        cr_expect_not_null(strstr(got, rows[i].says), "%s: %s", rows[i].yaml, got);
        cr_expect_gt(chute_diag_error_count(diag), 0);
    }
}

/* ------------------------------------------------------------------ by an input */

#define INPUTS                                                                                     \
    "input { tcp { id => lines type => \"t\" tags => [\"in\"] add_field => { \"from\" => "         \
    "\"%{message}\" } } "                                                                          \
    "http { id => json codec => json port => \"${NOPE}\" } file { codec => multiline { pattern "   \
    "=> \"^ \" what => previous } } "                                                              \
    "redis { codec => nonsense } } output { stdout { } } "

Test(suite, an_input_gives_its_codec_and_what_it_adds) {
    add(INPUTS);
    expect(NO_TIME "input_plugin: lines\ntestcases: [{input: [\"a\\nb\", ''], expected: [{message: "
                   "\"a\\nb\", type: t, tags: [in], "
                   "from: \"a\\nb\"}, {message: '', type: t, tags: [in], from: ''}]}]",
        "ok\n");
    open_suite();
    add(INPUTS);
    expect(NO_TIME
        "input_plugin: json\nfields: {a: 1, '[b][c]': 2, d: {e: 3}}\n"
        "testcases: [{input: ['{\"a\":0,\"x\":1}', '[{\"x\":2},{\"x\":3}]'], fields: {b: 5}, "
        "expected: [{a: 1, b: 5, d: {e: 3}, x: 1}, {a: 1, b: 5, d: {e: 3}, x: 2}, {a: 1, b: 5, d: "
        "{e: 3}, x: 3}]}]",
        "ok\n");
    open_suite();
    add(INPUTS);
    expect(NO_TIME "input_plugin: file\ntestcases: [{input: [\"a\\n b\\nc\"], expected: [{message: "
                   "\"a\\n b\", tags: [multiline]}, "
                   "{message: c}]}, {input: [' d', ~], expected: [{message: ' d'}]}]",
        "ok\nok\n");
}

Test(suite, fields_may_set_the_time_and_metadata) {
    add("input { tcp { id => aa } } filter { mutate { add_field => { \"[@metadata][b]\" => "
        "\"%{[@metadata][a]}\" "
        "\"[@metadata][__tmp_x]\" => \"1\" } } } output { stdout { } }");
    expect("input_plugin: aa\nexport_metadata: true\nfields: {'[@metadata][a]': 1, '@timestamp': "
           "'2026-01-01T00:00:00Z'}\n"
           "testcases: [{expected: [{'@metadata': {a: 1, b: '1'}, '@timestamp': "
           "'2026-01-01T00:00:00.000Z'}]}]",
        "ok\n");
    open_suite();
    add("input { tcp { id => aa } } output { stdout { } }");
    const char *got =
        run_form(NO_TIME "input_plugin: aa\nexport_metadata: true\nfields: {'[@metadata][a]': 1}\n"
                         "testcases: [{expected: [{meta: {a: 1}}]}, {fields: {'@metadata': ~}, "
                         "expected: [{'@metadata': ~}]}]",
            CHUTE_FORM_INPUTS, (struct chute_compare_options){ .metadata_key = CHUTE_STR("meta") });
    cr_expect_eq(strncmp(got, "ok\n", 3), 0, "%s", got);
}

Test(suite, an_event_comes_once_from_each_output) {
    const char *config = "input { tcp { id => aa } } output { stdout { id => zz } if [message] == "
                         "\"x\" { file { id => bb } } else { "
                         "file { } } }";
    add(config);
    expect(NO_TIME
        "input_plugin: aa\nexport_outputs: true\ntestcases: [{input: [x, 'y'], expected: "
        "[{message: "
        "x, __lfv_out_passed: bb}, "
        "{message: x, __lfv_out_passed: zz}, {message: 'y', __lfv_out_passed: id_missing_0004}, "
        "{message: 'y', __lfv_out_passed: zz}]}]",
        "ok\n");
    open_suite();
    add(config);
    const char *got =
        run_form(NO_TIME "input_plugin: aa\ntestcases: [{input: [x, 'y'], expected: [{message: x, "
                         "__lfv_out_passed: bb, __lfv_id: '0'}, "
                         "{message: x, __lfv_out_passed: zz, __lfv_id: '0'}, {message: 'y', "
                         "__lfv_out_passed: id_missing_0004, __lfv_id: '1'}, "
                         "{message: 'y', __lfv_out_passed: zz, __lfv_id: '1'}]}]",
            CHUTE_FORM_BY_FILE, (struct chute_compare_options){ .is_debug = true });
    cr_expect_str_eq(got, "ok\n", "%s", got);
}

Test(suite, tags_are_a_list_that_is_not_empty) {
    add("input { tcp { id => aa } } filter { if [message] == \"1\" { mutate { add_field => { "
        "\"tags\" => \"x\" } } } else { mutate { "
        "add_tag => [\"x\"] } mutate { remove_tag => [\"x\"] } } } output { stdout { } }");
    expect(NO_TIME "input_plugin: aa\ntestcases: [{input: ['1', '2'], expected: [{message: '1', "
                   "tags: [x]}, {message: '2'}]}]",
        "ok\n");
}

Test(suite, pipelines_hand_on_to_each_other) {
    add("input { tcp { id => in } } filter { mutate { add_field => { \"[@metadata][kept]\" => "
        "\"yes\" } } } "
        "output { if [message] == \"both\" { stdout { id => first } } pipeline { send_to => [next, "
        "\"nowhere\"] } }");
    add("input { pipeline { address => next tags => [\"passed\"] } } filter { mutate { add_field "
        "=> { \"k\" => \"%{[@metadata][kept]}\" } } } "
        "output { stdout { id => second } }");
    expect(NO_TIME
        "input_plugin: in\nexport_outputs: true\ntestcases: [{input: [both, one], expected: ["
        "{message: both, __lfv_out_passed: first}, {message: both, k: yes1, tags: [passed], "
        "__lfv_out_passed: second}, "
        "{message: one, k: yes1, tags: [passed], __lfv_out_passed: second}]}]",
        "FAIL\nevent 2 of 3:\n  {\n    \"__lfv_out_passed\": \"second\",\n-   \"k\": \"yes1\",\n+  "
        " \"k\": \"yes\",\n    \"message\": \"both\",\n"
        "    \"tags\": [\n      \"passed\"\n  ...\nevent 3 of 3:\n  {\n    \"__lfv_out_passed\": "
        "\"second\",\n-   \"k\": \"yes1\",\n+   \"k\": \"yes\",\n"
        "    \"message\": \"one\",\n    \"tags\": [\n      \"passed\"\n  ...\n");
}

Test(suite, a_circle_of_pipelines_ends) {
    add("input { tcp { id => in } pipeline { address => again } } output { pipeline { send_to => "
        "again } }");
    expect(NO_TIME "input_plugin: in\ntestcases: [{input: [x], expected: []}]", "ok\n");
}

Test(suite, filters_alone_need_one_pipeline) {
    add("filter { }");
    add("filter { }");
    cr_expect_not_null(
        strstr(run("testcases: []"), "input_plugin is missing: there are 2 pipelines"));
    open_suite();
    add("input { tcp { } }");
    const char *got =
        run_form("testcases: []", CHUTE_FORM_INPUTS, (struct chute_compare_options){ 0 });
    cr_expect_not_null(strstr(got, "input_plugin is missing: the input that the lines come in by; "
                                   "the inputs are id_missing_0001 (tcp)"),
        "%s", got);
    open_suite();
    add("filter { }");
    got = run_form(NO_TIME "input_plugin: in\ntestcases: [{input: [x], expected: [{message: x}]}]",
        CHUTE_FORM_FILTERS, (struct chute_compare_options){ 0 });
    cr_expect_str_eq(got, "ok\n", "%s", got);
}

/* ------------------------------------------------------------------ verdicts */

Test(suite, what_is_ignored_does_not_count) {
    add("filter { mutate { add_field => { \"[a][b]\" => \"1\" \"[a][c]\" => \"2\" \"[d][e]\" => "
        "\"3\" } } }");
    expect("ignore: ['@timestamp', '[a][b]', '[d][e]', message, '[x][y]']\ntestcases: [{input: "
           "[x], expected: [{a: {c: '2'}}]}]",
        "ok\n");
}

Test(suite, numbers_are_compared_by_value) {
    add("filter { }");
    expect(NO_TIME "codec: json_lines\ntestcases: [{input: ['{\"a\":1,\"b\":2.50,\"c\":1e2}'], "
                   "expected: [{a: 1.0, b: 2.5, c: 100}]}, "
                   "{input: ['{\"a\":1}'], expected: [{a: '1'}]}, {input: ['{\"a\":null}'], "
                   "expected: [{}]}, {input: ['{\"a\":[1,2]}'], "
                   "expected: [{a: [2, 1]}]}]",
        "ok\nFAIL\nevent 1 of 1:\n  {\n-   \"a\": \"1\"\n+   \"a\": 1\n  }\nFAIL\nevent 1 of 1:\n- "
        "{}\n+ {\n+   \"a\": null\n+ }\n"
        "FAIL\nevent 1 of 1:\n  {\n    \"a\": [\n-     2,\n-     1\n+     1,\n+     2\n    ]\n  "
        "}\n");
}

Test(suite, a_wrong_count_is_told_case_by_case) {
    add("filter { if [message] == \"gone\" { drop { } } }");
    expect(NO_TIME "testcases: [{input: [a], expected: [{message: a}]}, {input: [gone], expected: "
                   "[{message: gone}]}, "
                   "{input: [b], expected: []}, {input: [gone], expected: []}, {input: [c, d], "
                   "expected: [{message: c}]}]",
        "ok\nFAIL\nexpected 1 event, got 0:\n- {\n-   \"message\": \"gone\"\n- }\nFAIL\nexpected 0 "
        "events, got 1:\n+ {\n+   \"message\": \"b\"\n+ }\n"
        "ok\nFAIL\nexpected 1 event, got 2:\n  {\n    \"message\": \"c\"\n  }\n+ {\n+   "
        "\"message\": \"d\"\n+ }\n");
}

Test(suite, each_file_begins_anew) {
    add("filter { }");
    struct chute_case_file *files[2];
    for (int i = 0; i < 2; i++) {
        files[i] = chute_case_file_parse("cases.yml",
            CHUTE_STR(NO_TIME "codec: multiline { pattern => \"^ \" what => previous }\n"
                              "testcases: [{input: [' a'], expected: [{message: ' a'}]}]"),
            diag);
    }
    cr_assert(chute_suite_check(suite, files, 2, CHUTE_FORM_BY_FILE), "%s", notes());
    for (int i = 0; i < 2; i++) {
        struct chute_results results = { 0 };
        struct chute_judgement judgement;
        struct chute_compare_options options = { 0 };
        cr_assert(chute_suite_run(suite, files[i], CHUTE_FORM_BY_FILE, &results));
        chute_compare(files[i], false, &options, &results, &judgement);
        cr_expect(judgement.has_passed, "%s", chute_buf_cstr(&judgement.text));
        chute_buf_finish(&judgement.text);
        chute_results_finish(&results);
        chute_case_file_destroy(files[i]);
    }
}

/* ------------------------------------------------------------------ mocks */

static void read_mocks(const char *text) {
    char path[] = "/tmp/logchute-mocks-XXXXXX.yml";
    int fd = mkstemps(path, 4);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    mocks = chute_mocks_read(path, diag);
    unlink(path);
}

Test(suite, mocks_stand_in_for_plugins) {
    read_mocks("- id: gone\n- id: asks\n  mock: |\n    mutate { add_field => { \"answer\" => "
               "\"%{message}\" } }\n- id: in\n  mock: 'stdin { codec => json }'\n"
               "- id: unused\n");
    cr_assert_not_null(mocks, "%s", notes());
    add("input { pipeline { id => in } } filter { if [a] { translate { id => gone } } http { id => "
        "asks } } output { stdout { id => oo } }");
    expect(NO_TIME "input_plugin: in\ntestcases: [{input: ['{\"a\":1,\"message\":\"m\"}'], "
                   "expected: [{a: 1, message: m, answer: m}]}]",
        "ok\n");
    chute_mocks_note_unused(mocks, diag);
    cr_expect_str_eq(notes(), "7:3: no plugin has the id \"unused\"\n");
}

Test(suite, wrong_mocks_are_refused) {
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "id: a", "a file of mocks is a list" },
        { "- mock: drop { }", "1:3: a mock has an id" },
        { "- id: a\n  with: b", "1:3: a mock has an id" },
        { "- id: a\n  mock: drop { } drop { }", "1:3: a mock is one plugin" },
        { "- id: a\n  mock: drop {", "2:" },
        { "- a", "a mock has an id" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        open_suite();
        read_mocks(rows[i].text);
        cr_expect_null(mocks);
        cr_expect_not_null(strstr(notes(), rows[i].says), "%s: %s", rows[i].text, notes());
    }
}

/* ------------------------------------------------------------------ coverage */

/* "line:column text reached" for each item. */
static const char *coverage(void) {
    out.len = 0;
    const struct chute_coverage *of = chute_suite_coverage(suite, 0);
    struct chute_coverage_item item;
    for (size_t i = 0; chute_coverage_item(of, i, &item); i++) {
        chute_buf_printf(&out, "%u:%u %s%.*s%s%s %s\n", item.place.line, item.place.column,
            item.is_pattern ? "pattern " : "", CHUTE_STR_ARGS(item.text),
            item.is_pattern ? " of " : "", item.is_pattern ? item.filter : "",
            item.is_reached ? "yes" : "no");
    }
    cr_expect_null(chute_suite_coverage(suite, 1));
    return chute_buf_cstr(&out);
}

#define BRANCHES                                                                                   \
    "input { tcp { id => in } }\n"                                                                 \
    "filter {\n"                                                                                   \
    "  if [message] == \"{\" {\n"                                                                  \
    "    if [x] { drop { } } else { }\n"                                                           \
    "  } else if [message] == \"b\" { drop { } }\n"                                                \
    "  else { if [message] =~ /z/ { } }\n"                                                         \
    "  date { match => [\"at\", \"ISO8601\", \"UNIX\"] }\n"                                        \
    "  redact { patterns => { \"card\" => \"\\d{4}\" \"pin\" => \"pin\" } }\n"                     \
    "}\n"                                                                                          \
    "output { if [message] == \"b\" { stdout { } } else { null { } } }\n"

Test(suite, branches_and_patterns_that_were_reached_are_told) {
    add(BRANCHES);
    expect(NO_TIME "input_plugin: in\ntestcases: [{input: ['{', b], fields: {at: 1}, expected: "
                   "[{message: '{', at: 1}]}, "
                   "{input: ['1234'], expected: [{message: '[REDACTED]'}]}]",
        "ok\nok\n");
    cr_expect_str_eq(coverage(),
        "3:3 if [message] == \"{\" yes\n4:5 if [x] no\n4:25 else yes\n5:5 else if [message] == "
        "\"b\" yes\n"
        "6:3 else yes\n6:10 if [message] =~ /z/ no\n10:10 if [message] == \"b\" no\n10:45 else "
        "yes\n"
        "7:3 pattern ISO8601 of date no\n7:3 pattern UNIX of date yes\n8:3 pattern card of redact "
        "yes\n"
        "8:3 pattern pin of redact no\n",
        "%s", coverage());
}

Test(suite, branches_of_outputs_are_none_for_filters_alone) {
    add(BRANCHES);
    expect(NO_TIME "testcases: []", "");
    cr_expect_null(strstr(coverage(), "10:"));
    cr_expect_not_null(strstr(coverage(), "6:3 else no\n"));
}
