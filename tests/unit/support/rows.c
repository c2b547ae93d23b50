#include "rows.h"

#include <criterion/criterion.h>

#include "compile.h"
#include "conf/template.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"

static size_t size_of(enum chute_option_type type) {
    switch (type) {
    case CHUTE_OPT_BOOL:
        return sizeof(bool);
    case CHUTE_OPT_CHOICE:
        return sizeof(int);
    case CHUTE_OPT_STR:
        return sizeof(struct chute_str);
    case CHUTE_OPT_LIST:
        return sizeof(struct chute_list);
    case CHUTE_OPT_REFS:
        return sizeof(struct chute_refs);
    case CHUTE_OPT_TEMPLATES:
        return sizeof(struct chute_templates);
    case CHUTE_OPT_VALUE:
        return sizeof(struct chute_value);
    default:
        return 8; /* long long, double and pointers */
    }
}

static bool is_live(const struct chute_option *row) {
    return row->state == CHUTE_OPTION_OK || row->state == CHUTE_OPTION_DEPRECATED;
}

static bool has_member(const struct chute_option *row) {
    return is_live(row) && row->alias_of == NULL;
}

/* A value within the row's bounds that is neither its default nor 0, which is how absence looks. */
static void add_number(struct chute_buf *out, const struct chute_option *row) {
    double number = row->has_bounds ? row->min : 7;
    struct chute_buf text = { 0 };
    for (;; number += row->type == CHUTE_OPT_FLOAT ? 0.25 : 1) {
        text.len = 0;
        chute_buf_printf(&text, "%.15g", number);
        if (number != 0 &&
            (row->fallback == NULL || strcmp(chute_buf_cstr(&text), row->fallback) != 0)) {
            break;
        }
    }
    chute_buf_add_str(out, chute_buf_str(&text));
    chute_buf_finish(&text);
}

static const char *other_choice(const struct chute_option *row) {
    for (size_t i = 0; row->choices[i] != NULL; i++) {
        if (row->fallback == NULL || strcmp(row->choices[i], row->fallback) != 0) {
            return row->choices[i];
        }
    }
    return row->choices[0];
}

/* Appends ` name => value` with a value that is not the default. */
static void add_sample(struct chute_buf *out, const struct chute_option *row) {
    chute_buf_printf(out, " %s => ", row->name);
    if (row->sample != NULL) {
        chute_buf_printf(out, "%s", row->sample);
        return;
    }
    switch (row->type) {
    case CHUTE_OPT_BOOL:
        chute_buf_printf(out, "%s",
            row->fallback != NULL && strcmp(row->fallback, "true") == 0 ? "false" : "true");
        break;
    case CHUTE_OPT_INT:
    case CHUTE_OPT_FLOAT:
    case CHUTE_OPT_BYTES:
    case CHUTE_OPT_SECONDS:
        add_number(out, row);
        break;
    case CHUTE_OPT_HASH:
        chute_buf_printf(out, "{ \"sample\" => \"sample\" }");
        break;
    case CHUTE_OPT_CODEC:
        chute_buf_printf(out, "sample");
        break;
    default:
        chute_buf_printf(out, "\"%s\"", row->choices != NULL ? other_choice(row) : "sample");
    }
}

/* The member's content as text, without addresses. */
static void show(struct chute_buf *out, const struct chute_option *row, const void *settings) {
    const void *member = (const char *)settings + row->offset;
    const struct chute_value *value = member;
    const struct chute_list *list = member;
    const struct chute_refs *refs = member;
    const struct chute_templates *templates = member;
    struct chute_value hash = { .type = CHUTE_OBJECT };
    switch (row->type) {
    case CHUTE_OPT_STR:
        chute_buf_add_str(out, *(const struct chute_str *)member);
        break;
    case CHUTE_OPT_LIST:
        for (size_t i = 0; i < list->count; i++) {
            chute_buf_printf(out, "%.*s,", CHUTE_STR_ARGS(list->items[i]));
        }
        break;
    case CHUTE_OPT_REFS:
        for (size_t i = 0; i < refs->count; i++) {
            chute_buf_printf(out, "%.*s,", CHUTE_STR_ARGS(refs->items[i].text));
        }
        break;
    case CHUTE_OPT_TEMPLATES:
        for (size_t i = 0; i < templates->count; i++) {
            struct chute_str text = chute_template_text(templates->items[i]);
            chute_buf_printf(out, "%.*s,", CHUTE_STR_ARGS(text));
        }
        break;
    case CHUTE_OPT_VALUE:
        chute_json_encode(out, value);
        break;
    case CHUTE_OPT_HASH:
        hash.as.object = *(struct chute_object *const *)member;
        if (hash.as.object != NULL) {
            chute_json_encode(out, &hash);
        }
        break;
    case CHUTE_OPT_REF:
        if (*(const struct chute_ref *const *)member != NULL) {
            chute_buf_add_str(out, (*(const struct chute_ref *const *)member)->text);
        }
        break;
    case CHUTE_OPT_TEMPLATE:
        if (*(const struct chute_template *const *)member != NULL) {
            chute_buf_add_str(
                out, chute_template_text(*(const struct chute_template *const *)member));
        }
        break;
    default:
        for (size_t i = 0; i < size_of(row->type); i++) {
            chute_buf_printf(out, "%02x", ((const unsigned char *)member)[i]);
        }
    }
}

/* Compiles all that is required (but not `row` itself) and, if `is_set`, the sample of `row`; shows its member.
 * False if the configuration was refused. */
static bool compile_shown(struct test_compile *rig, const struct chute_option *rows, size_t size,
    const struct chute_option *row, bool is_set, struct chute_buf *out) {
    struct chute_buf config = { 0 };
    size_t count = 0;
    while (rows[count].name != NULL) {
        count++;
    }
    struct chute_option *table = chute_alloc((count + 1) * sizeof(*table));
    memcpy(table, rows, (count + 1) * sizeof(*table));
    table[row - rows].is_required = false; /* so that its absence can be seen */
    for (const struct chute_option *other = rows; other->name != NULL; other++) {
        if (other == row ? is_set : other->is_required) {
            add_sample(&config, other);
        }
    }
    void *settings = chute_calloc(1, size + 1);
    test_compile_parse(rig, config.len == 0 ? "" : chute_buf_cstr(&config));
    rig->ctx.is_check_only = true; /* files need not be there */
    rig->ctx.default_codec = NULL;
    bool is_good = chute_options_compile(table, NULL, rig->plugin, settings, NULL, &rig->ctx);
    if (is_good) {
        show(out, row, settings);
    }
    chute_free(settings);
    chute_free(table);
    chute_buf_finish(&config);
    return is_good;
}

/* A row that has a member: its sample arrives there. */
static void check_member(const char *title, const struct chute_option *rows, size_t size,
    const struct chute_option *row) {
    struct test_compile rig = { 0 };
    struct chute_buf without = { 0 };
    struct chute_buf with = { 0 };
    cr_expect_leq(row->offset + size_of(row->type), size, "%s: %s lies outside the settings", title,
        row->name);
    for (const struct chute_option *other = rows; other < row; other++) {
        cr_expect(!has_member(other) || other->offset + size_of(other->type) <= row->offset ||
                      row->offset + size_of(row->type) <= other->offset,
            "%s: %s and %s are one member", title, other->name, row->name);
    }
    cr_expect(compile_shown(&rig, rows, size, row, false, &without), "%s: without %s: %s", title,
        row->name, test_compile_notes(&rig));
    cr_expect(compile_shown(&rig, rows, size, row, true, &with), "%s: with %s: %s", title,
        row->name, test_compile_notes(&rig));
    bool is_fixed = row->has_bounds && row->min == row->max;
    cr_expect(is_fixed || strcmp(chute_buf_cstr(&without), chute_buf_cstr(&with)) != 0,
        "%s: setting %s to a sample changes nothing: %s", title, row->name, with.at);
    cr_expect_not_null(row->doc, "%s: %s has no documentation", title, row->name);
    chute_buf_finish(&with);
    chute_buf_finish(&without);
    test_compile_finish(&rig);
}

/* A row that only speaks: does it, with its hint. */
static void check_words(const char *title, const struct chute_option *rows, size_t size,
    const struct chute_option *row) {
    struct test_compile rig = { 0 };
    struct chute_buf config = { 0 };
    void *settings = chute_calloc(1, size + 1);
    cr_expect_not_null(row->hint, "%s: %s has no hint", title, row->name);
    for (const struct chute_option *other = rows; other->name != NULL; other++) {
        if (other->is_required && other != row) {
            add_sample(&config, other);
        }
    }
    chute_buf_printf(&config, " %s => \"sample\"", row->name);
    test_compile_parse(&rig, chute_buf_cstr(&config));
    rig.ctx.is_check_only = true;
    bool is_good = chute_options_compile(rows, NULL, rig.plugin, settings, NULL, &rig.ctx);
    const char *notes = test_compile_notes(&rig);
    cr_expect_eq(
        is_good, row->state == CHUTE_OPTION_IGNORED, "%s: %s: %s", title, row->name, notes);
    cr_expect(row->hint != NULL && strstr(notes, row->hint) != NULL,
        "%s: %s does not give its hint: %s", title, row->name, notes);
    chute_free(settings);
    chute_buf_finish(&config);
    test_compile_finish(&rig);
}

/* A former name: sets the row of its present name. */
static void check_alias(
    const char *title, const struct chute_option *rows, const struct chute_option *row) {
    const struct chute_option *meant = chute_option_find(rows, chute_str_of(row->alias_of));
    cr_expect(
        meant != NULL && has_member(meant), "%s: %s is another name of nothing", title, row->name);
}

void test_rows_check(const char *title, const struct chute_option *rows, size_t settings_size) {
    for (const struct chute_option *row = rows; row != NULL && row->name != NULL; row++) {
        cr_expect_eq(chute_option_find(rows, chute_str_of(row->name)), row, "%s: %s stands twice",
            title, row->name);
        cr_expect(row->state == CHUTE_OPTION_OK || row->hint != NULL, "%s: %s has no hint", title,
            row->name);
        if (!is_live(row)) {
            check_words(title, rows, settings_size, row);
        } else if (row->alias_of != NULL) {
            check_alias(title, rows, row);
        } else {
            check_member(title, rows, settings_size, row);
        }
    }
}
