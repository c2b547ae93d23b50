#include <criterion/criterion.h>

#include "conf/condition.h"
#include "conf/parser.h"
#include "pipeline/base/batch.h"
#include "pipeline/base/json.h"
#include "pipeline/base/regex.h"

struct fixture {
    struct chute_arena arena;
    struct chute_diag *diag;
    struct chute_condition *condition;
    struct chute_batch batch;
    struct chute_json_parser *json;
    struct chute_regex_scratch *scratch;
};

static void compile(struct fixture *fixture, const char *condition) {
    struct chute_buf text = { 0 };
    chute_condition_finish(fixture->condition);
    chute_arena_finish(&fixture->arena);
    chute_diag_destroy(fixture->diag);
    fixture->diag = chute_diag_create();
    fixture->condition = NULL;
    chute_buf_printf(&text, "filter { if %s { drop {} } }", condition);
    const struct chute_source *source =
        chute_diag_add_source(fixture->diag, "test.conf", chute_buf_str(&text));
    chute_buf_finish(&text);
    struct chute_ast *ast = chute_parse(fixture->diag, &source, 1, false);
    if (chute_diag_error_count(fixture->diag) == 0) {
        fixture->condition = chute_condition_compile(&fixture->arena,
            ast->filters.nodes[0].choice->branches[0].condition, CHUTE_ESCAPE_NONE, fixture->diag);
    }
    chute_ast_destroy(ast);
}

static struct chute_event *event_of(struct fixture *fixture, const char *json) {
    chute_batch_reset(&fixture->batch);
    struct chute_event *event = chute_batch_add_bare(&fixture->batch);
    cr_assert_eq(
        chute_json_decode(fixture->json, &fixture->batch.arena, chute_str_of(json), &event->fields),
        CHUTE_JSON_OK, "%s", json);
    return event;
}

static void finish(struct fixture *fixture) {
    chute_condition_finish(fixture->condition);
    chute_arena_finish(&fixture->arena);
    chute_diag_destroy(fixture->diag);
    chute_batch_finish(&fixture->batch);
    chute_json_parser_destroy(fixture->json);
    chute_regex_scratch_destroy(fixture->scratch);
}

#define F CHUTE_FALSE
#define T CHUTE_TRUE
#define X CHUTE_CONDITION_FAILED

static const struct {
    const char *condition, *event;
    enum chute_answer want;
} rows[] = {
    /* by itself */
    { "[a]", "{}", F },
    { "[a]", "{\"a\":null}", F },
    { "[a]", "{\"a\":false}", F },
    { "[a]", "{\"a\":\"\"}", F },
    { "[a]", "{\"a\":\"false\"}", F },
    { "[a]", "{\"a\":\"False\"}", T },
    { "[a]", "{\"a\":0}", T },
    { "[a]", "{\"a\":[]}", T },
    { "[a]", "{\"a\":{}}", T },
    { "![a]", "{}", T },
    { "\"false\"", "{}", F },
    { "\"\"", "{}", F },
    { "\"[abc]\"", "{}", T },
    { "[@metadata][x][y]", "{}", F },
    { "[l][-1] == 2", "{\"l\":[1,2]}", T },
    /* equality */
    { "[a] == \"x\"", "{\"a\":\"x\"}", T },
    { "\"x\" == [a]", "{\"a\":\"y\"}", F },
    { "[a] == 5", "{\"a\":5}", T },
    { "[a] == 5", "{\"a\":5.0}", T },
    { "[a] == 5.5", "{\"a\":5.50}", T },
    { "[a] == 5", "{\"a\":\"5\"}", F },
    { "[a] == \"5\"", "{\"a\":5}", F },
    { "[a] == \"true\"", "{\"a\":true}", F },
    { "[a] == \"x\"", "{}", F },
    { "[a] != \"x\"", "{}", T },
    { "[a] == [b]", "{}", T },
    { "[a] != [b]", "{}", F },
    { "[a] == [b]", "{\"a\":null}", F },
    { "[a] == [b]", "{\"a\":123,\"b\":123}", T },
    { "[a] == [b]", "{\"a\":[1,{\"x\":2}],\"b\":[1,{\"x\":2}]}", T },
    { "[a] == [b]", "{\"a\":[1,2],\"b\":[2,1]}", F },
    { "4 == [l]", "{\"l\":[\"foo\"]}", F },
    { "5 == [m]", "{\"m\":{\"foo\":\"bar\"}}", F },
    { "[l] == [\"foo\",\"bar\"]", "{\"l\":[\"foo\",\"bar\"]}", F },
    { "[l] != [\"foo\",\"bar\"]", "{\"l\":[\"foo\",\"bar\"]}", T },
    { "'value' == 'value'", "{}", T },
    { "5 == 7", "{}", F },
    { "7 != 8", "{}", T },
    /* order */
    { "[a] < 5", "{\"a\":3}", T },
    { "[a] < 5", "{\"a\":5}", F },
    { "[a] <= 5", "{\"a\":5}", T },
    { "[a] > 5", "{\"a\":5.1}", T },
    { "[a] >= 5", "{\"a\":4.99}", F },
    { "7 > [a]", "{\"a\":6}", T },
    { "7 <= [a]", "{\"a\":6}", F },
    { "[a] > [b]", "{\"a\":7,\"b\":6}", T },
    { "[a] < [b]", "{\"a\":7,\"b\":6}", F },
    { "[a] < 'sample'", "{\"a\":\"apple\"}", T },
    { "[a] >= 'sample'", "{\"a\":\"apple\"}", F },
    { "[a] > 10", "{\"a\":9223372036854775807}", T },
    { "2 > 1 or 1 < 2 or 3 < 2", "{}", T },
    { "1 > 2 and (1 > 2 and 3 > 4 or 6 > 7 and 8 > 9) or 6 > 7 and 8 > 9", "{}", F },
    { "[a] > 100", "{\"a\":\"101\"}", X },
    { "[a] > 100", "{}", X },
    { "[a] > 100", "{\"a\":[101]}", X },
    { "[a] <= 100", "{\"a\":{}}", X },
    { "[a] < \"x\"", "{}", X },
    { "!([a] > 100)", "{}", X },
    { "[a] > [b]", "{\"a\":1}", X },
    { "[a] > [b]", "{\"a\":1,\"b\":\"0\"}", X },
    { "[nope] > 1 or [a] == \"x\"", "{\"a\":\"x\"}", X },
    { "[a] == \"x\" or [nope] > 1", "{\"a\":\"x\"}", T },
    { "[nope] > 1 and [a]", "{}", X },
    { "[a] and [nope] > 1", "{}", F },
    { "[a] >= 0", "{\"a\":null}", T },
    { "[a] > 0", "{\"a\":null}", F },
    { "[a] < 5", "{\"a\":null}", F },
    { "[a] >= 0", "{\"a\":true}", T },
    { "[a] > 0", "{\"a\":true}", F },
    { "[a] < 5", "{\"a\":true}", F },
    { "[a] >= \"x\"", "{\"a\":5}", T },
    { "[a] > \"x\"", "{\"a\":5}", F },
    /* regular expressions */
    { "[a] =~ /sample/", "{\"a\":\"some sample\"}", T },
    { "[a] =~ \"^s.*e$\"", "{\"a\":\"x\\nsome\"}", T },
    { "[a] !~ /sample/", "{\"a\":\"apple\"}", T },
    { "[a] =~ /sample/", "{}", F },
    { "[a] !~ /sample/", "{}", T },
    { "[a] =~ /5/", "{\"a\":5}", F },
    { "[a] !~ /5/", "{\"a\":5}", T },
    { "[a] =~ /5/", "{\"a\":[\"5\"]}", F },
    { "[a] =~ /a\\/b/", "{\"a\":\"a/b\"}", T },
    { "[a] =~ /\\h/ and [a] !~ /\\H/", "{\"a\":\"0f\"}", T },
    { "!([a] =~ /x/)", "{\"a\":\"x\"}", F },
    { "\"abc\" =~ /b/", "{}", T },
    /* in */
    { "\"foo\" in [tags]", "{\"tags\":[\"foo\"]}", T },
    { "\"foo\" in [tags]", "{\"tags\":[\"food\"]}", F },
    { "\"foo\" in [tags]", "{\"tags\":\"food\"}", T },
    { "\"foo\" in [tags]", "{}", F },
    { "\"foo\" not in [tags]", "{}", T },
    { "\"5\" in [l]", "{\"l\":[5]}", F },
    { "5 in [l]", "{\"l\":[4,5]}", T },
    { "5 in [n]", "{\"n\":5}", F },
    { "[a] in [b]", "{\"a\":\"foo\",\"b\":\"zfooz\"}", T },
    { "[a] in [b]", "{\"a\":\"foo\",\"b\":\"zzz\"}", F },
    { "[a] in [b]", "{\"a\":\"bar\",\"b\":[\"foo\",\"bar\"]}", T },
    { "[a] in [b]", "{\"a\":[\"foo\"],\"b\":[\"foo\"]}", F },
    { "[a] in [b]", "{\"a\":[\"foo\"],\"b\":[[\"foo\"]]}", F },
    { "[a] in [b]", "{\"a\":{\"x\":1},\"b\":{\"x\":1}}", F },
    { "[a] in [b]", "{\"a\":1,\"b\":1}", T },
    { "[a] in [b]", "{}", F },
    { "[a] in [b]", "{\"b\":[\"x\"]}", F },
    { "[a] not in [b]", "{\"b\":[\"x\"]}", T },
    { "[a] in \"foobar\"", "{\"a\":\"oba\"}", T },
    { "[a] in \"foobar\"", "{}", F },
    { "[a] in \"foobar\"", "{\"a\":5}", F },
    { "[a] in 12345", "{\"a\":\"34\"}", T },
    { "[a] in [\"foo\", \"bar\"]", "{\"a\":\"bar\"}", T },
    { "[a] in [\"foo\", \"bar\"]", "{\"a\":\"ba\"}", F },
    { "[a] not in [\"foo\", \"bar\"]", "{\"a\":\"ba\"}", T },
    { "[a] in [\"foo\"]", "{\"a\":\"foo\"}", F },
    { "[a] in [1, 2]", "{\"a\":\"1\"}", T },
    { "[a] in [\"1\", \"2\"]", "{\"a\":1}", T },
    { "[a] in [1.5, 2]", "{\"a\":1.50}", T },
    { "[a] in [\"true\", \"2\"]", "{\"a\":true}", T },
    { "[a] in [\"\", \"2\"]", "{\"a\":null}", F },
    { "[a] in [\"foo\", \"bar\"]", "{\"a\":[\"foo\"]}", F },
    { "[a] in [\"foo\", \"bar\"]", "{}", F },
    { "'foo' in ['foo','bar']", "{}", F },
    { "'foo' in 'foobar'", "{}", F },
    { "'foo' in 'foo'", "{}", T },
    /* and, or, nand, xor */
    { "[a] and [b]", "{\"a\":1,\"b\":1}", T },
    { "[a] and [b]", "{\"a\":1}", F },
    { "[a] or [b] or [c]", "{\"c\":1}", T },
    { "[a] nand [b]", "{\"a\":1,\"b\":1}", F },
    { "[a] nand [b]", "{\"a\":1}", T },
    { "[a] xor [b]", "{\"a\":1}", T },
    { "[a] xor [b]", "{\"a\":1,\"b\":1}", F },
    { "[a] xor [b] > 1", "{\"a\":1}", X },
    { "[a] == 1 and !([b] == 2 or [c] == 3)", "{\"a\":1,\"b\":1}", T },
};

Test(conf_condition, answers) {
    struct fixture fixture = { .json = chute_json_parser_create(),
        .scratch = chute_regex_scratch_create() };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        compile(&fixture, rows[i].condition);
        cr_expect_not_null(fixture.condition, "%s", rows[i].condition);
        if (fixture.condition != NULL) {
            enum chute_answer got = chute_condition_eval(
                fixture.condition, event_of(&fixture, rows[i].event), fixture.scratch);
            cr_expect_eq(
                got, rows[i].want, "%s for %s: got %d", rows[i].condition, rows[i].event, (int)got);
        }
    }
    finish(&fixture);
}

Test(conf_condition, an_undecided_match_is_false_and_counted) {
    struct fixture fixture = { .json = chute_json_parser_create(),
        .scratch = chute_regex_scratch_create() };
    const char *event = "{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"}";
    compile(&fixture, "[a] =~ /^(a|aa|aaa|b?a)+$/");
    cr_expect_eq(chute_condition_undecided(fixture.condition), 0);
    cr_expect_eq(
        chute_condition_eval(fixture.condition, event_of(&fixture, event), fixture.scratch), F);
    cr_expect_eq(chute_condition_undecided(fixture.condition), 1);
    compile(&fixture, "[a] !~ /^(a|aa|aaa|b?a)+$/");
    cr_expect_eq(
        chute_condition_eval(fixture.condition, event_of(&fixture, event), fixture.scratch), F);
    cr_expect_eq(chute_condition_undecided(fixture.condition), 1);
    finish(&fixture);
}

Test(conf_condition, evaluation_allocates_nothing) {
    struct fixture fixture = { .json = chute_json_parser_create(),
        .scratch = chute_regex_scratch_create() };
    compile(&fixture, "[a][b] == \"x\" and [n] > 1.5 and [n] in [\"2\", 3] and \"t\" in [tags]");
    struct chute_event *event =
        event_of(&fixture, "{\"a\":{\"b\":\"x\"},\"n\":2,\"tags\":[\"s\",\"t\"]}");
    const char *before = fixture.batch.arena.next;
    cr_expect_eq(chute_condition_eval(fixture.condition, event, fixture.scratch), T);
    cr_expect_eq(fixture.batch.arena.next, before);
    finish(&fixture);
}

static const struct {
    const char *condition, *want;
} bad[] = {
    { "[a] =~ /(/ and [b] =~ /[/", "this regular expression cannot be used: " },
    { "[a][] == 1", "" },
};

Test(conf_condition, refuses_what_cannot_be_meant) {
    struct fixture fixture = { 0 };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        size_t count;
        compile(&fixture, bad[i].condition);
        cr_expect_null(fixture.condition, "%s", bad[i].condition);
        const struct chute_diag_item *items = chute_diag_items(fixture.diag, &count);
        cr_expect_gt(count, 0, "%s", bad[i].condition);
        cr_expect(count > 0 && strncmp(items[0].message, bad[i].want, strlen(bad[i].want)) == 0,
            "%s: got %s", bad[i].condition, items[0].message);
    }
    finish(&fixture);
}
