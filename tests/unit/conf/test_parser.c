#include <criterion/criterion.h>

#include <stdlib.h>

#include "../support/ast_dump.h"
#include "conf/parser.h"
#include "pipeline/base/alloc.h"

static struct chute_ast *parse(struct chute_diag *diag, const char *text, bool support_escapes) {
    const struct chute_source *source =
        chute_diag_add_source(diag, "test.conf", chute_str_of(text));
    return chute_parse(diag, &source, 1, support_escapes);
}

static const struct {
    const char *says, *config, *want;
} good[] = {
    { "a plugin without options", "filter { drop {} }", "filter{drop{}}" },
    { "no white space at all", "filter{drop{}}", "filter{drop{}}" },
    { "sections of any number and order",
        "output { a1 {} } filter { b1 {} } input { c1 {} } filter { b2 {} }",
        "input{c1{}} filter{b1{} b2{}} output{a1{}}" },
    { "a byte order mark",
        "\xef\xbb\xbf"
        "filter { drop {} }",
        "filter{drop{}}" },
    { "CRLF", "filter {\r\n  drop {\r\n }\r\n}\r\n", "filter{drop{}}" },
    { "comments everywhere",
        "# a\nfilter # b\n{ # c { \"\n drop # d\n { # e\n a => # f\n 1 # g\n b => [ # h\n ] } }#",
        "filter{drop{a=>1 b=><>}}" },
    { "a comment glued to the last option", "filter { drop { a => 1#\n} }", "filter{drop{a=>1}}" },
    { "both quotes, line feeds in a string", "filter { x { a => \"1'\n\" b => '2\"' } }",
        "filter{x{a=>\"1'\n\" b=>\"2\"\"}}" },
    { "an escaped quote, kept as written", "filter { x { a => \"1\\\"2\" } }",
        "filter{x{a=>\"1\\\"2\"}}" },
    { "numbers", "filter { x { a => 5 b => -5 c => 1.5 d => 2. e => 99999999999999999999 } }",
        "filter{x{a=>5 b=>-5 c=>1.5f d=>2f e=>1e+20f}}" },
    { "names of options: quoted, dashed, digits", "filter { 1-x { \"a b\" => 1 c-d => 2 3 => 4 } }",
        "filter{1-x{a b=>1 c-d=>2 3=>4}}" },
    { "arrays", "filter { x { a => [] b => [1, \"2\", three, [ 4 ], { \"5\" => 6 }] } }",
        "filter{x{a=><> b=><1,\"2\",three,<4>,{\"5\"=>6}>}}" },
    { "hashes parted by white space, or by nothing",
        "filter { x { a => {} b => { \"k\" => \"v\"\"l\" => 2 mm => 3 4 => five } } }",
        "filter{x{a=>{} b=>{\"k\"=>\"v\" \"l\"=>2 mm=>3 4=>five}}}" },
    { "a codec", "input { stdin { codec => json { charset => \"UTF-8\" } a => b1 } }",
        "input{stdin{codec=>json{charset=>\"UTF-8\"} a=>b1}}" },
    { "a codec in quotes, and one inside an array",
        "input { x { a => \"json\" {} b => [ c {} ] } }", "input{x{a=>json{} b=><c{}>}}" },
    { "a repeated option stays twice", "filter { x { a => 1 a => 2 } }", "filter{x{a=>1 a=>2}}" },
    { "if, else if, elseif, else",
        "filter { if [a] { b1 {} } else if [c] { } elseif[d]{ e1 {} } else { f1 {} } g1 {} }",
        "filter{if [a]{b1{}} else [c]{} else [d]{e1{}} else {f1{}} g1{}}" },
    { "two ifs in a row", "filter { if [a] {} if [b] {} }", "filter{if [a]{} if [b]{}}" },
    { "plugins whose names begin like keywords", "filter { iffy {} if [a] {} elsewhere {} }",
        "filter{iffy{} if [a]{} elsewhere{}}" },
    { "every comparison",
        "filter { if [a]==1 and [a]!=1 and [a]<1 and [a]>1 and [a]<=1 and [a]>=1 {} }",
        "filter{if (and (== [a] 1) (!= [a] 1) (< [a] 1) (> [a] 1) (<= [a] 1) (>= [a] 1)){}}" },
    { "regular expressions, also as strings",
        "filter { if [a] =~ /x\\/y/ or [b] !~ \"z\" or \"c\" =~ /d/ {} }",
        "filter{if (or (=~ [a] /x\\/y/) (!~ [b] /z/) (=~ \"c\" /d/)){}}" },
    { "in and not in", "filter { if \"a\" in [t] and [b] not in [1, 2] and [c]not  in[d] {} }",
        "filter{if (and (in \"a\" [t]) (not in [b] <1,2>) (not in [c] [d])){}}" },
    { "a list of one is a selector", "filter { if [a] in [\"b\"] {} }",
        "filter{if (in [a] [\"b\"]){}}" },
    { "an empty list is none", "filter { if [a] in [] {} }", "filter{if (in [a] <>){}}" },
    { "selectors of several elements", "filter { if [a][b c][0][-1][@x][#y] == 1 {} }",
        "filter{if (== [a][b c][0][-1][@x][#y] 1){}}" },
    { "and binds closer than or", "filter { if [a] or [b] and [c] or [d] {} }",
        "filter{if (or [a] (and [b] [c]) [d]){}}" },
    { "and before or", "filter { if [a] and [b] and [c] or [d] {} }",
        "filter{if (or (and [a] [b] [c]) [d]){}}" },
    { "xor and nand", "filter { if [a] xor [b] nand [c] and [d] or [e] {} }",
        "filter{if (or (xor [a] (and (nand [b] [c]) [d])) [e]){}}" },
    { "xor from left to right", "filter { if [a] xor [b] xor [c] {} }",
        "filter{if (xor (xor [a] [b]) [c]){}}" },
    { "groups and negation", "filter { if !([a] or ! [b]) and ( ! ( [c] ) ) {} }",
        "filter{if (and (not (or [a] (not [b]))) (not [c])){}}" },
    { "conditions over lines and comments", "filter { if [a] # x\n and # y\n [b]\n{} }",
        "filter{if (and [a] [b]){}}" },
    { "words glued to their neighbours", "filter { if[a]and\"b\"in[c]or(1==1){} }",
        "filter{if (or (and [a] (in \"b\" [c])) (== 1 1)){}}" },
    { "values that stand for themselves", "filter { if \"a\" {} else if 1 {} else if /x/ {} }",
        "filter{if \"a\"{} else 1{} else /x/{}}" },
};

Test(parser, good) {
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct chute_diag *diag = chute_diag_create();
        struct chute_ast *ast = parse(diag, good[i].config, false);
        struct chute_buf got = { 0 };
        test_ast_dump(&got, ast);
        cr_expect_str_eq(
            chute_buf_cstr(&got), good[i].want, "%s: got %s", good[i].says, chute_buf_cstr(&got));
        cr_expect_eq(chute_diag_error_count(diag), 0, "%s: has errors", good[i].says);
        chute_buf_finish(&got);
        chute_ast_destroy(ast);
        chute_diag_destroy(diag);
    }
}

static const struct {
    const char *says, *config;
    unsigned line, column;
    const char *message; /* a part of it */
    const char *hint;    /* a part of it; NULL: no hint */
} bad[] = {
    { "nothing", "", 0, 0, "is empty", NULL },
    { "only comments", "# a\n", 0, 0, "is empty", NULL },
    { "no section", "filters {}", 1, 1, "found \"filters\"", "did you mean \"filter\"?" },
    { "an if outside", "if [a] {}", 1, 1, "expected \"input\"", "inside a section" },
    { "no brace", "filter drop {}", 1, 8, "expected \"{\" after \"filter\", found \"drop\"", NULL },
    { "an open block", "filter {\n drop {}\n", 3, 1,
        "\"}\" for the block opened on line 1, found the end of the file", NULL },
    { "an open plugin", "filter {\n drop {", 2, 8, "for plugin \"drop\" of line 2", NULL },
    { "a missing brace before a section", "input {\n tcp {}\nfilter {\n mutate {\n } } }", 4, 9,
        "\"=>\" after option \"mutate\", found \"{\"", "seems to be missing before line 3" },
    { "a plugin inside a plugin", "output { stdout {\n json { } } }", 2, 7,
        "\"=>\" after option \"json\"", "not inside a plugin" },
    { "one equals sign", "filter { x { a = 1 } }", 1, 16, "\"=>\" after option \"a\"",
        "write name => value" },
    { "no name", "filter { x { => 1 } }", 1, 14, "an option or \"}\", found \"=>\"", NULL },
    { "options with commas", "filter { x { a => 1, b => 2 } }", 1, 20, "found \",\"", "quotes" },
    { "a glued comment", "filter { x { a => \"1\"#c\n b => 2 } }", 2, 2, "white space or \"}\"",
        "a blank" },
    { "an address without quotes", "filter { x { a => 127.0.0.1 } }", 1, 24, "found \".\"",
        "quotes" },
    { "a variable without quotes", "filter { x { a => ${B} } }", 1, 19, "a value, found \"$\"",
        "quotes" },
    { "a word of one letter", "filter { x { a => b } }", 1, 19, "a value", "two characters" },
    { "columns count characters", "filter { x { \"\xc3\xa9\" => ? } }", 1, 21, "a value", NULL },
    { "an open string", "filter { x { a => \"b } }", 1, 19, "never closed", "backslash" },
    { "two backslashes do not close", "filter { x { a => \"\\\\\" } }", 1, 19, "never closed",
        "backslash" },
    { "a missing quote earlier", "filter { x { a => [\"b, c]\n d => [\"e\"] } }", 2, 9,
        "\",\" or \"]\"", "begins on line 1" },
    { "a missing comma", "filter { x { a => [\"b\" \"c\"] } }", 1, 24,
        "\",\" or \"]\" in the array", NULL },
    { "a comma at the end", "filter { x { a => [1,] } }", 1, 22, "a value, found \"]\"", NULL },
    { "a hash with commas", "filter { x { a => { \"b\" => 1, \"c\" => 2 } } }", 1, 29, "a key",
        "white space" },
    { "a selector as a key", "filter { x { a => { [b] => 1 } } }", 1, 21, "a key", "quotes" },
    { "an else without if", "filter { else { } }", 1, 10, "found \"else\"", "follows" },
    { "two elses", "filter { if [a] {} else {} else {} }", 1, 28, "found \"else\"", "follows" },
    { "an else with a condition", "filter { if [a] {} else [b] {} }", 1, 25, "after \"else\"",
        NULL },
    { "no condition", "filter { if { } }", 1, 13, "a field, a string", NULL },
    { "a word as a field", "filter { if a == 1 {} }", 1, 13, "found \"a\"", NULL },
    { "a longer one", "filter { if type == 1 {} }", 1, 13, "found \"type\"", "[field]" },
    { "one equals sign in a condition", "filter { if [a] = 1 {} }", 1, 17, "after the condition",
        "write \"==\"" },
    { "ampersands", "filter { if [a] && [b] {} }", 1, 17, "after the condition", "\"and\"" },
    { "flags of a regular expression", "filter { if [a] =~ /b/i {} }", 1, 23, "found \"i\"",
        "(?i)" },
    { "not before a string", "filter { if !\"a\" in [b] {} }", 1, 14, "after \"!\", found '\"'",
        "write !( " },
    { "a negated comparison", "filter { if ![a] == 1 {} }", 1, 18, "after the condition",
        "\"==\"" },
    { "a match with a field", "filter { if [a] =~ [b] {} }", 1, 20, "a /regular expression/",
        NULL },
    { "a function", "filter { if len([a]) {} }", 1, 13, "no function \"len\"", NULL },
    { "an open group", "filter { if ([a] {} }", 1, 18, "\")\", \"and\"", NULL },
    { "an open regular expression", "filter { if [a] =~ /b {} }", 1, 20, "never closed", NULL },
    { "a repeated key", "filter { x { a => { \"k\" => 1\n \"k\" => 2 } } }", 2, 2,
        "key \"k\" stands twice in one hash (before on line 1)", NULL },
    { "a repeated key further in", "filter { x { a => { b1 => { kk => 1 kk => 2 } } } }", 1, 37,
        "key \"kk\"", NULL },
    { "not UTF-8", "filter {\n # caf\xe9\n}", 2, 7, "not UTF-8", "save" },
    { "an overlong slash", "filter { # \xc0\xaf\n}", 1, 12, "not UTF-8", "save" },
    { "a surrogate", "filter { # \xed\xa0\x80\n}", 1, 12, "not UTF-8", "save" },
    { "a no-break space", "filter\xc2\xa0{ }", 1, 7, "no-break space", NULL },
};

Test(parser, bad) {
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct chute_diag *diag = chute_diag_create();
        struct chute_ast *ast = parse(diag, bad[i].config, false);
        size_t count;
        const struct chute_diag_item *items = chute_diag_items(diag, &count);
        cr_expect_eq(count, 1, "%s: %zu errors", bad[i].says, count);
        if (count > 0) {
            const struct chute_diag_item *item = &items[0];
            cr_expect_eq(
                item->position.line, bad[i].line, "%s: line %u", bad[i].says, item->position.line);
            cr_expect_eq(item->position.column, bad[i].column, "%s: column %u", bad[i].says,
                item->position.column);
            cr_expect_not_null(
                strstr(item->message, bad[i].message), "%s: %s", bad[i].says, item->message);
            cr_expect_eq(
                item->hint == NULL, bad[i].hint == NULL, "%s: hint %s", bad[i].says, item->hint);
            if (item->hint != NULL && bad[i].hint != NULL) {
                cr_expect_not_null(
                    strstr(item->hint, bad[i].hint), "%s: %s", bad[i].says, item->hint);
            }
        }
        chute_ast_destroy(ast);
        chute_diag_destroy(diag);
    }
}

Test(parser, several_errors_and_what_is_left) {
    struct chute_diag *diag = chute_diag_create();
    struct chute_ast *ast = parse(diag,
        "input { a1 {} b1 { = } c1 {} }\n"
        "filter { d1 { x => { \"k\" => 1 \"k\" => 2 } y => { \"l\" => 1 \"l\" => 2 } } }\n"
        "output { e1 {}\n"
        " f1 { x = 1 } }\n"
        "output { g1 {} }\n",
        false);
    struct chute_buf got = { 0 };
    test_ast_dump(&got, ast);
    cr_expect_str_eq(chute_buf_cstr(&got),
        "input{a1{} c1{}} filter{d1{x=>{\"k\"=>2} y=>{\"l\"=>2}}} output{e1{} g1{}}", "got %s",
        chute_buf_cstr(&got));
    cr_expect_eq(chute_diag_error_count(diag), 4);
    chute_buf_finish(&got);
    chute_ast_destroy(ast);
    chute_diag_destroy(diag);
}

/* Each error alone, at its line; none of them brings another. */
Test(parser, goes_on_behind_a_plugin_with_an_error) {
    static const char config[] =
        "input { a1 { b1 = 1 } }\n"
        "filter {\n"
        "  c1 { d1 => { \"a\" -> \"}\" } } # }\n"
        "  if [x] = 1 { e1 { } } else if [y] { f1 { = } } else { g1 { } }\n"
        "  if [z] =~ /}{/ {\n"
        "    h1 { i1 => [\"a\" \"b\"] }\n"
        "    j1 { }\n"
        "  }\n"
        "  k1 { l1 => }\n"
        "}\n";
    static const unsigned lines[] = { 1, 3, 4, 6, 9 };
    struct chute_diag *diag = chute_diag_create();
    struct chute_ast *ast = parse(diag, config, false);
    size_t count;
    const struct chute_diag_item *items = chute_diag_items(diag, &count);
    cr_assert_eq(count, sizeof(lines) / sizeof(lines[0]), "%zu errors", count);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(
            items[i].position.line, lines[i], "error %zu on line %u", i, items[i].position.line);
    }
    struct chute_buf got = { 0 };
    test_ast_dump(&got, ast);
    cr_expect_not_null(strstr(chute_buf_cstr(&got), "j1{}"), "got %s", got.at);
    chute_buf_finish(&got);
    chute_ast_destroy(ast);
    chute_diag_destroy(diag);
}

/* Where a brace or a quote is missing nobody can tell what belongs to what: one error, and on with the next section. */
Test(parser, what_is_not_paired_is_one_error) {
    static const char *const filters[] = {
        "  a1 { b1 => \"c\"\n  d1 { e1 => \"f\" }\n",
        "  a1 b1 => \"c\" }\n  d1 { e1 => \"f\" }\n  g1 { h1 => \"i\" }\n",
        "  a1 { b1 => { \"c\" => \"d\" }\n  e1 { }\n  if [f] { g1 { } } else { h1 { } }\n",
        "  if [x] == \"a {\n    a1 { b1 => { \"c\" => \"%{d}\" } }\n  }\n  e1 { f1 => [\"%{g}\"] "
        "}\n"
        "  if [y] == \"b\" { c1 { d1 => \"e\" } }\n",
        "  a1 { b1 => c\" d1 => \"{e}\" }\n  f1 { g1 => \"h i\" j1 => \"k\" }\n",
    };
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        struct chute_buf config = { 0 };
        chute_buf_printf(&config, "filter {\n%s}\noutput { z1 { y1 = 1 } x1 { } }\n", filters[i]);
        struct chute_diag *diag = chute_diag_create();
        struct chute_ast *ast = parse(diag, chute_buf_cstr(&config), false);
        cr_expect_eq(chute_diag_error_count(diag), 2, "row %zu: %zu errors", i,
            chute_diag_error_count(diag));
        cr_expect_eq(ast->outputs.count, 1, "row %zu", i);
        chute_ast_destroy(ast);
        chute_diag_destroy(diag);
        chute_buf_finish(&config);
    }
}

Test(parser, sources_are_joined_and_keep_their_places) {
    struct chute_diag *diag = chute_diag_create();
    const struct chute_source *sources[] = {
        chute_diag_add_source(diag, "1.conf", CHUTE_STR("filter { a1 {} }\n")),
        chute_diag_add_source(diag, "2.conf", CHUTE_STR("# nothing here\n")),
        chute_diag_add_source(diag, "3.conf", CHUTE_STR("\n filter { b1 { c => \"d\" } }")),
    };
    struct chute_ast *ast = chute_parse(diag, sources, 3, false);
    cr_assert_eq(ast->filters.count, 2);
    const struct chute_ast_plugin *plugin = ast->filters.nodes[1].plugin;
    cr_expect_str_eq(plugin->position.source->name, "3.conf");
    cr_expect_eq(plugin->position.line, 2);
    cr_expect_eq(plugin->position.column, 11);
    cr_expect_eq(plugin->position.len, 2);
    const struct chute_position *value = &plugin->attributes[0].value.position;
    cr_expect_eq(value->column, 21);
    cr_expect_eq(value->len, 3);
    cr_expect_eq(chute_diag_error_count(diag), 0);
    chute_ast_destroy(ast);
    chute_diag_destroy(diag);
}

Test(parser, every_source_tells_its_error) {
    struct chute_diag *diag = chute_diag_create();
    const struct chute_source *sources[] = {
        chute_diag_add_source(diag, "1.conf", CHUTE_STR("filter {\n a1 {} \n")),
        chute_diag_add_source(diag, "2.conf", CHUTE_STR("output }")),
    };
    chute_ast_destroy(chute_parse(diag, sources, 2, false));
    size_t count;
    const struct chute_diag_item *items = chute_diag_items(diag, &count);
    cr_assert_eq(count, 2);
    cr_expect_eq(items[0].position.source, sources[0]);
    cr_expect_eq(items[1].position.source, sources[1]);
    chute_diag_destroy(diag);
}

Test(parser, escapes_if_asked_for) {
    static const char config[] = "filter { x { a => \"q\\\"n\\nt\\tr\\rb\\\\z\\0s\\/u\\d\" b => "
                                 "['\\''] c => { \"\\n\" => 1 } } }";
    struct chute_diag *diag = chute_diag_create();
    struct chute_ast *ast = parse(diag, config, true);
    cr_assert_eq(chute_diag_error_count(diag), 0);
    const struct chute_ast_attribute *options = ast->filters.nodes[0].plugin->attributes;
    struct chute_str want = CHUTE_STR("q\"n\nt\tr\rb\\z\0s/u\\d");
    cr_expect(chute_str_eq(options[0].value.text, want));
    cr_expect(chute_str_eq(options[1].value.array.items[0].text, CHUTE_STR("'")));
    cr_expect(chute_str_eq(options[2].value.hash.entries[0].key.text, CHUTE_STR("\n")));
    chute_ast_destroy(ast);
    chute_diag_destroy(diag);
}

Test(parser, the_same_key_in_other_quotes_is_a_warning) {
    struct chute_diag *diag = chute_diag_create();
    struct chute_ast *ast =
        parse(diag, "filter { x { a => { \"k\" => 1 'l' => 2 'k' => 3 } } }", false);
    struct chute_buf got = { 0 };
    test_ast_dump(&got, ast);
    cr_expect_str_eq(chute_buf_cstr(&got), "filter{x{a=>{\"k\"=>3 \"l\"=>2}}}");
    cr_expect_eq(chute_diag_error_count(diag), 0);
    cr_expect_eq(chute_diag_warning_count(diag), 1);
    chute_buf_finish(&got);
    chute_ast_destroy(ast);
    chute_diag_destroy(diag);
}

/* `before` and `after` `count` times around `middle`. */
static char *nested(const char *start, const char *before, size_t count, const char *middle,
    const char *after, const char *end) {
    struct chute_buf text = { 0 };
    chute_buf_printf(&text, "%s", start);
    for (size_t i = 0; i < count; i++) {
        chute_buf_printf(&text, "%s", before);
    }
    chute_buf_printf(&text, "%s", middle);
    for (size_t i = 0; i < count; i++) {
        chute_buf_printf(&text, "%s", after);
    }
    chute_buf_printf(&text, "%s", end);
    char *copy = chute_strdup(chute_buf_cstr(&text));
    chute_buf_finish(&text);
    return copy;
}

static const struct {
    const char *says, *start, *before, *middle, *after, *end;
} deep[] = {
    { "arrays", "filter { x { a => ", "[", "1", "]", " } }" },
    { "hashes", "filter { x { a => ", "{ 1 => ", "1", "}", " } }" },
    { "codecs", "filter { x { a => ", "b { a => ", "1", "}", " } }" },
    { "blocks", "filter { ", "if [a] { ", "", "}", " }" },
    { "groups", "filter { if ", "(", "[a]", ")", " {} }" },
    { "negations", "filter { if ", "!(", "[a]", ")", " {} }" },
    { "xors", "filter { if [a]", " xor [a]", "", "", " {} }" },
};

Test(parser, depth_is_bounded) {
    static const struct {
        size_t count;
        size_t errors;
    } sizes[] = { { CHUTE_PARSE_DEPTH - 10, 0 }, { CHUTE_PARSE_DEPTH + 10, 1 }, { 100000, 1 } };
    for (size_t i = 0; i < sizeof(deep) / sizeof(deep[0]); i++) {
        for (size_t j = 0; j < 3; j++) {
            char *text = nested(deep[i].start, deep[i].before, sizes[j].count, deep[i].middle,
                deep[i].after, deep[i].end);
            struct chute_diag *diag = chute_diag_create();
            chute_ast_destroy(parse(diag, text, false));
            size_t count = chute_diag_error_count(diag);
            cr_expect_eq(
                count, sizes[j].errors, "%zu %s: %zu errors", sizes[j].count, deep[i].says, count);
            chute_diag_destroy(diag);
            chute_free(text);
        }
    }
}

Test(parser, a_long_row_of_conditions_stays_flat) {
    char *text = nested("filter { if [a]", " or [b] and [c]", 100000, "", "", " {} }");
    struct chute_diag *diag = chute_diag_create();
    struct chute_ast *ast = parse(diag, text, false);
    cr_assert_eq(chute_diag_error_count(diag), 0);
    cr_expect_eq(ast->filters.nodes[0].choice->branches[0].condition->count, 100001);
    chute_ast_destroy(ast);
    chute_diag_destroy(diag);
    chute_free(text);
}

Test(parser, what_logstash_reads_otherwise_is_warned_of) {
    static const struct {
        const char *condition;
        size_t warnings;
    } conditions[] = {
        { "[a] and [b] and [c] or [d]", 1 },
        { "[d] or [a] and [b] and [c] or [e]", 1 },
        { "[d] or [a] and [b] and [c]", 0 },
        { "[a] and [b] or [c] and [d]", 0 },
        { "([a] and [b] and [c]) or [d]", 0 },
        { "[a] and ([b] and [c] or [d])", 0 },
        { "[a] in [\"foo\"] or [\"b\"]", 2 },
        { "[a] in ['foo']", 1 },
        { "[a] in [0][b]", 0 },
        { "[a] in [\"foo\", \"bar\"]", 0 },
        { "[a] in [1, 2] and [b] in [1]", 1 },
    };
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        struct chute_buf text = { 0 };
        chute_buf_printf(&text, "filter { if %s {} }", conditions[i].condition);
        struct chute_diag *diag = chute_diag_create();
        chute_ast_destroy(parse(diag, chute_buf_cstr(&text), false));
        cr_expect_eq(chute_diag_warning_count(diag), conditions[i].warnings, "%s: %zu warnings",
            conditions[i].condition, chute_diag_warning_count(diag));
        cr_expect_eq(chute_diag_error_count(diag), 0);
        chute_diag_destroy(diag);
        chute_buf_finish(&text);
    }
}

static void count_texts(struct chute_ast_value *value, void *context) {
    *(size_t *)context += value->kind == CHUTE_AST_STRING;
}

Test(parser, walk_sees_every_value) {
    struct chute_diag *diag = chute_diag_create();
    struct chute_ast *ast = parse(diag,
        "filter { if \"1\" == [a] and !(\"2\" in [\"3\", \"4\"]) { x { a => \"5\" } }"
        " else { y { b => [\"6\", { \"7\" => \"8\" }] c => json { d => \"9\" } } } }",
        false);
    size_t count = 0;
    chute_ast_walk(&ast->filters, count_texts, &count);
    cr_expect_eq(count, 8);
    chute_ast_destroy(ast);
    chute_diag_destroy(diag);
}
