#include <criterion/criterion.h>
#include <math.h>

#include "pipeline/base/json.h"

static struct chute_arena arena;
static struct chute_json_parser *parser;
static struct chute_buf out;

static void open_parser(void) {
    parser = chute_json_parser_create();
}
static void close_parser(void) {
    chute_json_parser_destroy(parser);
    chute_buf_finish(&out);
    chute_arena_finish(&arena);
}
TestSuite(base_value, .init = open_parser, .fini = close_parser);

static struct chute_value value_of(const char *json) {
    struct chute_value value = chute_null();
    cr_assert_eq(
        chute_json_decode(parser, &arena, chute_str_of(json), &value), CHUTE_JSON_OK, "%s", json);
    return value;
}

static const char *print(const struct chute_value *value) {
    out.len = 0;
    chute_json_encode(&out, value);
    return chute_buf_cstr(&out);
}

Test(base_value, arrays_grow_and_close_gaps) {
    struct chute_value value = chute_array_new(&arena, 0);
    struct chute_array *array = value.as.array;
    for (int i = 0; i < 100; i++) {
        chute_array_add(&arena, array, chute_int(i));
    }
    cr_assert_eq(array->count, 100);
    cr_expect_eq(array->items[99].as.integer, 99);
    chute_array_remove(array, 99);
    chute_array_remove(array, 0);
    chute_array_remove(array, 1);
    cr_expect_eq(array->count, 97);
    cr_expect_eq(array->items[0].as.integer, 1);
    cr_expect_eq(array->items[1].as.integer, 3);
    cr_expect_eq(array->items[96].as.integer, 98);
}

Test(base_value, an_object_tells_keys_apart) {
    static const struct chute_str keys[] = { CHUTE_STR(""), CHUTE_STR("a"), CHUTE_STR("a\0"),
        CHUTE_STR("abc"), CHUTE_STR("abc\0"), CHUTE_STR("abcd"), CHUTE_STR("abcde"),
        CHUTE_STR("abcdf"), CHUTE_STR("abcdef"), CHUTE_STR("xbcdef"), CHUTE_STR("\xff\xff") };
    size_t count = sizeof(keys) / sizeof(keys[0]);
    struct chute_value value = chute_object_new(&arena, 0);
    struct chute_object *object = value.as.object;
    for (size_t i = 0; i < count; i++) {
        cr_expect_null(chute_object_get(object, keys[i]), "key %zu", i);
        chute_object_set(&arena, object, keys[i], chute_int((int64_t)i));
    }
    for (size_t i = 0; i < count; i++) {
        const struct chute_value *found = chute_object_get(object, keys[i]);
        cr_assert_not_null(found, "key %zu", i);
        cr_expect_eq(found->as.integer, (int64_t)i, "key %zu", i);
    }
    cr_expect_eq(object->count, count);
}

Test(base_value, an_object_keeps_its_order) {
    struct chute_value value = value_of("{\"a\":1,\"b\":2,\"c\":3}");
    struct chute_object *object = value.as.object;
    chute_object_set(&arena, object, CHUTE_STR("a"), chute_int(9));
    chute_object_set(&arena, object, CHUTE_STR("d"), chute_int(4));
    cr_expect_str_eq(print(&value), "{\"a\":9,\"b\":2,\"c\":3,\"d\":4}");
    cr_expect(chute_object_remove(object, CHUTE_STR("b")));
    cr_expect_not(chute_object_remove(object, CHUTE_STR("b")));
    cr_expect(chute_object_remove(object, CHUTE_STR("d")));
    cr_expect_str_eq(print(&value), "{\"a\":9,\"c\":3}");
}

Test(base_value, a_copy_is_independent) {
    struct chute_value value = value_of("{\"a\":[1,{\"b\":\"text\"}],\"n\":12345678901234567890}");
    struct chute_value copy = chute_value_copy(&arena, &value, false);
    struct chute_value *list = chute_object_get(value.as.object, CHUTE_STR("a"));
    chute_object_set(&arena, list->as.array->items[1].as.object, CHUTE_STR("b"), chute_null());
    chute_array_add(&arena, list->as.array, chute_bool(true));
    chute_object_remove(value.as.object, CHUTE_STR("n"));
    cr_expect_str_eq(print(&copy), "{\"a\":[1,{\"b\":\"text\"}],\"n\":12345678901234567890}");
    chute_object_set(&arena, copy.as.object, CHUTE_STR("z"), chute_int(1));
    cr_expect_str_eq(print(&value), "{\"a\":[1,{\"b\":null},true]}");
}

Test(base_value, a_copy_may_take_the_text_along) {
    char json[] = "{\"key\":[\"text\",1.50]}";
    struct chute_value value = value_of(json);
    struct chute_arena own = { 0 };
    struct chute_value copy = chute_value_copy(&own, &value, true);
    memset(json, '!', sizeof(json) - 1);
    chute_arena_reset(&arena, 0); /* and what the parser made of it is gone */
    cr_expect_str_eq(print(&copy), "{\"key\":[\"text\",1.50]}");
    chute_arena_finish(&own);
}

Test(base_value, equality_is_deep) {
    static const struct {
        const char *a, *b;
        bool is_equal;
    } rows[] = {
        { "null", "null", true },
        { "null", "false", false },
        { "true", "true", true },
        { "true", "false", false },
        { "0", "false", false },
        { "1", "\"1\"", false },
        { "\"a\"", "\"a\"", true },
        { "\"a\"", "\"\\u0061\"", true },
        { "\"a\"", "\"A\"", false },
        { "\"\"", "null", false },
        { "[]", "[]", true },
        { "[]", "{}", false },
        { "[1,2]", "[1,2]", true },
        { "[1,2]", "[2,1]", false },
        { "[1]", "[1,1]", false },
        { "{\"a\":1,\"b\":[{}]}", "{\"b\":[{}],\"a\":1}", true },
        { "{\"a\":1}", "{\"a\":2}", false },
        { "{\"a\":1}", "{\"b\":1}", false },
        { "{\"a\":1}", "{\"a\":1,\"b\":1}", false },
        { "{\"a\":null}", "{}", false },
        { "1", "1.0", true },
        { "[1.0]", "[1]", true },
        { "1e2", "100", true },
        { "0.1", "0.10", true },
        { "-0.0", "0", true },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_value a = value_of(rows[i].a), b = value_of(rows[i].b);
        cr_expect_eq(chute_value_eq(&a, &b), rows[i].is_equal, "%s and %s", rows[i].a, rows[i].b);
        cr_expect_eq(chute_value_eq(&b, &a), rows[i].is_equal, "%s and %s", rows[i].b, rows[i].a);
    }
}

Test(base_value, instants_are_equal_to_the_nanosecond) {
    struct chute_value a = chute_time_value((struct chute_time){ .seconds = 5, .nanos = 1 });
    struct chute_value b = a;
    cr_expect(chute_value_eq(&a, &b));
    b.len = 2;
    cr_expect_not(chute_value_eq(&a, &b));
    b = chute_time_value((struct chute_time){ .seconds = 6, .nanos = 1 });
    cr_expect_not(chute_value_eq(&a, &b));
    b = chute_int(5);
    cr_expect_not(chute_value_eq(&a, &b));
}

Test(base_value, numbers_are_ordered_by_value) {
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {
        { "1", "2", -1 },
        { "-1", "1", -1 },
        { "2", "10", -1 },
        { "1.5", "2", -1 },
        { "2.5", "2", 1 },
        { "-2.5", "-2", -1 },
        { "3.0", "3", 0 },
        { "1e3", "999.9", 1 },
        { "9007199254740993", "9007199254740992", 1 },
        { "9223372036854775807", "9223372036854775808", -1 },
        { "-9223372036854775808", "-9223372036854775809", 1 },
        { "9223372036854775807", "9223372036854775807.5", -1 },
        { "9007199254740993", "9007199254740992.0", 1 },
        { "123456789012345678901234567890", "123456789012345678901234567891", -1 },
        { "123456789012345678901234567890", "123456789012345678901234567890.0", 0 },
        { "1e400", "1e401", -1 },
        { "1e400", "9223372036854775807", 1 },
        { "-1e400", "-9223372036854775808", -1 },
        { "1e-400", "0", 1 },
        { "0.1", "0.1000000000000000000000000001", -1 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_value a = value_of(rows[i].a), b = value_of(rows[i].b);
        int there = chute_value_compare_numbers(&a, &b);
        int back = chute_value_compare_numbers(&b, &a);
        cr_expect_eq((there > 0) - (there < 0), rows[i].order, "%s %s", rows[i].a, rows[i].b);
        cr_expect_eq((back > 0) - (back < 0), -rows[i].order, "%s %s", rows[i].b, rows[i].a);
    }
}

Test(base_value, computed_numbers_compare_as_doubles) {
    struct chute_value half = chute_double(0.5), one = chute_int(1), tenth = chute_double(0.1);
    struct chute_value text = value_of("0.1"), huge = chute_double(INFINITY);
    cr_expect_lt(chute_value_compare_numbers(&half, &one), 0);
    cr_expect(chute_value_eq(&tenth, &text), "what was read and what was computed");
    cr_expect_gt(chute_value_compare_numbers(&huge, &one), 0);
    struct chute_value nan = chute_double(NAN);
    cr_expect_not(chute_value_eq(&nan, &one));
    cr_expect_not(chute_value_eq(&nan, &nan));
    cr_expect_eq(chute_value_double(&one), 1.0);
    cr_expect_eq(chute_value_double(&text), 0.1);
}
