#include <criterion/criterion.h>

#include "pipeline/base/json.h"
#include "pipeline/text/rubydebug.h"

static const struct {
    const char *json, *want;
} rows[] = {
    { "{}", "{}" },
    { "{\"message\":\"hi\"}", "{\n    \"message\" => \"hi\"\n}" },
    { "{\"message\":\"a \\\"b\\\"\\n\\u0001 #{x}\",\"n\":1,\"f\":2.5,\"t\":true,\"nil\":null}",
        "{\n"
        "    \"message\" => \"a \\\"b\\\"\\n\\u0001 \\#{x}\",\n"
        "          \"n\" => 1,\n"
        "          \"f\" => 2.5,\n"
        "          \"t\" => true,\n"
        "        \"nil\" => nil\n"
        "}" },
    { "{\"host\":{\"name\":\"x\",\"os\":{\"v\":1}},\"e\":{},\"tags\":[\"a\",\"b\"],\"none\":[]}",
        "{\n"
        "    \"host\" => {\n"
        "        \"name\" => \"x\",\n"
        "          \"os\" => {\n"
        "            \"v\" => 1\n"
        "        }\n"
        "    },\n"
        "       \"e\" => {},\n"
        "    \"tags\" => [\n"
        "        [0] \"a\",\n"
        "        [1] \"b\"\n"
        "    ],\n"
        "    \"none\" => []\n"
        "}" },
    { "[{\"a\":1,\"bb\":[2]}]", "[\n"
                                "    [0] {\n"
                                "         \"a\" => 1,\n"
                                "        \"bb\" => [\n"
                                "            [0] 2\n"
                                "        ]\n"
                                "    }\n"
                                "]" },
    { "[0,1,2,3,4,5,6,7,8,9,10]",
        "[\n    [ 0] 0,\n    [ 1] 1,\n    [ 2] 2,\n    [ 3] 3,\n    [ 4] 4,\n    [ 5] 5,\n"
        "    [ 6] 6,\n    [ 7] 7,\n    [ 8] 8,\n    [ 9] 9,\n    [10] 10\n]" },
    { "{\"gr\\u00fcn\":1,\"longer\":2}", "{\n      \"gr\xC3\xBCn\" => 1,\n    \"longer\" => 2\n}" },
};

Test(text_rubydebug, values) {
    struct chute_json_parser *parser = chute_json_parser_create();
    struct chute_arena arena = { 0 };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_value value;
        cr_assert_eq(
            chute_json_decode(parser, &arena, chute_str_of(rows[i].json), &value), CHUTE_JSON_OK);
        struct chute_buf buf = { 0 };
        chute_rubydebug_encode(&buf, &value);
        cr_expect_str_eq(chute_buf_cstr(&buf), rows[i].want, "got %s", chute_buf_cstr(&buf));
        chute_buf_finish(&buf);
    }
    chute_json_parser_destroy(parser);
    chute_arena_finish(&arena);
}

Test(text_rubydebug, times_doubles_and_metadata) {
    struct chute_arena arena = { 0 };
    struct chute_event event = { .fields = chute_object_new(&arena, 0),
        .metadata = chute_object_new(&arena, 0) };
    chute_object_set(&arena, event.fields.as.object, CHUTE_STR("@timestamp"),
        chute_time_value((struct chute_time){ .seconds = 1449488220 }));
    chute_object_set(&arena, event.fields.as.object, CHUTE_STR("d"), chute_double(1e20));
    static const char plain[] = "{\n    \"@timestamp\" => 2015-12-07T11:37:00.000Z,\n"
                                "             \"d\" => 1.0e+20\n}";
    struct chute_buf buf = { 0 };
    chute_rubydebug_encode_event(&buf, &event, true);
    cr_expect_str_eq(chute_buf_cstr(&buf), plain, "no metadata there: got %s", buf.at);
    chute_object_set(&arena, event.metadata.as.object, CHUTE_STR("k"), chute_int(1));
    buf.len = 0;
    chute_rubydebug_encode_event(&buf, &event, false);
    cr_expect_str_eq(chute_buf_cstr(&buf), plain, "not asked for: got %s", buf.at);
    buf.len = 0;
    chute_rubydebug_encode_event(&buf, &event, true);
    cr_expect_str_eq(chute_buf_cstr(&buf),
        "{\n    \"@timestamp\" => 2015-12-07T11:37:00.000Z,\n"
        "             \"d\" => 1.0e+20,\n"
        "     \"@metadata\" => {\n        \"k\" => 1\n    }\n}",
        "got %s", buf.at);
    cr_expect_eq(event.fields.as.object->count, 2);
    chute_buf_finish(&buf);
    chute_arena_finish(&arena);
}
