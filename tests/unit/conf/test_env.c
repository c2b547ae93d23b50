#include <criterion/criterion.h>

#include "../support/ast_dump.h"
#include "conf/env.h"
#include "conf/parser.h"

static const char *get(void *context, const char *name) {
    static const char *const set[][2] = { { "FunString", "fancy" }, { "FunBool", "true" },
        { "a.b_1", "dotted" }, { "EMPTY", "" }, { "REF", "${FunString}" }, { "BAD", "\xff" } };
    *(size_t *)context += 1;
    for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
        if (strcmp(set[i][0], name) == 0) {
            return set[i][1];
        }
    }
    return NULL;
}

static const struct {
    const char *says, *text, *want;
    const char *error; /* a part of it; NULL: none */
} rows[] = {
    { "no reference", "foo$bar", "foo$bar", NULL },
    { "set", "http://${FunString}:8080/", "http://fancy:8080/", NULL },
    { "several, in the right case", "${FunBool:false} or ${funbool:false}", "true or false", NULL },
    { "a default", "${nope:foo bar}", "foo bar", NULL },
    { "an empty default", "[${nope:}]", "[]", NULL },
    { "a default with a colon and a brace open", "${nope:a:{b}", "a:{b", NULL },
    { "set and empty is set", "[${EMPTY:x}]", "[]", NULL },
    { "dots and digits in a name", "${a.b_1}", "dotted", NULL },
    { "what was replaced is not looked at again", "${REF}", "${FunString}", NULL },
    { "a name that is none", "${f$$:val} ${1a:b} ${} ${a-b} ${:x}",
        "${f$$:val} ${1a:b} ${} ${a-b} ${:x}", NULL },
    { "not closed", "${FunString ${FunString:x", "${FunString ${FunString:x", NULL },
    { "a reference behind half of one", "$${${FunString}", "$${fancy", NULL },
    { "not set", "a ${nope} b", "a ${nope} b", "\"nope\" is not set" },
    { "not UTF-8", "${BAD}", "${BAD}", "\"BAD\" is not UTF-8" },
};

Test(env, expand) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_arena arena = { 0 };
        struct chute_diag *diag = chute_diag_create();
        size_t calls = 0, count;
        struct chute_env env = { get, &calls };
        struct chute_str got = chute_env_expand(
            &arena, chute_str_of(rows[i].text), &env, diag, (struct chute_position){ 0 });
        cr_expect(chute_str_eq(got, chute_str_of(rows[i].want)), "%s: got %.*s", rows[i].says,
            CHUTE_STR_ARGS(got));
        const struct chute_diag_item *items = chute_diag_items(diag, &count);
        cr_expect_eq(count, rows[i].error == NULL ? 0 : 1, "%s: %zu errors", rows[i].says, count);
        if (count > 0 && rows[i].error != NULL) {
            cr_expect_not_null(
                strstr(items[0].message, rows[i].error), "%s: %s", rows[i].says, items[0].message);
        }
        chute_diag_destroy(diag);
        chute_arena_finish(&arena);
    }
}

Test(env, expand_a_tree) {
    struct chute_diag *diag = chute_diag_create();
    const struct chute_source *source = chute_diag_add_source(diag, "a.conf",
        CHUTE_STR(
            "filter { if [a] == \"${FunBool}\" and [b] in [\"${FunString}\", 1] {\n"
            " \"${FunBool}\" { a => \"${FunString}\" b => [{ \"${FunBool}\" => '${FunBool}' }]\n"
            "  codec => json { c => \"${nope}\" } } } }"));
    struct chute_ast *ast = chute_parse(diag, &source, 1, false);
    size_t calls = 0, count;
    struct chute_env env = { get, &calls };
    chute_ast_expand(ast, &env, diag);
    struct chute_buf got = { 0 };
    test_ast_dump(&got, ast);
    cr_expect_str_eq(chute_buf_cstr(&got),
        "filter{if (and (== [a] \"true\") (in [b] <\"fancy\",1>)){${FunBool}{a=>\"fancy\""
        " b=><{\"${FunBool}\"=>\"true\"}> codec=>json{c=>\"${nope}\"}}}}",
        "got %s", chute_buf_cstr(&got));
    cr_expect_eq(calls, 5);
    const struct chute_diag_item *items = chute_diag_items(diag, &count);
    cr_assert_eq(count, 1);
    cr_expect_eq(items[0].position.line, 3);
    cr_expect_eq(items[0].position.column, 24);
    chute_buf_finish(&got);
    chute_ast_destroy(ast);
    chute_diag_destroy(diag);
}
