#include "conf/option_value.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "conf/java_hash.h"
#include "conf/parser.h"
#include "conf/template.h"
#include "conf/units.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/buf.h"
#include "pipeline/base/number.h"

const char *chute_option_type_phrase(enum chute_option_type type) {
    static const char *const phrases[] = {
        [CHUTE_OPT_BOOL] = "true or false",
        [CHUTE_OPT_INT] = "a whole number",
        [CHUTE_OPT_FLOAT] = "a number",
        [CHUTE_OPT_STR] = "one text",
        [CHUTE_OPT_CHOICE] = "one of its choices",
        [CHUTE_OPT_BYTES] = "a size such as 123 or \"10 MiB\"",
        [CHUTE_OPT_SECONDS] = "seconds, or a duration such as \"500ms\" or \"2 hours\"",
        [CHUTE_OPT_LIST] = "a list of texts",
        [CHUTE_OPT_HASH] = "a hash",
        [CHUTE_OPT_VALUE] = "a value",
        [CHUTE_OPT_REF] = "one field reference",
        [CHUTE_OPT_REFS] = "a list of field references",
        [CHUTE_OPT_TEMPLATE] = "one text, which may hold %{fields}",
        [CHUTE_OPT_TEMPLATES] = "a list of texts, which may hold %{fields}",
        [CHUTE_OPT_CODEC] = "a codec",
    };
    return phrases[type];
}

/* Reports at `position`: option "port" of filter "x" …. Always false, so that callers return it. */
static bool __attribute__((format(printf, 3, 4))) refuse(
    const struct chute_option_slot *slot, struct chute_position position, const char *format, ...) {
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    chute_diag_error(slot->ctx->diag, CHUTE_DIAG_CONFIG, position, slot->row->hint,
        "option \"%s\" of %s \"%s\" %s", slot->name, slot->ctx->kind, slot->ctx->name, what);
    return false;
}

/* True if something was reported at that very place: the variable in it is not set. */
static bool is_reported(struct chute_diag *diag, struct chute_position position) {
    size_t count;
    const struct chute_diag_item *items = chute_diag_items(diag, &count);
    for (size_t i = 0; i < count; i++) {
        if (!items[i].is_warning && items[i].position.source == position.source &&
            items[i].position.offset == position.offset) {
            return true;
        }
    }
    return false;
}

/* Reports that `value` is of the wrong type. */
static bool refuse_type(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    const char *phrase = chute_option_type_phrase(slot->row->type);
    switch (value->kind) {
    case CHUTE_AST_ARRAY:
        return refuse(
            slot, value->position, "expects %s, found a list of %zu", phrase, value->array.count);
    case CHUTE_AST_HASH:
        return refuse(slot, value->position, "expects %s, found a hash", phrase);
    case CHUTE_AST_PLUGIN:
        return refuse(slot, value->position, "expects %s, found a codec", phrase);
    default:
        if (is_reported(slot->ctx->diag, value->position)) {
            return false;
        }
        if (slot->row->is_secret) {
            return refuse(slot, value->position, "expects %s", phrase);
        }
        return refuse(slot, value->position, "expects %s, found \"%.*s\"", phrase,
            value->text.len > 80 ? 80 : (int)value->text.len, value->text.at);
    }
}

/* The one value meant: an array of one counts as its item. */
static const struct chute_ast_value *single(const struct chute_ast_value *value) {
    return value->kind == CHUTE_AST_ARRAY && value->array.count == 1 ? &value->array.items[0]
                                                                     : value;
}

static bool is_text(const struct chute_ast_value *value) {
    return value->kind == CHUTE_AST_STRING || value->kind == CHUTE_AST_BAREWORD ||
           value->kind == CHUTE_AST_NUMBER;
}

/* The text of a scalar; reports anything else. */
static bool text_of(const struct chute_option_slot *slot, const struct chute_ast_value *value,
    struct chute_str *text) {
    value = single(value);
    if (!is_text(value)) {
        return refuse_type(slot, value);
    }
    *text = value->text;
    return true;
}

static bool check_bounds(
    const struct chute_option_slot *slot, const struct chute_ast_value *value, double number) {
    const struct chute_option *row = slot->row;
    if (!row->has_bounds || (number >= row->min && number <= row->max)) {
        return true;
    }
    if (row->min == row->max) {
        return refuse(slot, value->position, "has to be %.15g", row->min);
    }
    if (row->max >= INT32_MAX && number < row->min) {
        return refuse(slot, value->position, "has to be at least %.15g", row->min);
    }
    if (row->max >= INT32_MAX) {
        return refuse(slot, value->position, "has to be at most %.15g", row->max);
    }
    return refuse(slot, value->position, "has to be from %.15g to %.15g", row->min, row->max);
}

static bool check_file(
    const struct chute_option_slot *slot, struct chute_position position, const char *path) {
    if (!slot->row->is_file || access(path, F_OK) == 0) {
        return true;
    }
    if (!slot->ctx->is_check_only) {
        return refuse(slot, position, "names a file that is not there: %s", path);
    }
    chute_diag_warn(slot->ctx->diag, position, NULL,
        "option \"%s\" of %s \"%s\" names a file that is not there: %s", slot->name,
        slot->ctx->kind, slot->ctx->name, path);
    return true;
}

static bool is_choice(const struct chute_option *row, struct chute_str text, int *index) {
    for (int i = 0; row->choices[i] != NULL; i++) {
        if (chute_str_eq(text, chute_str_of(row->choices[i]))) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool check_choice(const struct chute_option_slot *slot, struct chute_position position,
    struct chute_str text, int *index) {
    const struct chute_option *row = slot->row;
    if (is_choice(row, text, index)) {
        return true;
    }
    if (is_reported(slot->ctx->diag, position)) {
        return false;
    }
    struct chute_nearest nearest = { .name = text };
    struct chute_buf list = { 0 };
    for (size_t i = 0; row->choices[i] != NULL; i++) {
        chute_nearest_offer(&nearest, row->choices[i]);
        chute_buf_printf(&list, "%s\"%s\"", i == 0 ? "" : ", ", row->choices[i]);
    }
    const char *hint =
        row->hint != NULL ? row->hint : chute_diag_did_you_mean(slot->ctx->diag, nearest.best);
    chute_diag_error(slot->ctx->diag, CHUTE_DIAG_CONFIG, position, hint,
        "option \"%s\" of %s \"%s\" expects one of %s, found \"%.*s\"", slot->name, slot->ctx->kind,
        slot->ctx->name, chute_buf_cstr(&list), text.len > 80 ? 80 : (int)text.len, text.at);
    chute_buf_finish(&list);
    return false;
}

static bool set_bool(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    value = single(value);
    bool is_true = is_text(value) && chute_str_eq(value->text, CHUTE_STR("true"));
    if (!is_true && !(is_text(value) && chute_str_eq(value->text, CHUTE_STR("false")))) {
        return refuse_type(slot, value);
    }
    *(bool *)slot->member = is_true;
    return true;
}

static bool set_int(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    value = single(value);
    int64_t number = 0;
    double real;
    if (!is_text(value)) {
        return refuse_type(slot, value);
    }
    if (!chute_number_parse_int(value->text, &number)) {
        if (!chute_number_parse_double(value->text, &real) || real != floor(real) ||
            fabs(real) > 9e18) {
            return refuse_type(slot, value);
        }
        number = (int64_t)real;
    }
    if (!check_bounds(slot, value, (double)number)) {
        return false;
    }
    *(long long *)slot->member = number;
    return true;
}

static bool set_float(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    value = single(value);
    double number;
    if (!is_text(value) || !chute_number_parse_double(value->text, &number)) {
        return refuse_type(slot, value);
    }
    if (!check_bounds(slot, value, number)) {
        return false;
    }
    *(double *)slot->member = number;
    return true;
}

static bool set_units(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    value = single(value);
    bool is_size = slot->row->type == CHUTE_OPT_BYTES;
    long long amount;
    if (!is_text(value) || !(is_size ? chute_units_bytes(value->text, &amount)
                                     : chute_units_duration(value->text, &amount))) {
        double number;
        if (is_size || !is_text(value) || !chute_number_parse_double(value->text, &number) ||
            fabs(number) > 9e15) {
            return refuse_type(slot, value);
        }
        amount = (long long)(number * 1000); /* negative seconds: -1 for "never" */
    }
    if (!check_bounds(slot, value, is_size ? (double)amount : (double)amount / 1000)) {
        return false;
    }
    *(long long *)slot->member = amount;
    return true;
}

static bool set_str(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    struct chute_str text;
    if (!text_of(slot, value, &text)) {
        return false;
    }
    text = chute_arena_copy(slot->ctx->arena, text);
    if (!check_file(slot, value->position, text.at)) {
        return false;
    }
    *(struct chute_str *)slot->member = text;
    return true;
}

static bool set_choice(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    struct chute_str text;
    return text_of(slot, value, &text) &&
           check_choice(slot, single(value)->position, text, slot->member);
}

static bool compile_ref(const struct chute_option_slot *slot, const struct chute_ast_value *value,
    struct chute_ref *ref) {
    struct chute_str text;
    if (!text_of(slot, value, &text)) {
        return false;
    }
    if (!chute_ref_compile(slot->ctx->arena, text, slot->ctx->escape_style, ref)) {
        return refuse(slot, value->position, "holds an illegal field reference: \"%.*s\"",
            CHUTE_STR_ARGS(text));
    }
    return true;
}

static bool set_ref(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    struct chute_ref *ref = chute_arena_zeroed(slot->ctx->arena, sizeof(*ref));
    if (!compile_ref(slot, single(value), ref)) {
        return false;
    }
    *(const struct chute_ref **)slot->member = ref;
    return true;
}

static bool compile_template(const struct chute_option_slot *slot,
    const struct chute_ast_value *value, const struct chute_template **out) {
    struct chute_str text;
    if (!text_of(slot, value, &text)) {
        return false;
    }
    *out = chute_template_compile(slot->ctx->arena, text, slot->ctx->escape_style);
    return true;
}

static bool set_template(
    const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    return compile_template(slot, single(value), slot->member);
}

/* The items of a list; a single value is a list of one. */
static const struct chute_ast_value *items_of(const struct chute_ast_value *value, size_t *count) {
    if (value->kind == CHUTE_AST_ARRAY) {
        *count = value->array.count;
        return value->array.items;
    }
    *count = 1;
    return value;
}

static bool set_list(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    size_t count;
    const struct chute_ast_value *items = items_of(value, &count);
    struct chute_str *texts = chute_arena_zeroed(slot->ctx->arena, count * sizeof(*texts));
    for (size_t i = 0; i < count; i++) {
        int index;
        if (!is_text(&items[i])) {
            return refuse_type(slot, &items[i]);
        }
        texts[i] = chute_arena_copy(slot->ctx->arena, items[i].text);
        if ((slot->row->choices != NULL &&
                !check_choice(slot, items[i].position, texts[i], &index)) ||
            !check_file(slot, items[i].position, texts[i].at)) {
            return false;
        }
    }
    *(struct chute_list *)slot->member = (struct chute_list){ texts, count };
    return true;
}

static bool set_refs(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    size_t count;
    const struct chute_ast_value *items = items_of(value, &count);
    struct chute_ref *refs = chute_arena_zeroed(slot->ctx->arena, count * sizeof(*refs));
    for (size_t i = 0; i < count; i++) {
        if (!compile_ref(slot, &items[i], &refs[i])) {
            return false;
        }
    }
    *(struct chute_refs *)slot->member = (struct chute_refs){ refs, count };
    return true;
}

static bool set_templates(
    const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    size_t count;
    const struct chute_ast_value *items = items_of(value, &count);
    const struct chute_template **templates =
        chute_arena_zeroed(slot->ctx->arena, count * sizeof(*templates));
    for (size_t i = 0; i < count; i++) {
        if (!compile_template(slot, &items[i], &templates[i])) {
            return false;
        }
    }
    *(struct chute_templates *)slot->member = (struct chute_templates){ templates, count };
    return true;
}

/* `["message", "%{X}"]` as a hash, in written order; of a key that repeats the values become a list. */
static bool hash_of_array(const struct chute_option_slot *slot, const struct chute_ast_value *value,
    struct chute_value *out) {
    struct chute_arena *arena = slot->ctx->arena;
    size_t count;
    const struct chute_ast_value *items = items_of(value, &count);
    if (count % 2 != 0) {
        return refuse(slot, value->position,
            "expects a hash, or a list of keys and values in turn; this list has %zu items", count);
    }
    *out = chute_object_new(arena, (uint32_t)(count / 2));
    for (size_t i = 0; i < count; i += 2) {
        if (!is_text(&items[i])) {
            return refuse(slot, items[i].position, "expects a text as a key");
        }
        struct chute_str key = chute_arena_copy(arena, items[i].text);
        struct chute_value entry = chute_option_value(arena, &items[i + 1], false);
        struct chute_value *before = chute_object_get(out->as.object, key);
        if (before == NULL) {
            chute_object_set(arena, out->as.object, key, entry);
        } else if (before->type == CHUTE_ARRAY) {
            chute_array_add(arena, before->as.array, entry);
        } else {
            struct chute_value list = chute_array_new(arena, 2);
            chute_array_add(arena, list.as.array, *before);
            chute_array_add(arena, list.as.array, entry);
            *before = list;
        }
    }
    return true;
}

/* True if a codec stands somewhere inside. */
static const struct chute_ast_value *find_codec(const struct chute_ast_value *value) {
    const struct chute_ast_value *found = value->kind == CHUTE_AST_PLUGIN ? value : NULL;
    if (value->kind == CHUTE_AST_ARRAY) {
        for (size_t i = 0; i < value->array.count && found == NULL; i++) {
            found = find_codec(&value->array.items[i]);
        }
    } else if (value->kind == CHUTE_AST_HASH) {
        for (size_t i = 0; i < value->hash.count && found == NULL; i++) {
            found = find_codec(&value->hash.entries[i].value);
        }
    }
    return found;
}

static bool set_hash(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    struct chute_value hash = { 0 };
    const struct chute_ast_value *codec = find_codec(value);
    if (codec != NULL) {
        return refuse_type(slot, codec);
    }
    if (value->kind == CHUTE_AST_HASH) {
        hash = chute_option_value(slot->ctx->arena, value, true);
    } else if (value->kind != CHUTE_AST_ARRAY) {
        return refuse_type(slot, value);
    } else if (!hash_of_array(slot, value, &hash)) {
        return false;
    }
    *(const struct chute_object **)slot->member = hash.as.object;
    return true;
}

static bool set_value(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    const struct chute_ast_value *codec = find_codec(value);
    if (codec != NULL) {
        return refuse_type(slot, codec);
    }
    *(struct chute_value *)slot->member = chute_option_value(slot->ctx->arena, value, true);
    return true;
}

static bool set_codec(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    const struct chute_option_compile *ctx = slot->ctx;
    value = single(value);
    if (value->kind != CHUTE_AST_STRING && value->kind != CHUTE_AST_BAREWORD &&
        value->kind != CHUTE_AST_PLUGIN) {
        return refuse_type(slot, value);
    }
    struct chute_codec *codec = ctx->build_codec(ctx->user, value, NULL);
    *(struct chute_codec **)slot->member = codec;
    return codec != NULL;
}

bool chute_option_set(const struct chute_option_slot *slot, const struct chute_ast_value *value) {
    static bool (*const setters[])(
        const struct chute_option_slot *, const struct chute_ast_value *) = {
        [CHUTE_OPT_BOOL] = set_bool,
        [CHUTE_OPT_INT] = set_int,
        [CHUTE_OPT_FLOAT] = set_float,
        [CHUTE_OPT_STR] = set_str,
        [CHUTE_OPT_CHOICE] = set_choice,
        [CHUTE_OPT_BYTES] = set_units,
        [CHUTE_OPT_SECONDS] = set_units,
        [CHUTE_OPT_LIST] = set_list,
        [CHUTE_OPT_HASH] = set_hash,
        [CHUTE_OPT_VALUE] = set_value,
        [CHUTE_OPT_REF] = set_ref,
        [CHUTE_OPT_REFS] = set_refs,
        [CHUTE_OPT_TEMPLATE] = set_template,
        [CHUTE_OPT_TEMPLATES] = set_templates,
        [CHUTE_OPT_CODEC] = set_codec,
    };
    return setters[slot->row->type](slot, value);
}

/* True if a default of that type is written in the configuration's language where it begins with one of its
 * signs; else it is the plain text. */
static bool default_is_parsed(enum chute_option_type type, const char *text) {
    switch (type) {
    case CHUTE_OPT_HASH:
    case CHUTE_OPT_VALUE:
        return true;
    case CHUTE_OPT_LIST:
    case CHUTE_OPT_REFS:
    case CHUTE_OPT_TEMPLATES:
        return text[0] == '[' || text[0] == '"' || text[0] == '\'';
    default:
        return text[0] == '"' && text[1] != '\0';
    }
}

/* A default that does not parse or fit is a bug in the table. */
static void set_parsed_default(struct chute_option_slot *slot) {
    struct chute_diag *diag = slot->ctx->diag;
    struct chute_buf text = { 0 };
    chute_buf_printf(&text, "filter{x{y=>%s}}", slot->row->fallback);
    const struct chute_source *source =
        chute_diag_add_source(diag, slot->row->name, chute_buf_str(&text));
    struct chute_ast *ast = chute_parse(diag, &source, 1, false);
    chute_assert(chute_diag_error_count(diag) == 0);
    chute_assert(chute_option_set(slot, &ast->filters.nodes[0].plugin->attributes[0].value));
    chute_ast_destroy(ast);
    chute_buf_finish(&text);
}

bool chute_option_set_default(const struct chute_option_slot *slot) {
    const struct chute_option *row = slot->row;
    if (row->type == CHUTE_OPT_CODEC) {
        const char *name = row->fallback != NULL ? row->fallback : slot->ctx->default_codec;
        struct chute_codec *codec =
            name == NULL ? NULL : slot->ctx->build_codec(slot->ctx->user, NULL, name);
        *(struct chute_codec **)slot->member = codec;
        return name == NULL || codec != NULL;
    }
    if (row->fallback == NULL) {
        if (row->type == CHUTE_OPT_CHOICE) {
            *(int *)slot->member = -1;
        }
        return true;
    }
    struct chute_option free_row =
        *row; /* a default file may be missing; it may lie out of bounds */
    free_row.is_file = false;
    free_row.has_bounds = false;
    struct chute_option_compile ctx = *slot->ctx;
    ctx.diag = chute_diag_create();
    struct chute_option_slot quiet = {
        .ctx = &ctx, .row = &free_row, .name = row->name, .member = slot->member
    };
    if (default_is_parsed(row->type, row->fallback)) {
        set_parsed_default(&quiet);
    } else {
        struct chute_ast_value text = { .kind = CHUTE_AST_STRING,
            .text = chute_str_of(row->fallback) };
        chute_assert(chute_option_set(&quiet, &text));
    }
    chute_diag_destroy(ctx.diag);
    return true;
}
