#include "pipeline/check/compare.h"

#include <stdlib.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"

#define LARGEST_EXACT 9007199254740992.0 /* of the integers that a double holds one by one */

struct comparing {
    const struct chute_case_file *file;
    bool has_inputs;
    const struct chute_compare_options *options;
    struct chute_results *results;
    struct chute_arena *arena;
};

/* ------------------------------------------------------------------ the event that is compared */

/* Takes a field out, and parents that it leaves empty. */
static void remove_at(struct chute_object *object, const struct chute_str *keys, size_t count) {
    if (count == 1) {
        chute_object_remove(object, keys[0]);
        return;
    }
    struct chute_value *child = chute_object_get(object, keys[0]);
    if (child != NULL && child->type == CHUTE_OBJECT) {
        remove_at(child->as.object, keys + 1, count - 1);
        if (child->as.object->count == 0) {
            chute_object_remove(object, keys[0]);
        }
    }
}

static void remove_field(struct chute_value *event, struct chute_str name) {
    struct chute_str keys[CHUTE_CASE_KEYS];
    size_t count = chute_case_keys(name, keys);
    remove_at(event->as.object, keys, count);
}

static const struct chute_value *field_of(const struct chute_value *event, struct chute_str name) {
    struct chute_str keys[CHUTE_CASE_KEYS];
    size_t count = chute_case_keys(name, keys);
    for (size_t i = 0; i < count && event != NULL; i++) {
        event = event->type == CHUTE_OBJECT ? chute_object_get(event->as.object, keys[i]) : NULL;
    }
    return event;
}

static void set(struct comparing *comparing, struct chute_result *result, struct chute_str key,
    struct chute_value value) {
    chute_object_set(comparing->arena, result->fields.as.object, key, value);
}

/* [@metadata] but what tools keep there for themselves. */
static void export_metadata(struct comparing *comparing, struct chute_result *result) {
    struct chute_value kept = chute_object_new(comparing->arena, 4);
    const struct chute_object *metadata = result->metadata.as.object;
    for (uint32_t i = 0; i < metadata->count; i++) {
        struct chute_str key = { metadata->members[i].key, metadata->members[i].key_len };
        if (!chute_str_starts_with(key, CHUTE_STR("__lfv_")) &&
            !chute_str_starts_with(key, CHUTE_STR("__tmp_"))) {
            chute_object_set(comparing->arena, kept.as.object, key, metadata->members[i].value);
        }
    }
    if (kept.as.object->count > 0) {
        struct chute_str name = comparing->options->metadata_key;
        set(comparing, result, name.at == NULL ? CHUTE_STR("@metadata") : name, kept);
    }
}

static void tidy_tags(struct comparing *comparing, struct chute_result *result) {
    struct chute_value *tags = chute_object_get(result->fields.as.object, CHUTE_STR("tags"));
    if (tags != NULL && tags->type == CHUTE_ARRAY && tags->as.array->count == 0) {
        chute_object_remove(result->fields.as.object, CHUTE_STR("tags"));
    } else if (tags != NULL && tags->type == CHUTE_STRING) {
        struct chute_value list = chute_array_new(comparing->arena, 1);
        chute_array_add(comparing->arena, list.as.array, *tags);
        *tags = list;
    }
}

static void prepare(struct comparing *comparing, struct chute_result *result) {
    bool is_debug = comparing->options->is_debug;
    if (is_debug) {
        set(comparing, result, CHUTE_STR("__lfv_id"),
            chute_string(chute_arena_printf(comparing->arena, "%zu", result->line)));
    }
    if (comparing->has_inputs && (is_debug || comparing->file->exports_outputs)) {
        set(comparing, result, CHUTE_STR("__lfv_out_passed"), chute_string(result->output));
    }
    if (comparing->file->exports_metadata) {
        export_metadata(comparing, result);
    }
    if (comparing->has_inputs && !is_debug) {
        tidy_tags(comparing, result);
    }
    remove_field(&result->fields, CHUTE_STR("@version"));
    for (size_t i = 0; i < comparing->file->ignored_count; i++) {
        remove_field(&result->fields, comparing->file->ignored[i]);
    }
}

/* Takes out what the stand-in for an input has set, unless it is expected. */
static void forget_own(const struct comparing *comparing, struct chute_value *event,
    const struct chute_value *expected) {
    static const char *const hosts[] = { "host", "[host][hostname]" };
    const char *own = comparing->results->own_host;
    if (field_of(expected, CHUTE_STR("[event][original]")) == NULL) {
        remove_field(event, CHUTE_STR("[event][original]"));
    }
    for (size_t i = 0; own != NULL && i < 2; i++) {
        struct chute_str name = chute_str_of(hosts[i]);
        const struct chute_value *host = field_of(event, name);
        if (host != NULL && host->type == CHUTE_STRING && field_of(expected, name) == NULL &&
            chute_str_eq(chute_value_str(host), chute_str_of(own))) {
            remove_field(event, name);
        }
    }
}

/* ------------------------------------------------------------------ equality */

static bool are_same(const struct chute_value *a, const struct chute_value *b) {
    if (chute_value_is_number(a) && chute_value_is_number(b)) {
        return chute_value_double(a) == chute_value_double(b);
    }
    if (a->type != b->type) {
        return false;
    }
    if (a->type == CHUTE_ARRAY) {
        const struct chute_array *left = a->as.array, *right = b->as.array;
        bool is_same = left->count == right->count;
        for (uint32_t i = 0; is_same && i < left->count; i++) {
            is_same = are_same(&left->items[i], &right->items[i]);
        }
        return is_same;
    }
    if (a->type == CHUTE_OBJECT) {
        const struct chute_object *left = a->as.object, *right = b->as.object;
        bool is_same = left->count == right->count;
        for (uint32_t i = 0; is_same && i < left->count; i++) {
            const struct chute_member *member = &left->members[i];
            const struct chute_value *other =
                chute_object_get(right, (struct chute_str){ member->key, member->key_len });
            is_same = other != NULL && are_same(&member->value, other);
        }
        return is_same;
    }
    return chute_value_eq(a, b);
}

static bool is_expected(const struct comparing *comparing, struct chute_result *result,
    const struct chute_value *expected) {
    forget_own(comparing, &result->fields, expected);
    return are_same(&result->fields, expected);
}

/* ------------------------------------------------------------------ for a person */

static int compare_members(const void *a, const void *b) {
    const struct chute_member *left = a, *right = b;
    return chute_str_cmp((struct chute_str){ left->key, left->key_len },
        (struct chute_str){ right->key, right->key_len });
}

static void indent(struct chute_buf *out, int depth) {
    chute_buf_printf(out, "%*s", depth * 2, "");
}

/* Numbers that are equal look alike. */
static void print_scalar(struct chute_buf *out, const struct chute_value *value) {
    double number = chute_value_is_number(value) ? chute_value_double(value) : 0.5;
    if (number > -LARGEST_EXACT && number < LARGEST_EXACT && number == (double)(long long)number) {
        chute_buf_printf(out, "%lld", (long long)number);
    } else {
        chute_json_encode(out, value);
    }
}

/* A value and no line end behind it; keys are sorted. */
static void print(struct chute_buf *out, const struct chute_value *value, int depth) {
    bool is_object = value->type == CHUTE_OBJECT, is_array = value->type == CHUTE_ARRAY;
    uint32_t count = is_object ? value->as.object->count : is_array ? value->as.array->count : 0;
    if (count == 0) {
        print_scalar(out, value);
        return;
    }
    if (is_object) {
        qsort(value->as.object->members, count, sizeof(struct chute_member), compare_members);
    }
    chute_buf_add_str(out, is_object ? CHUTE_STR("{\n") : CHUTE_STR("[\n"));
    for (uint32_t i = 0; i < count; i++) {
        const struct chute_member *member = is_object ? &value->as.object->members[i] : NULL;
        indent(out, depth + 1);
        if (is_object) {
            chute_json_encode_str(out, (struct chute_str){ member->key, member->key_len });
            chute_buf_add_str(out, CHUTE_STR(": "));
        }
        print(out, is_object ? &member->value : &value->as.array->items[i], depth + 1);
        chute_buf_add_str(out, i + 1 < count ? CHUTE_STR(",\n") : CHUTE_STR("\n"));
    }
    indent(out, depth);
    chute_buf_add_char(out, is_object ? '}' : ']');
}

static void print_event(struct chute_buf *out, const struct chute_value *event) {
    print(out, event, 0);
    chute_buf_add_char(out, '\n');
}

static void explain_event(struct chute_judgement *verdict, size_t number, size_t count,
    const struct chute_value *expected, const struct chute_value *actual) {
    struct chute_buf left = { 0 }, right = { 0 };
    print_event(&left, expected);
    print_event(&right, actual);
    chute_buf_printf(&verdict->text, "event %zu of %zu:\n", number, count);
    chute_compare_lines(&verdict->text, chute_buf_str(&left), chute_buf_str(&right));
    chute_buf_finish(&left);
    chute_buf_finish(&right);
}

static void explain_count(const struct comparing *comparing, struct chute_judgement *verdict,
    const struct chute_case *at, struct chute_result *results, size_t count) {
    struct chute_buf left = { 0 }, right = { 0 };
    for (size_t i = 0; i < at->expected_count; i++) {
        print_event(&left, &at->expected[i]);
    }
    for (size_t i = 0; i < count; i++) {
        const struct chute_value nothing = chute_null();
        forget_own(
            comparing, &results[i].fields, i < at->expected_count ? &at->expected[i] : &nothing);
        print_event(&right, &results[i].fields);
    }
    chute_buf_printf(&verdict->text, "expected %zu event%s, got %zu:\n", at->expected_count,
        at->expected_count == 1 ? "" : "s", count);
    chute_compare_lines(&verdict->text, chute_buf_str(&left), chute_buf_str(&right));
    chute_buf_finish(&left);
    chute_buf_finish(&right);
}

/* ------------------------------------------------------------------ verdicts */

static int compare_results(const void *a, const void *b) {
    const struct chute_result *left = *(const struct chute_result *const *)a;
    const struct chute_result *right = *(const struct chute_result *const *)b;
    int order = (left->line > right->line) - (left->line < right->line);
    order = order != 0 ? order : chute_str_cmp(left->output, right->output);
    return order != 0 ? order : (left > right) - (left < right);
}

/* By line, then by output: the order in which cases with outputs are written. */
static void sort(struct chute_results *results) {
    size_t count = results->count;
    const struct chute_result **order = chute_calloc(count + 1, sizeof(*order));
    struct chute_result *sorted = chute_calloc(results->room + 1, sizeof(*sorted));
    for (size_t i = 0; i < count; i++) {
        order[i] = &results->items[i];
    }
    qsort(order, count, sizeof(*order), compare_results);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = *order[i];
    }
    chute_free(order);
    chute_free(results->items);
    results->items = sorted;
}

static void judge(const struct comparing *comparing, const struct chute_case *at,
    struct chute_result *results, size_t count, struct chute_judgement *verdict) {
    if (count != at->expected_count) {
        explain_count(comparing, verdict, at, results, count);
        return;
    }
    verdict->has_passed = true;
    for (size_t i = 0; i < count; i++) {
        if (!is_expected(comparing, &results[i], &at->expected[i])) {
            verdict->has_passed = false;
            explain_event(verdict, i + 1, count, &at->expected[i], &results[i].fields);
        }
    }
}

/* True if all events of the file are as expected, one behind the other: that is enough, for a codec or filter may let
 * a line's event out with the next case's. */
static bool is_whole_file_expected(const struct comparing *comparing) {
    const struct chute_case_file *file = comparing->file;
    struct chute_results *results = comparing->results;
    if (results->count != file->expected_count) {
        return false;
    }
    size_t next = 0;
    for (size_t c = 0; c < file->count; c++) {
        for (size_t i = 0; i < file->cases[c].expected_count; i++) {
            struct chute_result copy = results->items[next];
            copy.fields = chute_value_copy(comparing->arena, &copy.fields, false);
            if (!is_expected(comparing, &copy, &file->cases[c].expected[i])) {
                return false;
            }
            next++;
        }
    }
    return true;
}

void chute_compare(const struct chute_case_file *file, bool has_inputs,
    const struct chute_compare_options *options, struct chute_results *results,
    struct chute_judgement *verdicts) {
    struct comparing comparing = { file, has_inputs, options, results, &results->arena };
    if (has_inputs) {
        sort(results);
    }
    for (size_t i = 0; i < results->count; i++) {
        prepare(&comparing, &results->items[i]);
    }
    bool is_expected_as_a_whole = is_whole_file_expected(&comparing);
    size_t from = 0;
    for (size_t i = 0; i < file->count; i++) {
        size_t to = from;
        while (to < results->count && results->items[to].case_index == i) {
            to++;
        }
        verdicts[i] = (struct chute_judgement){ .has_passed = is_expected_as_a_whole };
        if (!is_expected_as_a_whole) {
            judge(&comparing, &file->cases[i], results->items + from, to - from, &verdicts[i]);
        }
        from = to;
    }
}
