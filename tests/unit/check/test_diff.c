#include <criterion/criterion.h>

#include "pipeline/check/compare.h"

static void expect(const char *expected, const char *actual, const char *want) {
    struct chute_buf out = { 0 };
    chute_compare_lines(&out, chute_str_of(expected), chute_str_of(actual));
    cr_expect_str_eq(chute_buf_cstr(&out), want, "%s", chute_buf_cstr(&out));
    chute_buf_finish(&out);
}

Test(diff, shows_what_went_and_what_came) {
    expect("a\nb\nc\n", "a\nx\nc\n", "  a\n- b\n+ x\n  c\n");
    expect("a\nb\n", "b\n", "- a\n  b\n");
    expect("", "a\nb", "+ a\n+ b\n");
    expect("a", "", "- a\n");
    expect("a\n\nb", "a\n\nc", "  a\n  \n- b\n+ c\n");
    expect("a b c d\ne\n", "e\nf\n", "- a b c d\n  e\n+ f\n");
}

Test(diff, leaves_out_what_is_equal_and_far) {
    expect("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
        "  ...\n  2\n  3\n  4\n- 5\n+ x\n  6\n  7\n  8\n  ...\n");
    expect("a\nb\n", "a\nb\n", "  ...\n");
}

/* As many lines as the table has no room for: still right, only longer. */
Test(diff, shows_what_is_too_much_for_the_table, .timeout = 60) {
    struct chute_buf left = { 0 }, right = { 0 }, out = { 0 };
    for (int i = 0; i < 6000; i++) {
        chute_buf_printf(&left, "left %d\n", i);
        chute_buf_printf(&right, "right %d\n", i);
    }
    chute_compare_lines(&out, chute_buf_str(&left), chute_buf_str(&right));
    size_t minus = 0, plus = 0;
    struct chute_str rest = chute_buf_str(&out);
    while (rest.len > 0) {
        minus += rest.at[0] == '-';
        plus += rest.at[0] == '+';
        const char *end = memchr(rest.at, '\n', rest.len);
        rest.len -= (size_t)(end + 1 - rest.at);
        rest.at = end + 1;
    }
    cr_expect_eq(minus, 6000);
    cr_expect_eq(plus, 6000);
    chute_buf_finish(&left);
    chute_buf_finish(&right);
    chute_buf_finish(&out);
}
