#include <criterion/criterion.h>

#include "../support/codec.h"

#define FFFD "\xEF\xBF\xBD"
#define FAILED "\"tags\":[\"_jsonparsefailure\"]"

/* What json_lines makes of pieces of a stream, "|" between what comes at each step; the last but one is a while
 * without bytes, the last is the end. */
static const struct {
    const char *options;
    struct chute_str pieces[3];
    const char *want;
} streams[] = {
    { "", { CHUTE_STR("{\"a\":1}"), CHUTE_STR("\n") }, "|{\"a\":1}||" },
    { "", { CHUTE_STR("{\"a\":1}") }, "|{\"a\":1}|" },
    { "", { CHUTE_STR("{\"a\":") }, "||{\"message\":\"{\\\"a\\\":\"," FAILED "}" },
    { "", { CHUTE_STR("{\"a\":1}\n{\"a\":2}\n") }, "{\"a\":1}\n{\"a\":2}||" },
    { "", { CHUTE_STR("{\"a\":1}\n{\"a\":2}") }, "{\"a\":1}|{\"a\":2}|" },
    { "", { CHUTE_STR("\n\n") }, "||" },
    { "", { CHUTE_STR("\n{\"a\":1}\r\n \n{\"b\":2}\n\n") }, "{\"a\":1}\n{\"b\":2}||" },
    { "", { CHUTE_STR("{\"a\":1}{\"a\":2}") }, "{\"a\":1}|{\"a\":2}|" },
    { "", { CHUTE_STR("{\"a\":1}{\"a\":2}{\"a\":"), CHUTE_STR("3}\n") },
        "{\"a\":1}\n{\"a\":2}|{\"a\":3}||" },
    { "", { CHUTE_STR("{\"a\":1} {\"a\":2}\n") }, "{\"a\":1}\n{\"a\":2}||" },
    { "", { CHUTE_STR("[{\"a\":1},{\"a\":2}]\n") }, "{\"a\":1}\n{\"a\":2}||" },
    { "", { CHUTE_STR("no json\n{\"a\":1}\n") },
        "{\"message\":\"no json\"," FAILED "}\n{\"a\":1}||" },
    { "", { CHUTE_STR("{\"a\":1} rest\n{\"a\":2}\n") },
        "{\"a\":1}\n{\"message\":\" rest\"," FAILED "}\n{\"a\":2}||" },
    { "", { CHUTE_STR("{\"a\":1}{bad} {\"a\":2}\n") },
        "{\"a\":1}\n{\"message\":\"{bad}\"," FAILED "}\n{\"a\":2}||" },
    { "", { CHUTE_STR("{bad}"), CHUTE_STR("{\"a\":2}{\"a\":\v3}\n") },
        "|{\"message\":\"{bad}\"," FAILED "}\n{\"a\":2}\n"
        "{\"message\":\"{\\\"a\\\":\\u000B3}\"," FAILED "}||" },
    { "", { CHUTE_STR("1\n\"x\"\nnull\n[1]\n") },
        "{\"message\":\"1\"," FAILED "}\n{\"message\":\"\\\"x\\\"\"," FAILED "}\n"
        "{\"message\":\"null\"," FAILED "}\n{\"message\":\"[1]\"," FAILED "}||" },
    { "", { CHUTE_STR("{\"a\":\"\xFF\"}\n{\"a\":2}\n") }, "{\"a\":\"" FFFD "\"}\n{\"a\":2}||" },
    { "", { CHUTE_STR("no \xFF\n") }, "{\"message\":\"no " FFFD "\"," FAILED "}||" },
    { "", { CHUTE_STR("\x16\x03\x01\x02\0\n") },
        "{\"message\":\"\\u0016\\u0003\\u0001\\u0002\\u0000\"," FAILED "}||" },
    { "delimiter => '|'", { CHUTE_STR("{\"a\":1}|{\"a\":2}|") }, "{\"a\":1}\n{\"a\":2}||" },
    { "charset => 'CP1252'", { CHUTE_STR("{\"a\":\"\x92\"}\n") }, "{\"a\":\"\xE2\x80\x99\"}||" },
    { "target => '[x][y]'", { CHUTE_STR("{\"a\":1}\n") }, "{\"x\":{\"y\":{\"a\":1}}}||" },
    { "", { CHUTE_STR("{\"@timestamp\":\"2020-01-02T03:04:05Z\"}\n") },
        "{\"@timestamp\":\"2020-01-02T03:04:05.000Z\"}||" },
};

Test(codecs_json, decodes_streams) {
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        struct test_codec rig = { 0 };
        struct chute_buf got = { 0 };
        cr_assert(test_codec_open(&rig, "json_lines", streams[i].options, CHUTE_ECS_V8));
        for (size_t k = 0; k < 3 && streams[i].pieces[k].at != NULL; k++) {
            chute_buf_printf(&got, "%s|", test_codec_feed(&rig, streams[i].pieces[k]));
        }
        chute_buf_printf(&got, "%s|", test_codec_idle(&rig));
        chute_buf_printf(&got, "%s", test_codec_end(&rig));
        cr_expect_str_eq(
            chute_buf_cstr(&got), streams[i].want, "row %zu: got %s", i, chute_buf_cstr(&got));
        chute_buf_finish(&got);
        test_codec_finish(&rig);
    }
}

static const struct {
    const char *options;
    enum chute_ecs ecs;
    struct chute_str bytes;
    const char *want;
} datagrams[] = {
    { "", CHUTE_ECS_DISABLED, CHUTE_STR("{\"foo\":{\"b\":[\"a\"]}}"), "{\"foo\":{\"b\":[\"a\"]}}" },
    { "", CHUTE_ECS_DISABLED, CHUTE_STR(" "), "" },
    { "", CHUTE_ECS_DISABLED, CHUTE_STR("text"), "{\"message\":\"text\"," FAILED "}" },
    { "", CHUTE_ECS_V1, CHUTE_STR("text"), "{\"message\":\"text\"," FAILED "}" },
    { "", CHUTE_ECS_DISABLED, CHUTE_STR("\"-1\""), "{\"message\":\"\\\"-1\\\"\"," FAILED "}" },
    { "", CHUTE_ECS_DISABLED, CHUTE_STR("[{\"a\":1},{\"a\":2}]"), "{\"a\":1}\n{\"a\":2}" },
    { "", CHUTE_ECS_DISABLED, CHUTE_STR("[]"), "" },
    { "", CHUTE_ECS_DISABLED, CHUTE_STR("[{\"a\":1},2]"),
        "{\"message\":\"[{\\\"a\\\":1},2]\"," FAILED "}" },
    { "", CHUTE_ECS_DISABLED, CHUTE_STR("{\"a\":1}\n{\"a\":2}\n"), "{\"a\":1}\n{\"a\":2}" },
    { "", CHUTE_ECS_DISABLED, CHUTE_STR("{\"a\":\n1}\n\n{\"a\":\r\n2}\r\n"),
        "{\"a\":1}\n{\"a\":2}" },
    { "", CHUTE_ECS_DISABLED, CHUTE_STR("bad\nworse\n{\"a\":1}\n"),
        "{\"message\":\"bad\"," FAILED "}\n{\"message\":\"worse\"," FAILED "}\n{\"a\":1}" },
    { "", CHUTE_ECS_DISABLED,
        CHUTE_STR("{\"a\":1}\n{\"a\n{\"a\":2}{bad}{\"a\":3}\n[4]\n{\"a\":5}\n{\"a"),
        "{\"a\":1}\n{\"message\":\"{\\\"a\"," FAILED "}\n{\"a\":2}\n"
        "{\"message\":\"{bad}\"," FAILED "}\n{\"a\":3}\n{\"message\":\"[4]\"," FAILED "}\n"
        "{\"a\":5}\n{\"message\":\"{\\\"a\"," FAILED "}" },
    { "", CHUTE_ECS_V1, CHUTE_STR("{\"a\":1}\n{\"a\":2}\n"),
        "{\"a\":1,\"event\":{\"original\":\"{\\\"a\\\":1}\"}}\n"
        "{\"a\":2,\"event\":{\"original\":\"{\\\"a\\\":2}\"}}" },
    { "", CHUTE_ECS_V1, CHUTE_STR(" {\"a\":1}"),
        "{\"a\":1,\"event\":{\"original\":\" {\\\"a\\\":1}\"}}" },
    { "", CHUTE_ECS_V1, CHUTE_STR("{\"event\":{\"original\":\"x\"}}"),
        "{\"event\":{\"original\":\"x\"}}" },
    { "", CHUTE_ECS_V1, CHUTE_STR("[{\"a\":1},{}]"), "{\"a\":1}\n{}" },
    { "target => 'root'", CHUTE_ECS_V1, CHUTE_STR("{\"a\":1}"),
        "{\"root\":{\"a\":1},\"event\":{\"original\":\"{\\\"a\\\":1}\"}}" },
    { "target => 'root'", CHUTE_ECS_V1, CHUTE_STR("[{\"v\":1.0},{}]"),
        "{\"root\":{\"v\":1.0}}\n{\"root\":{}}" },
    { "", CHUTE_ECS_DISABLED, CHUTE_STR("{\"a\":\"\xC3\"}"), "{\"a\":\"" FFFD "\"}" },
    { "charset => 'UTF-16LE'", CHUTE_ECS_DISABLED,
        CHUTE_STR("{\0\"\0a\0\"\0:\0"
                  "1\0}\0"),
        "{\"a\":1}" },
};

Test(codecs_json, decodes_datagrams) {
    for (size_t i = 0; i < sizeof(datagrams) / sizeof(datagrams[0]); i++) {
        struct test_codec rig = { 0 };
        cr_assert(test_codec_open(&rig, "json", datagrams[i].options, datagrams[i].ecs));
        const char *got = test_codec_datagram(&rig, datagrams[i].bytes);
        cr_expect_str_eq(got, datagrams[i].want, "row %zu: got %s", i, got);
        test_codec_finish(&rig);
    }
}

Test(codecs_json, encodes) {
    struct test_codec rig = { 0 };
    const char *event =
        "{\"@timestamp\":\"2015-12-07T11:37:00.000Z\",\"@version\":\"1\",\"a\":1.50}";
    cr_assert(test_codec_open(&rig, "json", "", CHUTE_ECS_DISABLED));
    cr_expect_str_eq(test_codec_encode(&rig, event), event);
    test_codec_finish(&rig);
    cr_assert(test_codec_open(&rig, "json_lines", "delimiter => '|'", CHUTE_ECS_DISABLED));
    const char *got = test_codec_encode(&rig, event);
    cr_expect(strncmp(got, event, strlen(event)) == 0 && strcmp(got + strlen(event), "|") == 0);
    test_codec_finish(&rig);
}
