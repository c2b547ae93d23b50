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
    { "(?:abc)?de", "abcde@0|de@0" },
    { "(?:ab){3}", "ababab@0" },
    { "x{2}yz", "xxyz@0" },
    { "a|bc", "" },
    { "ab|cd", "ab@0|cd@0" },
    { "ab|", "" },
    { "(?:ab|cd)(?:ef|gh)", "abef@0|abgh@0|cdef@0|cdgh@0" },
    { "(?i)token", "token/i@0|\u212a" },
    { "(?i)password=\\w", "password=/i@0|ſ" },
    { "(?i)ssn", "ssn/i@0|ſ" },
    { "(?i)[^s]ask_", "ask_/i|ſ|\u212a" },
    { "(?i)[Pp]wd", "Pwd/i@0" },
    { "(?i)[ab][-_]c", "a-c/i@0|a_c/i@0|b-c/i@0|b_c/i@0" },
    { "(?i)[a-z][0-9]xy", "xy/i@2|ſ|\u212a" },
    { "(?i)[a-h]x", "ax/i@0|bx/i@0|cx/i@0|dx/i@0|ex/i@0|fx/i@0|gx/i@0|hx/i@0" },
    { "(?i)[éa]bc", "bc/i" },
    { "(?i)(?-i)sk", "sk@0" },
    { "(?i)s", "" },
    { "api_?key=", "api_key=@0|apikey=@0" },
    { "(?:abc)?x?d", "" },
    { "abcd(?:efg)?", "abcd@0" },
    { "pass(?:w(?:or)?d|phrase)?=", "password=@0|passwd=@0|passphrase=@0|pass=@0" },
    { "ab(?:c|d)*?ef", "ab@0" },
    { "xox[a-e]-", "xoxa-@0|xoxb-@0|xoxc-@0|xoxd-@0|xoxe-@0" },
    { "[a-c-]xy", "axy@0|bxy@0|cxy@0|-xy@0" },
    { "[--/]xy", "-xy@0|.xy@0|/xy@0" },
    { "[\\]\\\\]xy", "]xy@0|\\xy@0" },
    { "[\\x{2D}\\x2e]xy", "-xy@0|.xy@0" },
    { "[\\b\\t]xy", "\bxy@0|\txy@0" },
    { "\\d\\w{2}\\sxy", "xy@4" },
    { "\\d\\Dxy", "xy" },
    { "[\\d]xy", "xy" },
    { "[\\p{Lu}x]yz", "yz" },
    { "(?:ab|[xy]c|d{2})e", "abe@0|xce@0|yce@0|dde@0" },
    { "(?:foo|\\w+)bar", "bar" },
    { "(?:foo\\w|\\wbarx)", "foo@0|barx@1" },
    { "secret[abcdefgh][abcdefgh]", "secreta@0|secretb@0|secretc@0|secretd@0|secrete@0|secretf@0|"
                                    "secretg@0|secreth@0" },
    { "(?s-i:a.)(?m)(?n-i)bcd", "bcd" },
    { "(?^i:Cd)e", "Cde/i@0" },
    { "(?=xyz)ab(?!cdef)(?<!ghij)c", "abc@0" },
    { "a{2}b{0}c", "aac@0" },
    { "(?:[0-9]{2}ab){2}", "ab@2" },
    { "[0-9]{2}ab[0-9]{3}abc", "abc@7" },
    { "[0-9a-f]{40}xy", "xy@40" },
    { "\\wabcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwx@1" },
    { "(?i:ab)cd", "abcd/i@0" },
    { "(?i)ab(?-i)cd", "abcd/i@0" },
    { "a(?i)b|cd", "ab/i@0|cd/i@0" },
    { "\\x41\\x{42}C", "ABC@0" },
    { "a\\.b\\tc", "a.b\tc@0" },
    { "é=", "é=@0" },
    { "[é]ab", "ab" },
    { "[^x]ab", "ab" },
    { ".ab", "ab" },
    { "\\dab", "ab@1" },
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
    { "ab{2}{3}", "" },
    { "ab{,3}", "" },
    { "ab{ 2 }", "" },
    { "{2}ab", "" },
    { "\\N{U+41}bc", "" },
    { "[\\c]]bc", "" },
    { "[\\Qa]bc", "" },
    { "[a[:digit:]]bc", "" },
    { "(?|ab|cd)", "" },
    { "(?&x)ab", "" },
    { "(?P=x)ab", "" },
    { "(?C1)ab", "" },
    { "(?1)ab", "" },
    { "\\g{1}ab", "" },
    { "\\k<x>ab", "" },
    { "\\cAbc", "" },
    { "\\Xab", "" },
    { "ab\\", "" },
    { "[a-", "" },
    { "[a\\", "" },
    { "(?", "" },
    { "(?<a", "" },
    { "(?i", "" },
    { "\\x{41", "" },
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
    cr_expect_str_eq(shown(&out, &literals), "ac=1/i@0|bc=1/i@0");
    chute_regex_literals(CHUTE_STR("(?-i)ask"), true, &literals);
    cr_expect_str_eq(shown(&out, &literals), "ask@0");
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

Test(text_regex_literals, counts_the_digits_that_a_match_holds) {
    static const struct {
        const char *pattern;
        unsigned want;
    } needs[] = {
        { "", 0 },
        { "[0-9]", 1 },
        { "\\b[0-9]{4}[\\- ]?[0-9]{4}\\b", 8 },
        { "[0-9]+x[0-9]*[0-9]?", 1 },
        { "[0-9]{2,5}?", 2 },
        { "[0-9]{3,}+a", 3 },
        { "a1b2", 2 },
        { "^4[0-9]{12}$", 13 },
        { "^(?:4[0-9]{12}|5[1-5]\\d{14})$", 13 },
        { "(\\d{3})-(?<x>\\d{4})", 7 },
        { "(?:\\d{3}-){2}(?:\\d{4}|\\d)", 7 },
        { "(?:\\d{3}-)?\\d{4}", 4 },
        { "(?:(?:\\d{100}){100}){100}", 100000 },
        { "\\d{40}x{40}\\d", 41 },
        { "1{40}", 40 },
        { "[13579][0-24-6]", 2 },
        { "[\\x30-\\x39]", 1 },
        { "(?=\\d{4})\\w(?<!\\d)", 0 },
        { "[^0-9]{4}", 0 },
        { "[0-9a-f]{8}", 0 },
        { "[0-3-5]{8}", 0 },
        { "[/-9]{8}", 0 },
        { "[0-:]{8}", 0 },
        { "[]0-9]{8}[0-9]", 1 },
        { "[\\]0-9]{8}[0-9]", 1 },
        { "[0-9]{4}|x", 0 },
        { "[0-9]{4}|", 0 },
        { "(?:[0-9]{4})?", 0 },
        { "[0-9]{4}{0}", 0 },
        { "[0-9]{0}", 0 },
        /* in doubt none */
        { "[0-9]{,4}", 0 },
        { "[0-9]{4}\\1", 0 },
        { "\\Q1234", 0 },
        { "[[:digit:]0-9]1", 0 },
        { "[0-9", 0 },
        { "12\\", 0 },
    };
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        struct chute_literals literals;
        chute_regex_literals(chute_str_of(needs[i].pattern), false, &literals);
        cr_expect_eq(
            literals.digits, needs[i].want, "%s: got %u", needs[i].pattern, literals.digits);
    }
}
