#include <criterion/criterion.h>

#include <math.h>

#include "pipeline/base/json_writer.h"

Test(base_json_writer, members_and_elements) {
    struct chute_buf out = { 0 };
    struct chute_json_writer writer = { .out = &out };
    chute_write_open(&writer, NULL, '{');
    chute_write_text(&writer, "a\"b", "c\nd");
    chute_write_open(&writer, "list", '[');
    chute_write_int(&writer, NULL, -1);
    chute_write_open(&writer, NULL, '{');
    chute_write_close(&writer, '}');
    chute_write_bool(&writer, NULL, true);
    chute_write_close(&writer, ']');
    chute_write_text(&writer, "none", NULL);
    chute_write_rate(&writer, "left out", NAN);
    chute_write_rate(&writer, "rate", 0.5);
    chute_write_close(&writer, '}');
    cr_expect_str_eq(chute_buf_cstr(&out),
        "{\"a\\\"b\":\"c\\nd\",\"list\":[-1,{},true],\"none\":null,\"rate\":0.5000}");
    chute_buf_finish(&out);
}

static const struct {
    double number;
    const char *want;
} rates[] = {
    { 0, "0.000" },
    { 67961.7, "67960.0" },
    { 1234567, "1235000.0" },
    { 9999.4, "9999.4" },
    { 15.714, "15.71" },
    { 100, "100.0" },
    { 0.22961, "0.2296" },
    { 0.00012345, "0.0001234" },
    { 1e-30, "0.000000000000000" },
    { -2.5, "-2.500" },
};

Test(base_json_writer, rates) {
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct chute_buf out = { 0 };
        struct chute_json_writer writer = { .out = &out };
        chute_write_rate(&writer, NULL, rates[i].number);
        cr_expect_str_eq(chute_buf_cstr(&out), rates[i].want);
        chute_buf_finish(&out);
    }
}

Test(base_json_writer, pretty) {
    struct chute_buf out = { 0 };
    chute_json_pretty(
        &out, CHUTE_STR("{\"a\":{},\"b\":[1,{\"c\":\"x{\\\",:\"},{\"d\":[]}],\"e\":null}"));
    cr_expect_str_eq(chute_buf_cstr(&out), "{\n  \"a\" : { },\n  \"b\" : [ 1, {\n    \"c\" : "
                                           "\"x{\\\",:\"\n  }, {\n    \"d\" : [ ]\n  } ],\n"
                                           "  \"e\" : null\n}");
    chute_buf_finish(&out);
}
