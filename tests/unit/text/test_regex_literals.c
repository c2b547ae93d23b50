#include <criterion/criterion.h>

#include <stdlib.h>

#include "pipeline/base/buf.h"
#include "pipeline/text/regex_literals.h"

/* As "text@distance", caseless ones with an i, apart by a bar; in order. */
static const char *shown(struct chute_buf *out, const struct chute_literals *literals) {
    out->len = 0;
    for (uint32_t i = 0; i < literals->count; i++) {
        const struct chute_literal *literal = &literals->items[i];
        chute_buf_printf(out, "%s%.*s%s", i == 0 ? "" : "|", literal->len, literal->text,
            literal->is_caseless ? "/i" : "");
        if (literal->distance != CHUTE_LITERAL_ANYWHERE) {
            chute_buf_printf(out, "@%u", literal->distance);
        }
    }
    return chute_buf_cstr(out);
}

static const struct {
    const char *pattern, *want;
} rows[] = {
    { "password", "password@0" },
    { "password=\\S+", "password=@0" },
    { "[Bb]earer ", "Bearer @0|bearer @0" },
    { "gh[pousr]_[A-Za-z0-9]{36}", "ghp_@0|gho_@0|ghu_@0|ghs_@0|ghr_@0" },
    { "(?:AKIA|ASIA)[A-Z0-9]{16}", "AKIA@0|ASIA@0" },
    { "(AKIA|ASIA)[A-Z0-9]{16}", "AKIA@0|ASIA@0" },
    { "(?<name>AKIA)", "AKIA@0" },
    { "(?<![A-Z])AKIA(?=x)", "AKIA@0" },
    { "\\bkey\\b", "key@0" },
    { "[a-z]{3}[0-9]Q~", "Q~@4" },
    { "[a-z]{3,4}Q~", "Q~" },
    { "[a-z]+@example\\.com", "@example.com" },
    { "ab*cde", "cde" },
    { "abc?", "ab@0" },
    { "ab+c", "ab@0" },
    { "(?:abc)+", "abc@0" },
    { "(?:abc)?de", "de" },
    { "(?:ab){3}", "ababab@0" },
    { "x{2}yz", "xxyz@0" },
    { "a|bc", "" },
    { "ab|cd", "ab@0|cd@0" },
    { "ab|", "" },
    { "(?:ab|cd)(?:ef|gh)", "abef@0|abgh@0|cdef@0|cdgh@0" },
    { "(?i)token", "to/i@0" },
    { "(?i)password=\\w", "word=/i" },
    { "(?i:ab)cd", "abcd/i@0" },
    { "(?i)ab(?-i)cd", "abcd/i@0" },
    { "a(?i)b|cd", "ab/i@0|cd/i@0" },
    { "\\x41\\x{42}C", "ABC@0" },
    { "a\\.b\\tc", "a.b\tc@0" },
    { "é=", "é=@0" },
    { "[é]ab", "ab" },
    { "[^x]ab", "ab" },
    { ".ab", "ab" },
    { "\\dab", "ab" },
    { "a{b", "a{b@0" },
    { "(?>ab)c", "abc@0" },
    { "^ab$", "ab@0" },
    { "[]a]bc", "]bc@0|abc@0" },
    { "[a\\]]bc", "abc@0|]bc@0" },
    { "[0-9]{2}ab", "ab@2" },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaa@0" },
    /* in doubt nothing */
    { "", "" },
    { "a", "" },
    { "ab\\1", "" },
    { "ab\\Kcd", "" },
    { "(?R)ab", "" },
    { "(?(1)ab|cd)", "" },
    { "(?x) a b", "" },
    { "(?#c)ab", "" },
    { "(*UTF)ab", "" },
    { "\\Qab\\E", "" },
    { "[[:alpha:]]bc", "" },
    { "ab(", "" },
    { "ab)", "" },
    { "[ab", "" },
    { "ab\\", "" },
    { "(?i)é=", "" },
    { "\\p{L}ab", "" },
    { NULL, NULL },
};

Test(text_regex_literals, takes_them_out_of_patterns) {
    struct chute_buf out = { 0 };
    for (size_t i = 0; rows[i].pattern != NULL; i++) {
        struct chute_literals literals;
        chute_regex_literals(chute_str_of(rows[i].pattern), false, &literals);
        cr_expect_str_eq(
            shown(&out, &literals), rows[i].want, "%s: got %s", rows[i].pattern, out.at);
    }
    chute_buf_finish(&out);
}

Test(text_regex_literals, knows_a_caseless_pattern) {
    struct chute_buf out = { 0 };
    struct chute_literals literals;
    chute_regex_literals(CHUTE_STR("abc=1"), true, &literals);
    cr_expect_str_eq(shown(&out, &literals), "abc=1/i@0");
    chute_regex_literals(CHUTE_STR("[ab]c=1"), true, &literals);
    cr_expect_str_eq(shown(&out, &literals), "c=1/i");
    chute_buf_finish(&out);
}

/* No depth of brackets may overflow the stack. */
Test(text_regex_literals, gives_up_on_deep_nesting) {
    struct chute_buf deep = { 0 };
    for (int i = 0; i < 100000; i++) {
        chute_buf_add_char(&deep, '(');
    }
    struct chute_literals literals;
    chute_regex_literals(chute_buf_str(&deep), false, &literals);
    cr_expect_eq(literals.count, 0);
    chute_buf_finish(&deep);
}
