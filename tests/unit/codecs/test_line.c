#include <criterion/criterion.h>

#include "../support/codec.h"

#define FFFD "\xEF\xBF\xBD"

/* What a codec makes of pieces of a stream, "|" between what comes at each step; the last step is the end. */
static const struct {
    const char *options;
    struct chute_str pieces[3];
    const char *want;
} streams[] = {
    { "", { CHUTE_STR("hello world\n") }, "{\"message\":\"hello world\"}|" },
    { "", { CHUTE_STR("foo\nbar\nbaz") },
        "{\"message\":\"foo\"}\n{\"message\":\"bar\"}|{\"message\":\"baz\"}" },
    { "", { CHUTE_STR("a\n\nb\n") },
        "{\"message\":\"a\"}\n{\"message\":\"\"}\n{\"message\":\"b\"}|" },
    { "", { CHUTE_STR("1\n2\n3\n4\n5\n") },
        "{\"message\":\"1\"}\n{\"message\":\"2\"}\n{\"message\":\"3\"}\n{\"message\":\"4\"}\n"
        "{\"message\":\"5\"}|" },
    { "delimiter => '|'", { CHUTE_STR("line1\nline2\n") }, "|{\"message\":\"line1\\nline2\\n\"}" },
    { "delimiter => 'xyz'", { CHUTE_STR("axyzbx"), CHUTE_STR("yzc") },
        "{\"message\":\"a\"}|{\"message\":\"b\"}|{\"message\":\"c\"}" },
    { "", { CHUTE_STR("\xE5\xAE\x89\n\xE5"), CHUTE_STR("\xAE\x89"), CHUTE_STR("\xE5\xAE\x89\n") },
        "{\"message\":\"\xE5\xAE\x89\"}||{\"message\":\"\xE5\xAE\x89\xE5\xAE\x89\"}|" },
    { "charset => 'ISO-8859-1'", { CHUTE_STR("\xA3\n") }, "{\"message\":\"\xC2\xA3\"}|" },
    { "", { CHUTE_STR("bar \xAD\n") }, "{\"message\":\"bar \\\\xAD\"}|" },
    { "", { CHUTE_STR("a\0b\r\n") }, "{\"message\":\"a\\u0000b\\r\"}|" },
};

Test(codecs_line, decodes_streams) {
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        struct test_codec rig = { 0 };
        struct chute_buf got = { 0 };
        cr_assert(test_codec_open(&rig, "line", streams[i].options, CHUTE_ECS_DISABLED));
        for (size_t k = 0; k < 3 && streams[i].pieces[k].at != NULL; k++) {
            chute_buf_printf(&got, "%s|", test_codec_feed(&rig, streams[i].pieces[k]));
        }
        chute_buf_printf(&got, "%s", test_codec_end(&rig));
        cr_expect_str_eq(
            chute_buf_cstr(&got), streams[i].want, "row %zu: got %s", i, chute_buf_cstr(&got));
        chute_buf_finish(&got);
        test_codec_finish(&rig);
    }
}

static const struct {
    const char *codec, *options;
    enum chute_ecs ecs;
    struct chute_str bytes;
    const char *want;
} datagrams[] = {
    { "plain", "", CHUTE_ECS_DISABLED, CHUTE_STR("a\nb\n"), "{\"message\":\"a\\nb\\n\"}" },
    { "plain", "", CHUTE_ECS_V1, CHUTE_STR("Testing decoding."),
        "{\"message\":\"Testing decoding.\",\"event\":{\"original\":\"Testing decoding.\"}}" },
    { "plain", "", CHUTE_ECS_V8, CHUTE_STR("x"),
        "{\"message\":\"x\",\"event\":{\"original\":\"x\"}}" },
    { "plain", "", CHUTE_ECS_DISABLED, CHUTE_STR("foo \xED\xB9\x81\xC3"),
        "{\"message\":\"foo \\\\xED\\\\xB9\\\\x81\\\\xC3\"}" },
    { "plain", "charset => 'ASCII-8BIT'", CHUTE_ECS_DISABLED, CHUTE_STR("\xE0 Montr\xE9"),
        "{\"message\":\"" FFFD " Montr" FFFD "\"}" },
    { "plain", "charset => 'CP1252'", CHUTE_ECS_DISABLED, CHUTE_STR("\x92"),
        "{\"message\":\"\xE2\x80\x99\"}" },
    { "line", "", CHUTE_ECS_DISABLED, CHUTE_STR("line1\nline2"),
        "{\"message\":\"line1\"}\n{\"message\":\"line2\"}" },
    { "line", "", CHUTE_ECS_V1, CHUTE_STR("M\n"),
        "{\"message\":\"M\",\"event\":{\"original\":\"M\"}}" },
};

Test(codecs_line, decodes_datagrams) {
    for (size_t i = 0; i < sizeof(datagrams) / sizeof(datagrams[0]); i++) {
        struct test_codec rig = { 0 };
        cr_assert(
            test_codec_open(&rig, datagrams[i].codec, datagrams[i].options, datagrams[i].ecs));
        const char *got = test_codec_datagram(&rig, datagrams[i].bytes);
        cr_expect_str_eq(got, datagrams[i].want, "row %zu: got %s", i, got);
        test_codec_finish(&rig);
    }
}

#define HELLO                                                                                      \
    "{\"@timestamp\":\"2015-12-07T11:37:00.000Z\",\"message\":\"hello\",\"host\":\"test\"}"

static const struct {
    const char *codec, *options, *event, *want;
} encodings[] = {
    { "line", "", HELLO, "2015-12-07T11:37:00.000Z test hello\n" },
    { "line", "format => '%{host}'", HELLO, "test\n" },
    { "line", "delimiter => '|'", HELLO, "2015-12-07T11:37:00.000Z test hello|" },
    { "line", "format => '%{host}-%{message}'", HELLO, "test-hello\n" },
    { "plain", "", HELLO, "2015-12-07T11:37:00.000Z test hello" },
    { "plain", "", "{\"@timestamp\":\"2015-12-07T11:37:00.000Z\",\"message\":\"x\"}",
        "2015-12-07T11:37:00.000Z %{host} x" },
    { "plain", "format => '%{host}-%{message}'", HELLO, "test-hello" },
    { "dots", "", HELLO, "." },
    { "rubydebug", "", "{\"@timestamp\":\"2015-12-07T11:37:00.000Z\",\"n\":1}",
        "{\n    \"@timestamp\" => 2015-12-07T11:37:00.000Z,\n             \"n\" => 1,\n"
        "      \"@version\" => \"1\"\n}\n" },
};

Test(codecs_line, encodes) {
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
        struct test_codec rig = { 0 };
        cr_assert(
            test_codec_open(&rig, encodings[i].codec, encodings[i].options, CHUTE_ECS_DISABLED));
        const char *got = test_codec_encode(&rig, encodings[i].event);
        cr_expect_str_eq(got, encodings[i].want, "row %zu: got %s", i, got);
        test_codec_finish(&rig);
    }
}

Test(codecs_line, refuses) {
    static const struct {
        const char *codec, *options;
    } bad[] = {
        { "line", "delimiter => ''" },
        { "line", "charset => 'UTF-9'" },
        { "plain", "charset => 'none'" },
        { "plain", "delimiter => 'x'" },
        { "json", "charset => 'none'" },
        { "json_lines", "delimiter => ''" },
        { "json_lines", "decode_size_limit_bytes => 0" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct test_codec rig = { 0 };
        cr_expect_not(
            test_codec_open(&rig, bad[i].codec, bad[i].options, CHUTE_ECS_DISABLED), "row %zu", i);
        test_codec_finish(&rig);
    }
}
