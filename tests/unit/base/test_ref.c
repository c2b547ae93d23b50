#include <criterion/criterion.h>

#include "pipeline/base/buf.h"
#include "pipeline/base/ref.h"
#include "pipeline/base/value.h"

/* `want`: the names with a bar before each, an index as #n behind its name; "@" before all is @metadata, "T"
 * @timestamp, "G" tags. NULL: illegal. */
static const struct {
    const char *text;
    enum chute_escape_style style;
    const char *want;
} rows[] = {
    { "message", CHUTE_ESCAPE_NONE, "|message" },
    { "[message]", CHUTE_ESCAPE_NONE, "|message" },
    { "[a][b][c]", CHUTE_ESCAPE_NONE, "|a|b|c" },
    { "a.b c-d", CHUTE_ESCAPE_NONE, "|a.b c-d" },
    { "", CHUTE_ESCAPE_NONE, "|" },
    { " ", CHUTE_ESCAPE_NONE, "| " },
    { "[[a][b]][c]", CHUTE_ESCAPE_NONE, "|a|b|c" },
    { "[[a]]", CHUTE_ESCAPE_NONE, "|a" },
    { "[a][[b][c]]", CHUTE_ESCAPE_NONE, "|a|b|c" },
    { "[[[[a]]]]", CHUTE_ESCAPE_NONE, "|a" },
    { "\xC3\xA4", CHUTE_ESCAPE_NONE, "|\xC3\xA4" },
    /* illegal */
    { "[]", CHUTE_ESCAPE_NONE, NULL },
    { "[", CHUTE_ESCAPE_NONE, NULL },
    { "]", CHUTE_ESCAPE_NONE, NULL },
    { "[a", CHUTE_ESCAPE_NONE, NULL },
    { "a]", CHUTE_ESCAPE_NONE, NULL },
    { "a[b]", CHUTE_ESCAPE_NONE, NULL },
    { "[a]b", CHUTE_ESCAPE_NONE, NULL },
    { "[a][]", CHUTE_ESCAPE_NONE, NULL },
    { "[a]]", CHUTE_ESCAPE_NONE, NULL },
    { "[[a]", CHUTE_ESCAPE_NONE, NULL },
    { "[[a]b]", CHUTE_ESCAPE_NONE, NULL },
    { "[a[b]]", CHUTE_ESCAPE_NONE, NULL },
    { "[a] [b]", CHUTE_ESCAPE_NONE, NULL },
    /* what stands for itself */
    { "@timestamp", CHUTE_ESCAPE_NONE, "T|@timestamp" },
    { "[@timestamp]", CHUTE_ESCAPE_NONE, "T|@timestamp" },
    { "[@timestamp][x]", CHUTE_ESCAPE_NONE, "|@timestamp|x" },
    { "[x][@timestamp]", CHUTE_ESCAPE_NONE, "|x|@timestamp" },
    { "tags", CHUTE_ESCAPE_NONE, "G|tags" },
    { "[tags][0]", CHUTE_ESCAPE_NONE, "|tags|0#0" },
    { "@metadata", CHUTE_ESCAPE_NONE, "@" },
    { "[@metadata]", CHUTE_ESCAPE_NONE, "@" },
    { "[@metadata][a][b]", CHUTE_ESCAPE_NONE, "@|a|b" },
    { "[[@metadata]][a]", CHUTE_ESCAPE_NONE, "@|a" },
    { "[@metadata][tags]", CHUTE_ESCAPE_NONE, "@|tags" },
    { "[a][@metadata]", CHUTE_ESCAPE_NONE, "|a|@metadata" },
    /* indices */
    { "[l][0]", CHUTE_ESCAPE_NONE, "|l|0#0" },
    { "[l][-1]", CHUTE_ESCAPE_NONE, "|l|-1#-1" },
    { "[l][007]", CHUTE_ESCAPE_NONE, "|l|007#7" },
    { "[l][999999999]", CHUTE_ESCAPE_NONE, "|l|999999999#999999999" },
    { "[l][99999999999999999999]", CHUTE_ESCAPE_NONE, "|l|99999999999999999999" },
    { "[l][-]", CHUTE_ESCAPE_NONE, "|l|-" },
    { "[l][1a]", CHUTE_ESCAPE_NONE, "|l|1a" },
    { "[l][+1]", CHUTE_ESCAPE_NONE, "|l|+1" },
    /* escapes */
    { "a%5Bb%5D", CHUTE_ESCAPE_PERCENT, "|a[b]" },
    { "[a%5bb%5d][c]", CHUTE_ESCAPE_PERCENT, "|a[b]|c" },
    { "%5", CHUTE_ESCAPE_PERCENT, "|%5" },
    { "%255B", CHUTE_ESCAPE_PERCENT, "|%255B" },
    { "a%5Bb%5D", CHUTE_ESCAPE_NONE, "|a%5Bb%5D" },
    { "a&#91;b&#93;", CHUTE_ESCAPE_AMPERSAND, "|a[b]" },
    { "a&#91;b&#93;", CHUTE_ESCAPE_PERCENT, "|a&#91;b&#93;" },
    { "a%5Bb", CHUTE_ESCAPE_AMPERSAND, "|a%5Bb" },
    { "a[b", CHUTE_ESCAPE_PERCENT, NULL },
};

static void print(struct chute_buf *out, const struct chute_ref *ref) {
    out->len = 0;
    chute_buf_printf(out, "%s%s%s", ref->in_metadata ? "@" : "", ref->is_timestamp ? "T" : "",
        ref->is_tags ? "G" : "");
    for (uint32_t i = 0; i < ref->count; i++) {
        const struct chute_ref_step *step = &ref->steps[i];
        chute_buf_printf(out, "|%.*s", CHUTE_STR_ARGS(step->name));
        if (step->is_index) {
            chute_buf_printf(out, "#%lld", (long long)step->index);
        }
        cr_expect_eq(step->head, chute_key_head(step->name));
    }
}

Test(base_ref, compiles_what_is_legal) {
    struct chute_arena arena = { 0 };
    struct chute_buf out = { 0 };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_ref ref = { .count = 77 };
        struct chute_str text = chute_str_of(rows[i].text);
        bool is_legal = chute_ref_compile(&arena, text, rows[i].style, &ref);
        cr_expect_eq(is_legal, rows[i].want != NULL, "%s", rows[i].text);
        if (!is_legal) {
            cr_expect_eq(ref.count, 77, "%s: left alone", rows[i].text);
        } else if (rows[i].want != NULL) {
            print(&out, &ref);
            cr_expect_str_eq(chute_buf_cstr(&out), rows[i].want, "%s: %s", rows[i].text, out.at);
            cr_expect(chute_str_eq(ref.text, text), "%s: as written", rows[i].text);
        }
    }
    chute_buf_finish(&out);
    chute_arena_finish(&arena);
}

Test(base_ref, copies_what_it_needs) {
    struct chute_arena arena = { 0 };
    char text[] = "[first][second]";
    struct chute_ref ref;
    cr_assert(chute_ref_compile(&arena, chute_str_of(text), CHUTE_ESCAPE_NONE, &ref));
    memset(text, 'x', sizeof(text) - 1);
    cr_expect(chute_str_eq(ref.text, CHUTE_STR("[first][second]")));
    cr_expect(chute_str_eq(ref.steps[1].name, CHUTE_STR("second")));
    chute_arena_finish(&arena);
}

/* `count` times `[a]`, inside `depth` brackets. */
static bool compiles(size_t count, size_t depth) {
    struct chute_arena arena = { 0 };
    struct chute_buf text = { 0 };
    struct chute_ref ref;
    for (size_t i = 0; i < depth; i++) {
        chute_buf_add_char(&text, '[');
    }
    for (size_t i = 0; i < count; i++) {
        chute_buf_add_str(&text, CHUTE_STR("[a]"));
    }
    for (size_t i = 0; i < depth; i++) {
        chute_buf_add_char(&text, ']');
    }
    bool is_legal = chute_ref_compile(&arena, chute_buf_str(&text), CHUTE_ESCAPE_NONE, &ref);
    cr_expect(!is_legal || ref.count == count);
    chute_buf_finish(&text);
    chute_arena_finish(&arena);
    return is_legal;
}

Test(base_ref, has_bounds) {
    cr_expect(compiles(256, 0));
    cr_expect_not(compiles(257, 0));
    cr_expect(compiles(1, 10));
    cr_expect_not(compiles(1, 100000));
}
