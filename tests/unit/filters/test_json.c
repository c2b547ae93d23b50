#include <criterion/criterion.h>

#include "../support/filter.h"

#define SOURCE "source => \"m1\" "

static const struct test_filter_row rows[] = {
    { "members become fields", SOURCE, "{\"m1\":\"{\\\"a\\\":[1,{\\\"b\\\":null}],\\\"m1\\\":2}\"}",
        "{\"m1\":2,\"a\":[1,{\"b\":null}]} matched" },
    { "into a target", SOURCE "target => \"[x][y]\"", "{\"m1\":\"{\\\"a\\\":1}\"}",
        "{\"m1\":\"{\\\"a\\\":1}\",\"x\":{\"y\":{\"a\":1}}} matched" },
    { "an array into a target", SOURCE "target => \"m1\"", "{\"m1\":\"[1,2]\"}",
        "{\"m1\":[1,2]} matched" },
    { "an array needs a target", SOURCE, "{\"m1\":\"[1,2]\"}",
        "{\"m1\":\"[1,2]\",\"tags\":[\"_jsonparsefailure\"]}" },
    { "a number needs a target", SOURCE, "{\"m1\":\"12\"}",
        "{\"m1\":\"12\",\"tags\":[\"_jsonparsefailure\"]}" },
    { "numbers stay exact", SOURCE, "{\"m1\":\"{\\\"a\\\":12345678901234567890.10}\"}",
        "{\"m1\":\"{\\\"a\\\":12345678901234567890.10}\",\"a\":12345678901234567890.10} matched" },
    { "the last of two equal keys counts", SOURCE, "{\"m1\":\"{\\\"a\\\":1,\\\"a\\\":2}\"}",
        "{\"m1\":\"{\\\"a\\\":1,\\\"a\\\":2}\",\"a\":2} matched" },
    { "trailing garbage leaves the event alone", SOURCE, "{\"m1\":\"{\\\"a\\\":1} x\"}",
        "{\"m1\":\"{\\\"a\\\":1} x\",\"tags\":[\"_jsonparsefailure\"]}" },
    { "cut off", SOURCE, "{\"m1\":\"{\\\"a\\\":1\"}",
        "{\"m1\":\"{\\\"a\\\":1\",\"tags\":[\"_jsonparsefailure\"]}" },
    { "NaN is no JSON", SOURCE, "{\"m1\":\"{\\\"a\\\":NaN}\"}",
        "{\"m1\":\"{\\\"a\\\":NaN}\",\"tags\":[\"_jsonparsefailure\"]}" },
    { "nothing to read", SOURCE, "{\"b1\":1}", "{\"b1\":1}" },
    { "null and false are nothing", SOURCE, "{\"m1\":false}", "{\"m1\":false}" },
    { "a number is no text", SOURCE, "{\"m1\":12}",
        "{\"m1\":12,\"tags\":[\"_jsonparsefailure\"]}" },
    { "an empty text reads as null", SOURCE "target => \"t1\"", "{\"m1\":\"\"}",
        "{\"m1\":\"\",\"t1\":null} matched" },
    { "other tags", SOURCE "tag_on_failure => [\"x1\", \"y1\"]", "{\"m1\":\"?\"}",
        "{\"m1\":\"?\",\"tags\":[\"x1\",\"y1\"]}" },
    { "skipped", SOURCE "skip_on_invalid_json => true", "{\"m1\":\"?\"}", "{\"m1\":\"?\"}" },
    { "skipped, but an array without target is told", SOURCE "skip_on_invalid_json => true",
        "{\"m1\":\"[]\"}", "{\"m1\":\"[]\",\"tags\":[\"_jsonparsefailure\"]}" },
    { "@timestamp", SOURCE, "{\"m1\":\"{\\\"@timestamp\\\":\\\"2015-12-02T17:40:00.666Z\\\"}\"}",
        "{\"m1\":\"{\\\"@timestamp\\\":\\\"2015-12-02T17:40:00.666Z\\\"}\","
        "\"@timestamp\":\"2015-12-02T17:40:00.666Z\"} matched" },
    { "@timestamp null", SOURCE, "{\"m1\":\"{\\\"@timestamp\\\":null}\"}",
        "{\"m1\":\"{\\\"@timestamp\\\":null}\"} matched" },
    { "tags", SOURCE, "{\"m1\":\"{\\\"tags\\\":[\\\"x\\\"]}\",\"tags\":[\"y\"]}",
        "{\"m1\":\"{\\\"tags\\\":[\\\"x\\\"]}\",\"tags\":[\"x\"]} matched" },
    { "tags that are none", SOURCE, "{\"m1\":\"{\\\"tags\\\":{\\\"x\\\":1}}\"}",
        "{\"m1\":\"{\\\"tags\\\":{\\\"x\\\":1}}\",\"tags\":[\"_jsonparsefailure\"]}" },
    { "@metadata", SOURCE, "{\"m1\":\"{\\\"@metadata\\\":{\\\"x\\\":1}}\"}",
        "{\"m1\":\"{\\\"@metadata\\\":{\\\"x\\\":1}}\"} matched @metadata {\"x\":1}" },
    { "a key is a reference", SOURCE, "{\"m1\":\"{\\\"[x][y]\\\":1}\"}",
        "{\"m1\":\"{\\\"[x][y]\\\":1}\",\"x\":{\"y\":1}} matched" },
    { "a key that is none fails", SOURCE, "{\"m1\":\"{\\\"x[y\\\":1}\"}",
        "{\"m1\":\"{\\\"x[y\\\":1}\",\"tags\":[\"_jsonparsefailure\"]}" },
    { "a target below a text", SOURCE "target => \"[b1][c1]\"", "{\"m1\":\"1\",\"b1\":\"x\"}",
        "{\"m1\":\"1\",\"b1\":\"x\",\"tags\":[\"_jsonparsefailure\"]}" },
    { 0 },
};

Test(filter_json, reads) {
    test_filter_rows("json", rows);
}

Test(filter_json, a_bad_timestamp_is_kept_as_text) {
    struct test_filter rig = { 0 };
    cr_assert(test_filter_open(&rig, "json", SOURCE));
    const char *got = test_filter_run(&rig, "{\"m1\":\"{\\\"@timestamp\\\":17}\"}");
    cr_expect_neq(strstr(got, "\"_@timestamp\":\"17\""), NULL, "%s", got);
    cr_expect_neq(strstr(got, "\"tags\":[\"_timestampparsefailure\"]"), NULL, "%s", got);
    cr_expect_neq(strstr(got, "\"@timestamp\":\"20"), NULL, "%s", got);
    test_filter_finish(&rig);
}

/* A thousand levels are read, one more is refused. */
Test(filter_json, limits_depth) {
    for (int depth = 1000; depth <= 1001; depth++) {
        struct test_filter rig = { 0 };
        cr_assert(test_filter_open(&rig, "json", SOURCE "target => \"m1\""));
        struct chute_buf event = { 0 };
        chute_buf_add(&event, "{\"m1\":\"", 7);
        for (int i = 0; i < depth; i++) {
            chute_buf_add_char(&event, '[');
        }
        for (int i = 0; i < depth; i++) {
            chute_buf_add_char(&event, ']');
        }
        chute_buf_add(&event, "\"}", 2);
        const char *got = test_filter_run(&rig, chute_buf_cstr(&event));
        bool has_failed = strstr(got, "_jsonparsefailure") != NULL;
        cr_expect_eq(has_failed, depth > 1000, "depth %d", depth);
        chute_buf_finish(&event);
        test_filter_finish(&rig);
    }
}

Test(filter_json, refuses) {
    cr_expect(test_filter_refuses("json", "", "source"));
    cr_expect(test_filter_refuses("json", SOURCE "target => \"[x\"", "target"));
}
