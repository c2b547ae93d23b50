#include <criterion/criterion.h>

#include "../support/compile.h"
#include "conf/common_options.h"
#include "pipeline/base/batch.h"
#include "pipeline/base/json.h"

static const struct chute_option none[] = { { 0 } };

struct fixture {
    struct test_compile rig;
    struct chute_batch batch;
    struct chute_json_parser *json;
    struct chute_common common;
};

/* Compiles `config` by `rows`. */
static bool load(struct fixture *fixture, const struct chute_option *rows, const char *config) {
    test_compile_parse(&fixture->rig, config);
    fixture->common = (struct chute_common){ 0 };
    return chute_options_compile(none, rows, fixture->rig.plugin, &fixture->common,
               &fixture->common, &fixture->rig.ctx) &&
           chute_common_prepare(&fixture->common, fixture->rig.plugin, &fixture->rig.ctx);
}

static struct chute_event *event_of(struct fixture *fixture, const char *json) {
    chute_batch_reset(&fixture->batch);
    struct chute_event *event = chute_batch_add_bare(&fixture->batch);
    cr_assert_eq(
        chute_json_decode(fixture->json, &fixture->batch.arena, chute_str_of(json), &event->fields),
        CHUTE_JSON_OK, "%s", json);
    chute_event_adopt(event);
    chute_object_remove(event->fields.as.object, CHUTE_STR("@timestamp"));
    chute_object_remove(event->fields.as.object, CHUTE_STR("@version"));
    return event;
}

static const struct {
    const char *config, *event, *want;
} filter_rows[] = {
    { "", "{\"a\":1}", "{\"a\":1}" },
    { "add_field => { \"x\" => \"1\" }", "{}", "{\"x\":\"1\"}" },
    { "add_field => { \"[x][y]\" => \"%{a}!\" }", "{\"a\":5}", "{\"a\":5,\"x\":{\"y\":\"5!\"}}" },
    { "add_field => { \"n_%{a}\" => 7 }", "{\"a\":\"b\"}", "{\"a\":\"b\",\"n_b\":\"7\"}" },
    { "add_field => { \"a\" => \"2\" }", "{\"a\":1}", "{\"a\":[1,\"2\"]}" },
    { "add_field => { \"a\" => \"2\" }", "{\"a\":[1]}", "{\"a\":[1,\"2\"]}" },
    { "add_field => { \"a\" => \"2\" }", "{\"a\":null}", "{\"a\":[\"2\"]}" },
    { "add_field => { \"a\" => \"2\" }", "{\"a\":{\"b\":1}}", "{\"a\":[[\"b\",1],\"2\"]}" },
    { "add_field => { \"a\" => [\"1\", \"%{b}\", 2.50] }", "{\"b\":\"x\"}",
        "{\"b\":\"x\",\"a\":[\"1\",\"x\",\"2.50\"]}" },
    { "add_field => [\"a\", \"1\", \"a\", \"2\"]", "{}", "{\"a\":[\"1\",\"2\"]}" },
    { "add_field => { \"x\" => \"1\" \"y\" => \"%{x}\" }", "{}", "{\"x\":\"1\",\"y\":\"1\"}" },
    { "add_field => { \"[a][b]\" => \"1\" }", "{\"a\":\"text\"}",
        "{\"a\":\"text\",\"tags\":[\"_addfieldfailure\"]}" },
    { "add_field => { \"%{a}\" => \"1\" }", "{\"a\":\"[x\"}",
        "{\"a\":\"[x\",\"tags\":[\"_addfieldfailure\"]}" },
    { "add_field => { \"@timestamp\" => \"1\" }", "{}", "{\"tags\":[\"_addfieldfailure\"]}" },
    { "remove_field => [\"a\", \"[b][c]\", \"nope\"]", "{\"a\":1,\"b\":{\"c\":2,\"d\":3}}",
        "{\"b\":{\"d\":3}}" },
    { "remove_field => \"%{b}\"", "{\"b\":\"go\",\"go\":1}", "{\"b\":\"go\"}" },
    { "remove_field => \"%{b}\"", "{\"b\":\"[\"}", "{\"b\":\"[\"}" },
    { "remove_field => \"@metadata\" add_field => { \"x\" => \"%{[@metadata][a]}\" }",
        "{\"@metadata\":{\"a\":1}}", "{\"x\":\"1\"}" },
    { "add_field => { \"x\" => \"%{a}\" } remove_field => \"a\" add_tag => \"%{x}-%{a}\"",
        "{\"a\":1}", "{\"x\":\"1\",\"tags\":[\"1-%{a}\"]}" },
    { "add_tag => [\"one\", \"%{a}\"]", "{\"a\":\"two\"}",
        "{\"a\":\"two\",\"tags\":[\"one\",\"two\"]}" },
    { "add_tag => foo", "{\"tags\":\"foo\"}", "{\"tags\":[\"foo\",\"foo\"]}" },
    { "add_tag => foo", "{\"tags\":[\"foo\"]}", "{\"tags\":[\"foo\"]}" },
    { "remove_tag => [\"t2\", \"t3\"]", "{\"tags\":\"t2\"}", "{\"tags\":[]}" },
    { "remove_tag => [\"t2\"]", "{\"tags\":\"t1\"}", "{\"tags\":[\"t1\"]}" },
    { "remove_tag => [\"t2\", \"%{a}\"]", "{\"a\":\"t3\",\"tags\":[\"t1\",\"t2\",\"t3\"]}",
        "{\"a\":\"t3\",\"tags\":[\"t1\"]}" },
    { "remove_tag => [\"t2\"]", "{}", "{}" },
    { "add_tag => [\"t1\", \"t2\"] remove_tag => [\"t2\"]", "{}", "{\"tags\":[\"t1\"]}" },
};

static const struct {
    const char *config, *event, *want;
} input_rows[] = {
    { "", "{\"a\":1}", "{\"a\":1}" },
    { "type => web", "{}", "{\"type\":\"web\"}" },
    { "type => web", "{\"type\":\"own\"}", "{\"type\":\"own\"}" },
    { "type => web", "{\"type\":null}", "{\"type\":null}" },
    { "tags => [\"one\", \"%{a}\"]", "{\"a\":1}", "{\"a\":1,\"tags\":[\"one\",\"1\"]}" },
    { "tags => one", "{\"tags\":[\"zero\"]}", "{\"tags\":[\"zero\",\"one\"]}" },
    { "add_field => { \"x\" => \"%{type}\" } type => web tags => \"%{x}\"", "{}",
        "{\"type\":\"web\",\"x\":\"web\",\"tags\":[\"web\"]}" },
};

static void check(
    struct fixture *fixture, const char *config, struct chute_event *event, const char *want) {
    struct chute_buf got = { 0 };
    chute_json_encode_event(&got, event);
    cr_expect_str_eq(chute_buf_cstr(&got), want, "%s: got %s", config, got.at);
    chute_buf_finish(&got);
    cr_expect_eq(chute_diag_error_count(fixture->rig.diag), 0);
}

Test(conf_common_options, do_to_an_event_what_they_say) {
    struct fixture fixture = { .json = chute_json_parser_create() };
    for (size_t i = 0; i < sizeof(filter_rows) / sizeof(filter_rows[0]); i++) {
        const char *config = filter_rows[i].config;
        cr_expect(load(&fixture, chute_common_filters, config), "%s: %s", config,
            test_compile_notes(&fixture.rig));
        struct chute_event *event = event_of(&fixture, filter_rows[i].event);
        chute_common_apply(&fixture.common, event, &fixture.batch.arena);
        check(&fixture, config, event, filter_rows[i].want);
        cr_expect_eq(fixture.common.is_idle, config[0] == '\0', "%s", config);
    }
    for (size_t i = 0; i < sizeof(input_rows) / sizeof(input_rows[0]); i++) {
        const char *config = input_rows[i].config;
        cr_expect(load(&fixture, chute_common_inputs, config), "%s: %s", config,
            test_compile_notes(&fixture.rig));
        struct chute_event *event = event_of(&fixture, input_rows[i].event);
        chute_common_decorate_input(&fixture.common, event, &fixture.batch.arena);
        check(&fixture, config, event, input_rows[i].want);
    }
    chute_batch_finish(&fixture.batch);
    chute_json_parser_destroy(fixture.json);
    test_compile_finish(&fixture.rig);
}

static const struct {
    const struct chute_option *rows;
    const char *config, *want;
} bad[] = {
    { chute_common_filters, "add_field => { \"[a\" => \"1\" }",
        "error: option \"add_field\" of filter \"x\" holds an illegal field reference: \"[a\"" },
    { chute_common_filters, "remove_field => [\"aa\", \"b]\"]",
        "error: option \"remove_field\" of filter \"x\" holds an illegal field reference: \"b]\"" },
    { chute_common_filters, "add_field => { \"a\" => { \"b\" => \"c\" } }",
        "error: option \"add_field\" of filter \"x\" takes texts, or lists of texts; for a field "
        "inside "
        "another write \"[outer][inner]\" as the name. This one is neither: \"a\"" },
    { chute_common_filters, "type => web",
        "error: option \"type\" of filter \"x\" is obsolete (write: if [type] == \"\xe2\x80\xa6\" "
        "{ "
        "\xe2\x80\xa6 })" },
    { chute_common_outputs, "workers => 2",
        "error: option \"workers\" of filter \"x\" has to be 1 (pipeline.workers and "
        "pipeline.batch.size are the settings for throughput)" },
    { chute_common_codecs, "ecs_compatibility => v9",
        "error: option \"ecs_compatibility\" of filter \"x\" expects one of \"disabled\", \"v1\", "
        "\"v8\", found \"v9\" (did you mean \"v1\"?)" },
};

Test(conf_common_options, refuse_what_cannot_be_meant) {
    struct fixture fixture = { 0 };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_expect_not(load(&fixture, bad[i].rows, bad[i].config), "%s", bad[i].config);
        const char *notes = test_compile_notes(&fixture.rig);
        cr_expect_str_eq(notes, bad[i].want, "%s: got %s", bad[i].config, notes);
    }
    test_compile_finish(&fixture.rig);
}

Test(conf_common_options, of_inputs_and_outputs) {
    struct fixture fixture = { 0 };
    cr_expect(load(&fixture, chute_common_inputs, "id => \"in\" enable_metric => false"));
    cr_expect_str_eq(fixture.common.id.at, "in");
    cr_expect_not(fixture.common.enable_metric);
    cr_expect_str_eq(fixture.rig.codec, "plain");
    cr_expect_eq(fixture.common.ecs_compatibility, -1);
    cr_expect(load(&fixture, chute_common_outputs, "ecs_compatibility => v8 workers => 1"));
    cr_expect(fixture.common.enable_metric);
    cr_expect_eq(fixture.common.ecs_compatibility, 2);
    cr_expect_eq(fixture.common.workers, 1);
    test_compile_finish(&fixture.rig);
}
