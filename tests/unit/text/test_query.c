#include <criterion/criterion.h>

#include "pipeline/base/json.h"
#include "pipeline/text/query.h"

static const struct {
    const char *text, *wanted, *unwanted, *why;
} parse_rows[] = {
    { "", "", "", NULL },
    { "timeout", "\"timeout\"", "", NULL },
    { "level:error timeout", "\"error\" AND \"timeout\"", "", NULL },
    { "\"connection reset\" -debug -\"not found\"", "\"connection reset\"",
        "\"debug\" OR \"not found\"", NULL },
    { "-level:debug", "", "", NULL },
    { "time* path:/api/x*", "\"time\" * AND \"/api/x\" *", "", NULL },
    { "\"time out\"*", "\"time out\" *", "", NULL },
    { "http://host:80/x", "\"http://host:80/x\"", "", NULL },
    { "12:30:15", "\"12:30:15\"", "", NULL },
    { "a\"b", "\"a b\"", "", NULL },
    { "user:*", "", "", NULL },
    { "message:\"a b\"c", "\"a b\" AND \"c\"", "", NULL },
    { "NOT OR AND NEAR(x)", "\"NOT\" AND \"OR\" AND \"AND\" AND \"NEAR(x)\"", "", NULL },
    { "level:", NULL, NULL, "a value is missing behind the colon: level:" },
    { "a \"b", NULL, NULL, "a quote is not closed: \"b" },
    { "a -", NULL, NULL, "there is no word to look for in this: -" },
    { "!! a", NULL, NULL, "there is no word to look for in this: !!" },
    { "*", NULL, NULL, "there is no word to look for in this: *" },
    { "\xff", NULL, NULL, "the query is not valid UTF-8" },
};

Test(query, parses) {
    for (size_t i = 0; i < sizeof(parse_rows) / sizeof(parse_rows[0]); i++) {
        struct chute_arena arena = { 0 };
        struct chute_buf why = { 0 }, wanted = { 0 }, unwanted = { 0 };
        const char *text = parse_rows[i].text;
        const struct chute_query *query = chute_query_parse(&arena, chute_str_of(text), &why);
        if (parse_rows[i].why != NULL) {
            cr_expect_null(query, "%s", text);
            cr_expect_str_eq(chute_buf_cstr(&why), parse_rows[i].why, "%s: %s", text, why.at);
        } else if (query == NULL) {
            cr_expect_fail("%s: %s", text, chute_buf_cstr(&why));
        } else {
            chute_query_words(query, false, &wanted);
            chute_query_words(query, true, &unwanted);
            cr_expect_str_eq(
                chute_buf_cstr(&wanted), parse_rows[i].wanted, "%s: %s", text, wanted.at);
            cr_expect_str_eq(
                chute_buf_cstr(&unwanted), parse_rows[i].unwanted, "%s: %s", text, unwanted.at);
        }
        chute_buf_finish(&why);
        chute_buf_finish(&wanted);
        chute_buf_finish(&unwanted);
        chute_arena_finish(&arena);
    }
}

static const struct {
    const char *query, *document;
    bool is_match;
} match_rows[] = {
    { "level:error", "{\"level\":\"ERROR\"}", true },
    { "level:error", "{\"level\":\"errors\"}", false },
    { "level:error", "{\"message\":\"error\"}", false },
    { "level:err*", "{\"level\":\"errors\"}", true },
    { "message:\"not found\"", "{\"message\":\"room Not Found.\"}", true },
    { "message:\"not found\"", "{\"message\":\"cannot found\"}", false },
    { "http.status:500", "{\"http\":{\"status\":500}}", true },
    { "http.status:50", "{\"http\":{\"status\":500}}", false },
    { "[http][status]:500", "{\"http\":{\"status\":\"500\"}}", true },
    { "http.status:500", "{\"http.status\":500}", true },
    { "a.b.c:1", "{\"a\":{\"b.c\":1}}", true },
    { "tags:error", "{\"tags\":[\"x\",\"error\"]}", true },
    { "users.name:bob", "{\"users\":[{\"name\":\"al\"},{\"name\":\"bob\"}]}", true },
    { "ok:true", "{\"ok\":true}", true },
    { "price:1.50", "{\"price\":1.50}", true },
    { "user:*", "{\"user\":{\"id\":1}}", true },
    { "user:*", "{\"level\":\"user\"}", false },
    { "-level:debug", "{\"level\":\"info\"}", true },
    { "-level:debug", "{\"level\":\"debug\"}", false },
    { "-level:debug", "{}", true },
    { "-user:*", "{\"user\":1}", false },
    { "level:error http.status:500", "{\"level\":\"error\",\"http\":{\"status\":404}}", false },
    { "name:\xc3\x96zil", "{\"name\":\"\xc3\xb6zil\"}", true },
    { "path:/api/x", "{\"path\":\"/api/x/1\"}", true },
};

Test(query, decides_fields) {
    struct chute_json_parser *json = chute_json_parser_create();
    for (size_t i = 0; i < sizeof(match_rows) / sizeof(match_rows[0]); i++) {
        struct chute_arena arena = { 0 };
        struct chute_buf why = { 0 };
        struct chute_value document;
        const struct chute_query *query =
            chute_query_parse(&arena, chute_str_of(match_rows[i].query), &why);
        cr_assert_not_null(query, "%s: %s", match_rows[i].query, chute_buf_cstr(&why));
        cr_assert(chute_query_has_fields(query));
        cr_assert_eq(
            chute_json_decode(json, &arena, chute_str_of(match_rows[i].document), &document),
            CHUTE_JSON_OK);
        cr_expect_eq(chute_query_fields_match(query, &arena, &document), match_rows[i].is_match,
            "%s in %s", match_rows[i].query, match_rows[i].document);
        chute_buf_finish(&why);
        chute_arena_finish(&arena);
    }
    chute_json_parser_destroy(json);
}
