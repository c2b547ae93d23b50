#include <criterion/criterion.h>

#include "pipeline/base/buf.h"
#include "pipeline/base/json.h"
#include "pipeline/text/ruby.h"

/* Values as JSON, and what to_s makes of them. */
static const struct {
    const char *json, *to_s;
} rows[] = {
    { "null", "" },
    { "\"x\\ny\"", "x\ny" },
    { "12", "12" },
    { "123456789012345678901234567890", "123456789012345678901234567890" },
    { "2.50", "2.5" },
    { "1e16", "1.0e+16" },
    { "true", "true" },
    { "[]", "[]" },
    { "{}", "{}" },
    { "[null,\"x\\n\\u0001\\\"\",1.5,[false]]", "[nil, \"x\\n\\u0001\\\"\", 1.5, [false]]" },
    { "{\"a b\":{\"#{c}\":null},\"d\":\"é\"}", "{\"a b\"=>{\"\\#{c}\"=>nil}, \"d\"=>\"é\"}" },
};

Test(text_ruby, prints_values) {
    struct chute_json_parser *parser = chute_json_parser_create();
    struct chute_arena arena = { 0 };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_value value;
        cr_assert_eq(chute_json_decode(parser, &arena, chute_str_of(rows[i].json), &value),
            CHUTE_JSON_OK, "%s", rows[i].json);
        struct chute_str got = chute_ruby_to_s(&arena, &value);
        cr_expect(chute_str_eq(got, chute_str_of(rows[i].to_s)), "%s: got %.*s", rows[i].json,
            CHUTE_STR_ARGS(got));
    }
    chute_arena_finish(&arena);
    chute_json_parser_destroy(parser);
}

Test(text_ruby, prints_a_time) {
    struct chute_arena arena = { 0 };
    struct chute_value time = chute_time_value((struct chute_time){ 0, 5000000 });
    struct chute_str got = chute_ruby_to_s(&arena, &time);
    cr_expect(chute_str_eq(got, CHUTE_STR("1970-01-01T00:00:00.005Z")));
    chute_arena_finish(&arena);
}

static const struct {
    const char *text, *separator, *pieces; /* pieces with | between them */
} splits[] = {
    { "a,b", ",", "a|b" },
    { ",a,,b,,", ",", "|a||b" },
    { ",,,", ",", "" },
    { "", ",", "" },
    { "abc", "", "a|b|c" },
    { "a::b:::c", "::", "a|b|:c" },
    { " \t a  b\n", " ", "a|b" },
    { "   ", " ", "" },
    { "a  b", "  ", "a|b" },
};

Test(text_ruby, splits) {
    struct chute_arena arena = { 0 };
    for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
        struct chute_value list = chute_ruby_split(
            &arena, chute_str_of(splits[i].text), chute_str_of(splits[i].separator));
        struct chute_str got = chute_ruby_join(&arena, list.as.array, CHUTE_STR("|"));
        cr_expect(chute_str_eq(got, chute_str_of(splits[i].pieces)), "'%s' at '%s': got %.*s",
            splits[i].text, splits[i].separator, CHUTE_STR_ARGS(got));
    }
    chute_arena_finish(&arena);
}

Test(text_ruby, strips) {
    cr_expect(chute_str_eq(chute_ruby_strip(CHUTE_STR(" \t\r\n\v\f\0a b\0 ")), CHUTE_STR("a b")));
    cr_expect_eq(chute_ruby_strip(CHUTE_STR(" \0 ")).len, 0);
    cr_expect_eq(chute_ruby_strip(CHUTE_STR("")).len, 0);
}
