/* The fields that the syslog input makes of a message; its sockets are tried by the vectors. */
#include <criterion/criterion.h>

#include "../support/compile.h"
#include "../support/fake_clock.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/run/plugin.h"

extern const struct chute_input_plugin chute_input_syslog;

static const struct {
    const char *options;
    enum chute_ecs ecs;
    const char *event, *want; /* want: "refused" */
} rows[] = {
    { "", CHUTE_ECS_DISABLED,
        "{\"message\":\"<164>Oct 26 15:19:25 1.2.3.4 %ASA-4-106023: Deny udp\"}",
        "{\"message\":\"Deny udp\",\"priority\":164,\"severity\":4,\"facility\":20,"
        "\"facility_label\":\"local4\",\"severity_label\":\"Warning\",\"logsource\":\"1.2.3.4\","
        "\"program\":\"%ASA-4-106023\",\"@timestamp\":\"2024-10-26T15:19:25.000Z\","
        "\"timestamp\":\"Oct 26 15:19:25\"}" },
    { "timezone => '-05:00' use_labels => false", CHUTE_ECS_DISABLED,
        "{\"message\":\"<13>Oct 26 15:19:25 box app[12]: hi\"}",
        "{\"message\":\"hi\",\"priority\":13,\"severity\":5,\"facility\":1,\"logsource\":\"box\","
        "\"program\":\"app\",\"pid\":\"12\",\"@timestamp\":\"2024-10-26T20:19:25.000Z\","
        "\"timestamp\":\"Oct 26 15:19:25\"}" },
    { "", CHUTE_ECS_V8, "{\"message\":\"<133>Mar 11 08:44:43 precision kernel[7]: x\"}",
        "{\"message\":\"x\",\"event\":{\"original\":\"<133>Mar 11 08:44:43 precision kernel[7]: "
        "x\"},"
        "\"service\":{\"type\":\"system\"},\"log\":{\"syslog\":{\"priority\":133,"
        "\"severity\":{\"code\":5,\"name\":\"Notice\"},\"facility\":{\"code\":16,"
        "\"name\":\"local0\"}}},\"host\":{\"hostname\":\"precision\"},"
        "\"process\":{\"name\":\"kernel\",\"pid\":7},\"@timestamp\":\"2025-03-11T08:44:43."
        "000Z\"}" },
    { "use_labels => false", CHUTE_ECS_V1,
        "{\"message\":\"<34>1 2003-10-11T22:14:15.003Z h su w-3 ID47 [a@1 k=\\\"v\\\"] m\"}",
        "{\"message\":\"m\",\"event\":{\"original\":\"<34>1 2003-10-11T22:14:15.003Z h su w-3 ID47 "
        "[a@1 k=\\\"v\\\"] m\"},\"service\":{\"type\":\"system\"},\"log\":{\"syslog\":{"
        "\"priority\":34,\"severity\":{\"code\":2},\"facility\":{\"code\":4},\"procid\":\"w-3\","
        "\"msgid\":\"ID47\",\"version\":\"1\",\"structured_data\":{\"a@1\":{\"k\":\"v\"}}}},"
        "\"host\":{\"hostname\":\"h\"},\"process\":{\"name\":\"su\"},"
        "\"@timestamp\":\"2003-10-11T22:14:15.003Z\"}" },
    { "use_labels => false", CHUTE_ECS_DISABLED,
        "{\"message\":\"<34>1 - h su 12 ID47 [a@1 k=\\\"v\\\"] m\"}",
        "{\"message\":\"m\",\"priority\":34,\"severity\":2,\"facility\":4,\"logsource\":\"h\","
        "\"program\":\"su\",\"pid\":\"12\",\"msgid\":\"ID47\",\"syslog_version\":\"1\","
        "\"structured_data\":{\"a@1\":{\"k\":\"v\"}}}" },
    { "", CHUTE_ECS_DISABLED, "{\"message\":\"no syslog\"}",
        "{\"message\":\"no syslog\",\"priority\":13,\"severity\":5,\"facility\":1,"
        "\"facility_label\":\"user-level\",\"severity_label\":\"Notice\","
        "\"tags\":[\"_grokparsefailure_sysloginput\"]}" },
    { "use_labels => false", CHUTE_ECS_DISABLED, "{\"n\":1}",
        "{\"n\":1,\"priority\":13,\"severity\":5,\"facility\":1,"
        "\"tags\":[\"_grokparsefailure_sysloginput\"]}" },
    { "use_labels => false", CHUTE_ECS_DISABLED, "{\"message\":\"<13>Feb 30 15:19:25 box m\"}",
        "{\"message\":\"m\",\"priority\":13,\"severity\":5,\"facility\":1,\"logsource\":\"box\","
        "\"tags\":[\"_dateparsefailure\"],\"timestamp\":\"Feb 30 15:19:25\"}" },
    { "syslog_field => '[log]' use_labels => false", CHUTE_ECS_DISABLED,
        "{\"log\":\"<13>m\",\"message\":\"x\"}",
        "{\"log\":\"<13>m\",\"message\":[\"x\",\"m\"],\"priority\":13,\"severity\":5,"
        "\"facility\":1}" },
    { "facility_labels => ['k'] severity_labels => ['a', 'b']", CHUTE_ECS_DISABLED,
        "{\"message\":\"<1>m\"}",
        "{\"message\":\"m\",\"priority\":1,\"severity\":1,\"facility\":0,"
        "\"facility_label\":\"k\",\"severity_label\":\"b\"}" },
    { "facility_labels => ['k']", CHUTE_ECS_DISABLED, "{\"message\":\"<999>m\"}",
        "{\"message\":\"m\",\"priority\":999,\"severity\":7,\"facility\":124,"
        "\"severity_label\":\"Debug\"}" },
    { "grok_pattern => '<%{POSINT:priority}>%{SYSLOGLINE}' use_labels => false", CHUTE_ECS_DISABLED,
        "{\"message\":\"<13>m\"}",
        "{\"message\":\"m\",\"priority\":13,\"severity\":5,\"facility\":1}" },
    { "grok_pattern => '%{GREEDYDATA:message}'", CHUTE_ECS_DISABLED, "{}", "refused" },
    { "timezone => 'Europe/Atlantis'", CHUTE_ECS_DISABLED, "{}", "refused" },
};

/* Runs a row; the event as JSON without @version, and @timestamp only if the message set it. */
static void run_row(size_t row, struct chute_buf *out) {
    struct test_compile compile = { 0 };
    test_compile_parse(&compile, rows[row].options);
    compile.ctx.name = "syslog";
    const struct chute_input_plugin *plugin = &chute_input_syslog;
    void *settings = chute_calloc(1, plugin->settings_size);
    struct chute_prepare prepare = {
        .arena = &compile.arena, .diag = compile.diag, .ast = compile.plugin, .ecs = rows[row].ecs
    };
    if (!chute_options_compile(
            plugin->options, NULL, compile.plugin, settings, NULL, &compile.ctx) ||
        !plugin->prepare(settings, &prepare)) {
        chute_buf_add_str(out, CHUTE_STR("refused"));
        chute_free(settings);
        test_compile_finish(&compile);
        return;
    }
    struct chute_batch batch = { 0 };
    chute_batch_reset(&batch);
    struct chute_json_parser *json = chute_json_parser_create();
    struct chute_event *event = chute_batch_add_bare(&batch);
    struct chute_decoder decoder = { .batch = &batch, .json = json };
    cr_assert(chute_json_decode(json, &batch.arena, chute_str_of(rows[row].event),
                  &event->fields) == CHUTE_JSON_OK);
    plugin->decorate(settings, event, &decoder);
    chute_json_encode_event(out, event);
    chute_json_parser_destroy(json);
    chute_batch_finish(&batch);
    chute_free(settings);
    test_compile_finish(&compile);
}

Test(inputs_syslog, makes_fields) {
    test_clock_set("2024-11-02T00:00:00Z");
    test_zone_set("UTC");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        test_clock_set(i == 2 ? "2025-03-12T00:00:00Z" : "2024-11-02T00:00:00Z");
        struct chute_buf got = { 0 };
        run_row(i, &got);
        cr_expect_str_eq(
            chute_buf_cstr(&got), rows[i].want, "row %zu: got %s", i, chute_buf_cstr(&got));
        chute_buf_finish(&got);
    }
}
