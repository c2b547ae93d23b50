#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/base/regex.h"
#include "pipeline/base/utf8.h"

static struct chute_regex_scratch *scratch;

static void start(void) {
    scratch = chute_regex_scratch_create();
}

static void stop(void) {
    chute_regex_scratch_destroy(scratch);
}

TestSuite(base_regex, .init = start, .fini = stop);

/* Matches and writes down what matched: the whole, then each group behind a |, ~ for one that took no part. */
static void describe(
    const struct chute_regex *regex, struct chute_str subject, char *out, size_t size) {
    const size_t *groups;
    int rc = chute_regex_match(regex, scratch, subject, 0, &groups);
    if (rc <= 0) {
        snprintf(out, size, "%s", rc == 0 ? "no" : "failed");
        return;
    }
    size_t len = 0;
    for (uint32_t i = 0; i <= chute_regex_group_count(regex); i++) {
        bool is_set = groups[2 * i] != CHUTE_REGEX_UNSET;
        len += (size_t)snprintf(out + len, size - len, "%s%.*s", i == 0 ? "" : "|",
            is_set ? (int)(groups[2 * i + 1] - groups[2 * i]) : 1,
            is_set ? subject.at + groups[2 * i] : "~");
    }
}

static const struct {
    const char *says, *pattern, *subject, *want;
} rows[] = {
    { "plain text", "b", "abc", "b" },
    { "no match", "x", "abc", "no" },
    { "an empty pattern", "", "abc", "" },
    { "groups", "(a)(x)?(c)", "ac", "ac|a|~|c" },
    { "groups at the end that took no part", "(a)(b)?(c)?", "a", "a|a|~|~" },
    /* lines */
    { "^ at every line", "^b", "a\nb", "b" },
    { "$ at every line", "a$", "a\nb", "a" },
    { "$ at the end", "b$", "a\nb", "b" },
    { "$ not before a carriage return", "a$", "a\r\n", "no" },
    { "\\A only at the start", "\\Ab", "a\nb", "no" },
    { "\\z only at the end", "b\\z", "b\n", "no" },
    { "\\Z before the last line feed too", "b\\Z", "b\n", "b" },
    { "a dot takes no line feed", "a.b", "a\nb", "no" },
    { "a dot takes a carriage return", "a.b", "a\rb", "a\rb" },
    { "(?m) lets it", "(?m)a.b", "a\nb", "a\nb" },
    { "(?m: in a group", "(?m:a.)b.", "a\nb\n", "no" },
    { "(?m: in a group, elsewhere not needed", "(?m:a.)b.", "a\nbc", "a\nbc" },
    { "(?mi-x: together", "(?mi-x:A.b)", "a\nB", "a\nB" },
    { "(?-m: off again", "(?m)a.(?-m:.)", "a\n\n", "no" },
    { "(?s) is none of Ruby's options", "(?s)a", "a", "error" },
    { "\\R is any line end", "a\\Rb", "a\r\nb", "a\r\nb" },
    /* options */
    { "(?i)", "(?i)ABC", "xabc", "abc" },
    { "(?i) from the middle", "a(?i)b", "aB", "aB" },
    { "(?i) from the middle, not before", "a(?i)b", "AB", "no" },
    { "(?i) holds for later branches, as in (?i:b|c)", "a(?i)b|c", "xaCx", "aC" },
    { "and these branches are behind the a", "a(?i)b|c", "xc", "no" },
    { "(?i) ends with its group", "(?:(?i)a)b", "AB", "no" },
    { "caseless beyond ASCII", "(?i)\xC3\x89", "\xC3\xA9", "\xC3\xA9" },
    { "(?x) skips blanks and comments", "(?x) a b # ( comment [\n c", "abc", "abc" },
    { "(?x) keeps escaped blanks and those in sets", "(?x)a\\ b[ ]c", "a b c", "a b c" },
    { "(?x: ends with its group", "(?x: a b) c", "ab c", "ab c" },
    { "a comment", "a(?#comment \\) still)b", "ab", "ab" },
    /* characters */
    { "\\h is a hex digit", "\\h+", "xyzBEef09g", "BEef09" },
    { "\\H is none", "\\H+", "abcxyz", "xyz" },
    { "\\h in a set", "[\\h:]+", "zz12:ab", "12:ab" },
    { "\\H in a set", "[a\\H]+", "bbaxyb", "axy" },
    { "\\uHHHH", "\\u00e9", "x\xC3\xA9", "\xC3\xA9" },
    { "\\u{…}", "\\u{1F600}", "x\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80" },
    { "\\x{…}", "\\x{e9}", "x\xC3\xA9", "\xC3\xA9" },
    { "\\xHH", "\\x41\\x2d", "A-", "A-" },
    { "\\xHH as bytes of UTF-8", "\\xE2\\x82\\xAC", "\xE2\x82\xAC", "\xE2\x82\xAC" },
    { "\\xHH as bytes of UTF-8 in a set", "[\\xC3\\xA9]+", "\xC3\xA9\xC3\xA9", "\xC3\xA9\xC3\xA9" },
    { "octal", "\\060\\101", "0A", "0A" },
    { "\\e \\a \\t \\f \\cA", "\\e\\a\\t\\f\\cA", "\x1B\a\t\f\x01", "\x1B\a\t\f\x01" },
    { "\\v is the vertical tab only", "\\v", "\n\v", "\v" },
    { "letters without a meaning are themselves", "\\y\\i\\Q\\E\\N\\L", "yiQENL", "yiQENL" },
    { "an escaped slash, quote and dash", "\\/\\\"\\-\\@", "/\"-@", "/\"-@" },
    { "a dot takes a whole character", "^.{3}$", "\xC3\xA9\xE5\xAE\x89z", "\xC3\xA9\xE5\xAE\x89z" },
    { "so does a negated set", "^[^a]$", "\xE5\xAE\x89", "\xE5\xAE\x89" },
    { "a set of letters beyond ASCII", "^[\xC3\xA9\xC3\xA8]$", "\xC3\xA8", "\xC3\xA8" },
    { "\\d \\w \\s are ASCII", "\\d|\\w|\\s", "\xC3\xA9\xD9\xA3\xC2\xA0", "no" },
    { "[[:alpha:]] is Unicode", "[[:alpha:]]+", "1\xC3\xA9z\xE5\xAE\x89-",
        "\xC3\xA9z\xE5\xAE\x89" },
    { "[[:^alpha:]]", "[[:^alpha:]]+", "ab12cd", "12" },
    { "[[:digit:]_] beside others", "[[:digit:]_]+", "a1_2b", "1_2" },
    { "[[:punct:]]", "[[:punct:]]+", "a.,!b", ".,!" },
    { "[[:space:]]", "[[:space:]]+", "a \t\nb", " \t\n" },
    { "\\p{Alpha}", "\\p{Alpha}+", "1ab2", "ab" },
    { "\\p{^Alpha}", "\\p{^Alpha}+", "ab12", "12" },
    { "\\P{Alpha}", "\\P{Alpha}+", "ab12", "12" },
    { "\\p{Lu}", "\\p{Lu}+", "ab\xC3\x89Zc", "\xC3\x89Z" },
    { "\\p{Han}", "\\p{Han}+", "ab\xE5\xAE\x89", "\xE5\xAE\x89" },
    { "\\p{Uppercase_Letter}", "\\p{Uppercase_Letter}", "aB", "B" },
    { "\\p in a set", "[\\p{Digit}.]+", "a1.2b", "1.2" },
    { "an unknown property", "\\p{Nonsense}", "a", "error" },
    { "\\X is a letter with its accents", "^\\X$", "e\xCC\x81", "e\xCC\x81" },
    { "\\K forgets what was before", "a\\Kb", "ab", "b" },
    { "\\G is where the search starts", "\\Gb", "ab", "no" },
    { "\\b and \\B", "\\bb\\B", "ab bc", "b" },
    { "\\b beside a letter beyond ASCII is none", "\\b\\w+\\b", "M\xC3\xBCller", "no" },
    { "\\b around such a word", "\\b[^ ]+\\b", " \xC3\xA9t\xC3\xA9 ", "\xC3\xA9t\xC3\xA9" },
    { "\\w \\d \\s stay ASCII beside \\b", "\\b\\w\\d\\s|\\b", "\xC3\xA9 a1 b", "" },
    { "\\W \\D \\S are the rest", "^\\b\\W\\D\\S$", "\xC3\xA9\xC3\xA9\xC3\xA9",
        "\xC3\xA9\xC3\xA9\xC3\xA9" },
    { "[\\s\\S] is all", "^[\\s\\S]+$", "a\n\xE5\xAE\x89\xF0\x9F\x98\x80",
        "a\n\xE5\xAE\x89\xF0\x9F\x98\x80" },
    { "[^\\W_]", "[^\\W_]+", "_a1\xC3\xA9", "a1" },
    { "[\\D] and [\\S]", "^[\\D][\\S]$", "a\xC3\xA9", "a\xC3\xA9" },
    { "[\\d\\s\\w] are ASCII", "[\\d\\s\\w]", "\xC3\xA9\xD9\xA3\xC2\xA0", "no" },
    /* sets */
    { "a range", "[b-d]+", "abcde", "bcd" },
    { "a bracket first", "[]a]+", "x]a]", "]a]" },
    { "a bracket first in a negated set", "[^]a]+", "]xy]", "xy" },
    { "a dash first and last", "[-a]+[b-]+", "-ab-", "-ab-" },
    { "a dash behind a shorthand", "[\\w-.]+", "#a-b.c", "a-b.c" },
    { "a dash before a shorthand", "[a-\\d]+", "#a-1", "a-1" },
    { "a dash behind a range", "[0-9-a]+", "x1-a", "1-a" },
    { "intersection", "[a-z&&[^b]]+", "bacb", "ac" },
    { "intersection of three", "[a-z&&[^b]&&[^x]]+", "baxc", "a" },
    { "intersection of plain ones", "[a-m&&h-z]+", "abhmz", "hm" },
    { "negated intersection", "[^a-z&&[^b]]+", "acbAc", "bA" },
    { "a nested set", "[[:alnum:]_[%$]]+", "#a_%$", "a_%$" },
    { "a nested negated set", "[a[^a-z]]+", "bca1-b", "a1-" },
    { "the nested set of UNIXPATH", "(/([[[:alnum:]]_%!$@:.,+~-]+|\\\\.)*)+", "x /a/b-c.d \\",
        "/a/b-c.d|/b-c.d|b-c.d" },
    { "a caret, a brace and a hash in a set", "[a^{}#]+", "^{}#", "^{}#" },
    { "a backspace", "[\\b]", "\b", "\b" },
    { "letters without a meaning in a set", "[\\R\\X\\A]+", "RXA", "RXA" },
    { "a negated set takes line feeds", "a[^b]c", "a\nc", "a\nc" },
    { "an open set", "[a", "a", "error" },
    { "a range backwards", "[z-a]", "a", "error" },
    /* repetition */
    { "x{,3} is at most three", "^x{,3}$", "xxx", "xxx" },
    { "x{,3} may be none", "^ax{,3}$", "a", "a" },
    { "x{2,}", "x{2,}", "axxx", "xxx" },
    { "a brace that is itself", "^{.*}$", "{\"a\":1}", "{\"a\":1}" },
    { "a brace behind a letter that is itself", "a{b}{,}", "a{b}{,}", "a{b}{,}" },
    { "lazy", "a+?", "aaa", "a" },
    { "possessive", "a++a", "aaa", "no" },
    { "possessive star", "a*+a", "aaa", "no" },
    { "{2}+ repeats and is not possessive", "^(?:ab){2}+$", "abababab", "abababab" },
    { "{2}+ of a letter", "^a{2}+$", "aaaa", "aaaa" },
    { "{1,2}+ gives back", "^a{1,2}+a$", "aaa", "aaa" },
    { "{2}? is optional", "^a{2}?$", "", "" },
    { "{2}? takes both", "a{2}?", "aaa", "aa" },
    { "{1,2}? is lazy", "a{1,2}?", "aa", "a" },
    { "repetition of a repetition", "^.?*$", "abc", "abc" },
    { "a+*", "^a+*b$", "aab", "aab" },
    { "nothing to repeat", "*a", "a", "error" },
    { "nothing to repeat in a group", "(*a)", "a", "error" },
    { "nothing to repeat in a branch", "a|+b", "a", "error" },
    { "bounds in the wrong order", "a{3,1}", "aaa", "error" },
    /* groups */
    { "names", "(?<one>a)(?<two>b)", "ab", "ab|a|b" },
    { "plain groups do not capture beside names", "(x)?(?<one>a)(b)", "ab", "ab|a" },
    { "names in quotes", "(?'one'a)", "a", "a|a" },
    { "\\k<name>", "(?<q>['\"]).*?\\k<q>", "say 'it\"s' now", "'it\"s'|'" },
    { "\\k of a name that stands twice", "(?:(?<a>x)|(?<a>y))\\k<a>", "yy", "yy|~|y" },
    { "\\k<-1>", "(a)(b)\\k<-1>", "abb", "abb|a|b" },
    { "\\1", "(a)\\1", "aa", "aa|a" },
    { "\\1 before a digit in (?x)", "(?x)(a)\\1 2", "aa2", "aa2|a" },
    { "\\10 with ten groups", "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\10", "abcdefghijj",
        "abcdefghijj|a|b|c|d|e|f|g|h|i|j" },
    { "\\101 without so many", "(a)\\101", "aA", "aA|a" },
    { "no such group", "(a)\\2", "aa", "error" },
    { "no such name", "(?<a>a)\\k<b>", "aa", "error" },
    { "numbers are refused beside names", "(?<a>a)\\1", "aa", "error" },
    { "\\g<name>", "^(?<p>\\((?:[^()]|\\g<p>)*\\))$", "(a(b)c)", "(a(b)c)|(a(b)c)" },
    { "\\g<name> before its group", "^\\g<d>-(?<d>\\d+)$", "12-3", "12-3|3" },
    { "\\g<1>", "^(a|b)\\g<1>$", "ab", "ab|a" },
    { "\\g<0>", "\\A(?:a\\g<0>?b)", "ab", "ab" },
    { "an atomic group", "(?>a+)a", "aaa", "no" },
    { "look-ahead", "a(?=b)", "acab", "a" },
    { "negative look-ahead", "a(?!b)", "aba", "a" },
    { "look-behind", "(?<=b)a", "aba", "a" },
    { "look-behind of branches", "(?<=bc|x)a", "abca", "a" },
    { "negative look-behind", "(?<!b)a", "baa", "a" },
    { "look-behind of no fixed length is refused", "(?<=b+)a", "bba", "error" },
    { "a condition", "^(<)?a(?(1)>)$", "<a>", "<a>|<" },
    { "a condition that fails", "^(<)?a(?(1)>|!)$", "a>", "no" },
    { "a condition by name", "^(?<o><)?a(?(<o>)>|!)$", "a!", "a!|~" },
    { "absence is refused", "(?~abc)", "a", "error" },
    { "Perl's names are refused", "(?P<a>a)", "a", "error" },
    { "Perl's calls are refused", "(?1)", "a", "error" },
    { "branch reset is refused", "(?|(a)|(b))", "a", "error" },
    { "an open group", "(a", "a", "error" },
    { "a closing one too many", "a)", "a", "error" },
    { "an unclosed name", "(?<a", "a", "error" },
    { "a backslash at the end", "a\\", "a", "error" },
    { "brackets in sets are no groups", "[(]a(b)", "(ab", "(ab|b" },
};

Test(base_regex, meaning) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_regex_error error = { 0 };
        struct chute_regex *regex =
            chute_regex_compile(chute_str_of(rows[i].pattern), NULL, &error);
        char got[300] = "error";
        if (regex != NULL) {
            describe(regex, chute_str_of(rows[i].subject), got, sizeof(got));
        } else {
            cr_expect(error.text[0] != '\0' && error.offset <= strlen(rows[i].pattern), "%s",
                rows[i].says);
        }
        struct chute_str translated =
            regex == NULL ? chute_str_of(error.text) : chute_regex_translated(regex);
        cr_expect_str_eq(got, rows[i].want, "%s: /%s/ as /%.*s/ got %s, not %s", rows[i].says,
            rows[i].pattern, CHUTE_STR_ARGS(translated), got, rows[i].want);
        chute_regex_destroy(regex);
    }
}

static struct chute_regex *compiled(const char *pattern, struct chute_regex_options options) {
    struct chute_regex_error error;
    struct chute_regex *regex = chute_regex_compile(chute_str_of(pattern), &options, &error);
    cr_assert_not_null(regex, "%s: %s", pattern, regex == NULL ? error.text : "");
    return regex;
}

Test(base_regex, options) {
    struct chute_regex *regex = compiled("A.b", (struct chute_regex_options){ 0 });
    cr_expect_eq(chute_regex_test(regex, scratch, CHUTE_STR("a\nb")), 0);
    chute_regex_destroy(regex);
    regex =
        compiled("A.b", (struct chute_regex_options){ .is_caseless = true, .dot_takes_all = true });
    cr_expect_gt(chute_regex_test(regex, scratch, CHUTE_STR("a\nB")), 0);
    chute_regex_destroy(regex);
    regex = compiled("(?-m:.)", (struct chute_regex_options){ .dot_takes_all = true });
    cr_expect_eq(chute_regex_test(regex, scratch, CHUTE_STR("\n")), 0);
    cr_expect_eq(chute_regex_test(regex, scratch, (struct chute_str){ NULL, 0 }), 0);
    chute_regex_destroy(regex);
}

Test(base_regex, names_of_any_kind) {
    struct chute_regex *regex = compiled("(?<[source][address]:int>\\d+) (?<a-b.c@d>x) "
                                         "(?<a_name_that_is_longer_than_32_characters>y)"
                                         "(?<[source][address]:int>z)?(\\w)",
        (struct chute_regex_options){ 0 });
    static const char *const names[] = { "[source][address]:int", "a-b.c@d",
        "a_name_that_is_longer_than_32_characters", "[source][address]:int" };
    cr_assert_eq(chute_regex_group_count(regex), 4);
    for (uint32_t i = 0; i < 4; i++) {
        cr_expect(chute_str_eq(chute_regex_group_name(regex, i + 1), chute_str_of(names[i])));
    }
    cr_expect_eq(chute_regex_find_group(regex, CHUTE_STR("a-b.c@d")), 2);
    cr_expect_eq(chute_regex_find_group(regex, CHUTE_STR("[source][address]:int")), 1);
    cr_expect_eq(chute_regex_find_group(regex, CHUTE_STR("none")), 0);
    char got[100];
    describe(regex, CHUTE_STR("12 x yw"), got, sizeof(got));
    cr_expect_str_eq(got, "12 x yw|12|x|y|~");
    chute_regex_destroy(regex);
}

Test(base_regex, more_groups_than_the_scratch_was_made_for) {
    char pattern[600] = "", want[600] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         got[600];
    for (int i = 0; i < 50; i++) {
        strcat(pattern, "(a)");
        strcat(want, "|a");
    }
    struct chute_regex *many = compiled(pattern, (struct chute_regex_options){ 0 });
    struct chute_regex *few = compiled("(b)?a", (struct chute_regex_options){ 0 });
    struct chute_str subject = chute_str_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    describe(few, subject, got, sizeof(got));
    cr_expect_str_eq(got, "a|~");
    describe(many, subject, got, sizeof(got));
    cr_expect_str_eq(got, want);
    describe(few, subject, got, sizeof(got));
    cr_expect_str_eq(got, "a|~");
    chute_regex_destroy(many);
    chute_regex_destroy(few);
}

/* PCRE2's own limit, ten million steps, holds a worker up for too long. A limit holds for its regex only, whichever the
 * scratch was used for before. */
Test(base_regex, each_has_its_own_limit) {
    static const uint32_t limits[] = { 0, 10000000, 1000 };
    static const struct {
        const char *subject;
        int is_decided[3]; /* within each limit */
    } subjects[] = {
        { "aaaaa!", { 1, 1, 1 } },
        { "aaaaaaaaaaaaaaaa!", { 1, 1, 0 } },
        { "aaaaaaaaaaaaaaaaaaaaaa!", { 0, 1, 0 } },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", { 0, 0, 0 } },
    };
    struct chute_regex *regexes[3];
    for (int i = 0; i < 3; i++) {
        regexes[i] = compiled("^(a+)+$", (struct chute_regex_options){ .match_limit = limits[i] });
    }
    for (size_t row = 0; row < sizeof(subjects) / sizeof(subjects[0]); row++) {
        for (int i = 0; i < 3; i++) {
            int rc = chute_regex_test(regexes[i], scratch, chute_str_of(subjects[row].subject));
            cr_expect_eq(rc == 0, subjects[row].is_decided[i], "%s, limit %u: %d",
                subjects[row].subject, limits[i], rc);
        }
    }
    for (int i = 0; i < 3; i++) {
        chute_regex_destroy(regexes[i]);
    }
}

/* A limit that was hit is an error and never "no match". */
Test(base_regex, limits) {
    struct chute_regex *slow = compiled("^(a+)+$", (struct chute_regex_options){ 0 });
    struct chute_regex *limited =
        compiled("(?:a+)+b", (struct chute_regex_options){ .match_limit = 1000 });
    struct chute_regex *fine = compiled("a+b", (struct chute_regex_options){ 0 });
    struct chute_str subject = CHUTE_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");
    cr_expect_lt(chute_regex_test(slow, scratch, subject), 0);
    cr_expect_eq(chute_regex_test(fine, scratch, subject), 0, "the scratch is as good as new");
    cr_expect_gt(chute_regex_test(limited, scratch, CHUTE_STR("aab")), 0);
    cr_expect_gt(chute_regex_test(slow, scratch, CHUTE_STR("aaaa")), 0);
    struct chute_buf out = { 0 };
    chute_buf_add_char(&out, '<');
    cr_expect_lt(chute_regex_replace_all(slow, scratch, subject, CHUTE_STR("x"), &out), 0);
    cr_expect_eq(out.len, 1);
    chute_buf_finish(&out);
    chute_regex_destroy(slow);
    chute_regex_destroy(limited);
    chute_regex_destroy(fine);
}

/* The default stack of 32 KiB does not carry this over 1,000 bytes; ours grows to 1 MiB. */
Test(base_regex, stack_grows_and_its_end_is_an_error) {
    struct chute_regex *regex =
        compiled("^(?:(a)|(b))*d?c$", (struct chute_regex_options){ .match_limit = 100000000 });
    size_t size = 2000000;
    char *text = malloc(size);
    memset(text, 'a', size);
    text[8000] = 'c';
    cr_expect_gt(chute_regex_test(regex, scratch, (struct chute_str){ text, 8001 }), 0);
    text[8000] = 'a';
    text[size - 1] = 'c';
    cr_expect_lt(chute_regex_test(regex, scratch, (struct chute_str){ text, size }), 0);
    free(text);
    chute_regex_destroy(regex);
}

static const struct {
    const char *pattern, *subject, *replacement, *want;
} replaced[] = {
    { "b", "abcb", "X", "aXcX" },
    { "x", "abc", "X", "abc" },
    { "", "abc", "-", "-a-b-c-" },
    { "x*", "abc", "-", "-a-b-c-" },
    { "a*", "aaa", "-", "--" },
    { "b*", "abbc", "-", "-a--c-" },
    { "", "", "-", "-" },
    { "", "\xC3\xA9z", "-", "-\xC3\xA9-z-" },
    { "^", "a\nb", "> ", "> a\n> b" },
    { "$", "a\nb", ";", "a;\nb;" },
    { "(\\w)(\\d)?", "a1b", "<\\1\\2\\9>", "<a1><b>" },
    { "b", "abc", "[\\0\\&]", "a[bb]c" },
    { "b", "abc", "\\`\\'", "aacc" },
    { "b", "abc", "\\\\1", "a\\1c" },
    { "b", "abc", "\\x\\", "a\\x\\c" },
    { "(?<k>\\w)=(?<v>\\w)", "a=b", "\\k<v>=\\k<k>", "b=a" },
    { "(?<k>a)|(?<k>b)", "ab", "\\k<k>\\k<none>\\k<", "a\\k<b\\k<" },
    { "\\.", "a.b.c", "_", "a_b_c" },
    { "a\\Kb", "abab", "-", "a-a-" },
    { "(?<=a)b", "abab", "-", "a-a-" },
    { "\\s+$", "a  \nb \n", "", "a\nb" },
    { "[\"']", "\"a'", "", "a" },
    { "\\\\,", "a\\,b", "|", "a|b" },
};

Test(base_regex, replaces_as_gsub_does) {
    for (size_t i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++) {
        struct chute_regex *regex =
            compiled(replaced[i].pattern, (struct chute_regex_options){ 0 });
        struct chute_buf out = { 0 };
        int count = chute_regex_replace_all(regex, scratch, chute_str_of(replaced[i].subject),
            chute_str_of(replaced[i].replacement), &out);
        cr_expect_geq(count, 0);
        cr_expect_str_eq(chute_buf_cstr(&out), replaced[i].want, "/%s/ on %s: got %s",
            replaced[i].pattern, replaced[i].subject, chute_buf_cstr(&out));
        chute_buf_finish(&out);
        chute_regex_destroy(regex);
    }
}

static const struct {
    const char *pattern, *want;
} literals[] = {
    { "password=\\S+", "password=" },
    { "\\d+ HTTP/\\d", " HTTP/" },
    { "(?:foo bar|x)yz", "yz" },
    { "(?:foo bar)yz", "foo bar" },
    { "(?:foo bar)?yz", "yz" },
    { "(?:foo bar)*yz", "yz" },
    { "(?:foo bar){0,2}yz", "yz" },
    { "(?:foo bar){2}yz", "foo bar" },
    { "(?<a>foo bar)yz", "foo bar" },
    { "abcd?", "abc" },
    { "abcd+e", "abcd" },
    { "abcd*?ef", "abc" },
    { "ab|cd", "" },
    { "(?!abcdef)gh", "gh" },
    { "(?<!abcdef)gh", "gh" },
    { "(?<=abcdef)gh", "gh" },
    { "(?i)abc12", "12" },
    { "(?i:abc)def", "def" },
    { "x(?i)abc|def", "" },
    { "a(?:(?i)b|c)def", "def" },
    { "(a)?(?(1)foo|bar)z", "z" },
    { "[abc]", "" },
    { "\\x41\\u0042C", "ABC" },
    { "foo\\bbar", "foo" },
    { "(?x) ab c # def", "abc" },
    { "((?:(ab)))+", "ab" },
    { "(?:ab(?:cd)?ef)", "ab" },
};

Test(base_regex, literals) {
    for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
        struct chute_regex *regex =
            compiled(literals[i].pattern, (struct chute_regex_options){ 0 });
        struct chute_str got = chute_regex_literal(regex);
        cr_expect(chute_str_eq(got, chute_str_of(literals[i].want)), "/%s/: got %.*s",
            literals[i].pattern, CHUTE_STR_ARGS(got));
        chute_regex_destroy(regex);
    }
    struct chute_regex *regex =
        compiled("ABC", (struct chute_regex_options){ .is_caseless = true });
    cr_expect_eq(chute_regex_literal(regex).len, 0);
    chute_regex_destroy(regex);
}

/* Looking for the literal first changes no result. */
Test(base_regex, with_and_without_the_literal) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_regex_error error;
        struct chute_regex_options options = { .looks_for_literal = true };
        struct chute_regex *regex =
            chute_regex_compile(chute_str_of(rows[i].pattern), &options, &error);
        char got[300] = "error";
        if (regex != NULL) {
            describe(regex, chute_str_of(rows[i].subject), got, sizeof(got));
        }
        cr_expect_str_eq(got, rows[i].want, "%s: got %s", rows[i].says, got);
        chute_regex_destroy(regex);
    }
}

static uint64_t random_state = 88172645463325252u;

static uint32_t draw(uint32_t below) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 33) % below;
}

static void add_random(struct chute_buf *out, int depth) {
    static const char *const groups[] = { "(", "(?:", "(?>", "(?=", "(?!", "(?i:", "(?-i:", "(?<n>",
        "(?i)(", "(?m:" };
    static const char *const atoms[] = { "a", "b", "ab", "abc", "cab", ".", "[ab]", "[^c]", "\\x61",
        "\\b", "\\K", "A", "aB", "\\w", "^", "$" };
    static const char *const repeats[] = { "*", "+", "?", "{2}", "{0,1}", "{,2}", "{1,2}", "{0}",
        "*?", "+?", "??", "++", "?+", "{1}?", "{2}+" };
    uint32_t count = 1 + draw(4);
    for (uint32_t i = 0; i < count; i++) {
        if (depth > 0 && draw(3) == 0) {
            chute_buf_add_str(out, chute_str_of(groups[draw(10)]));
            add_random(out, depth - 1);
            chute_buf_add_char(out, ')');
        } else {
            chute_buf_add_str(out, chute_str_of(atoms[draw(16)]));
        }
        if (draw(3) == 0) {
            chute_buf_add_str(out, chute_str_of(repeats[draw(15)]));
        }
        if (draw(6) == 0) {
            chute_buf_add_char(out, '|');
        }
    }
}

/* A wrong literal would hide matches, and secrets would pass. */
Test(base_regex, every_match_of_random_patterns_holds_the_literal) {
    struct chute_buf pattern = { 0 };
    int matched = 0, with_literal = 0;
    for (int i = 0; i < 4000; i++) {
        pattern.len = 0;
        add_random(&pattern, 3);
        struct chute_regex_options options = { .is_caseless = draw(8) == 0, .match_limit = 20000 };
        struct chute_regex_error error;
        struct chute_regex *regex = chute_regex_compile(chute_buf_str(&pattern), &options, &error);
        for (int k = 0; k < 20 && regex != NULL; k++) {
            char text[12];
            size_t len = draw(sizeof(text));
            for (size_t at = 0; at < len; at++) {
                text[at] = "aaabbcABx\n"[draw(10)];
            }
            struct chute_str subject = { text, len }, literal = chute_regex_literal(regex);
            if (chute_regex_test(regex, scratch, subject) > 0) {
                matched++;
                with_literal += literal.len > 0;
                cr_expect(chute_str_find(subject, literal) >= 0, "/%s/ on '%.*s': '%.*s'",
                    chute_buf_cstr(&pattern), CHUTE_STR_ARGS(subject), CHUTE_STR_ARGS(literal));
            }
        }
        chute_regex_destroy(regex);
    }
    cr_expect(matched > 5000 && with_literal > 1000, "%d, %d", matched, with_literal);
    chute_buf_finish(&pattern);
}

/* Whatever the subject is made of, a hot regex finds what any other finds. */
Test(base_regex, hot_ones_match_alike) {
    static const char *const patterns[] = { "\\b\\d{4}\\b", "\\bé", "\\b\\w+\\b.", "(?i)\\bkey\\b",
        "\\B[^a]", "\\bk\\X", "(?<g>\\b.)\\s", "é?\\bx", "\\p{L}\\b", "\\b[[:alpha:]]{3}" };
    static const char *const parts[] = { "1234", "a", "é", " ", "K", "\xe2\x84\xaa", "ey", "x", "_",
        "\n", "ß" };
    int matched = 0, ascii = 0;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct chute_regex_error error;
        struct chute_regex_options hot = { .is_hot = true };
        struct chute_regex *fast = chute_regex_compile(chute_str_of(patterns[i]), &hot, &error);
        struct chute_regex *plain = chute_regex_compile(chute_str_of(patterns[i]), NULL, &error);
        cr_assert(fast != NULL && plain != NULL, "%s: %s", patterns[i], error.text);
        for (int n = 0; n < 500; n++) {
            struct chute_buf text = { 0 };
            for (unsigned part = draw(8); part > 0; part--) {
                const char *add = parts[draw(sizeof(parts) / sizeof(parts[0]))];
                chute_buf_add_str(&text, chute_str_of(add));
            }
            const size_t *groups;
            size_t want[2] = { 0 };
            int found = chute_regex_match(plain, scratch, chute_buf_str(&text), 0, &groups);
            if (found > 0) {
                memcpy(want, groups, sizeof(want));
            }
            int got = chute_regex_match(fast, scratch, chute_buf_str(&text), 0, &groups);
            cr_expect(got == found && (got <= 0 || memcmp(want, groups, sizeof(want)) == 0),
                "/%s/ on '%s'", patterns[i], chute_buf_cstr(&text));
            matched += found > 0;
            ascii += chute_utf8_ascii_prefix(chute_buf_str(&text)) == text.len;
            chute_buf_finish(&text);
        }
        chute_regex_destroy(fast);
        chute_regex_destroy(plain);
    }
    cr_expect(matched > 500 && ascii > 500 && ascii < 4500, "%d, %d", matched, ascii);
}
