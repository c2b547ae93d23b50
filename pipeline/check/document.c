#include "pipeline/check/document.h"

#include <errno.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>
#include <yaml.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/base/number.h"

#define LARGEST_FILE ((size_t)64 * 1024 * 1024)
#define MOST_VALUES 1000000 /* aliases can make a small file a huge tree */
#define DEEPEST 200

/* Lies before the text of each key of a YAML file. */
struct place {
    uint32_t line, column;
};

/* How far the source has been looked through: places are mostly asked for one behind the other. */
struct cursor {
    size_t offset;
    uint32_t line, column;
};

struct chute_document {
    struct chute_arena arena;
    const struct chute_source *source;
    struct chute_value root;
    bool is_json; /* its keys lie in the source */
    struct cursor *cursor;
};

/* ------------------------------------------------------------------ the file */

static bool read_file(const char *path, struct chute_buf *text, struct chute_diag *diag) {
    int status = chute_buf_read_file(text, path, LARGEST_FILE);
    if (status != 0) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 }, NULL,
            "cannot read %s: %s", path,
            status == -EFBIG ? "it is larger than 64 MiB" : strerror(-status));
    }
    return status == 0;
}

static bool is_behind(const struct cursor *cursor, const struct cursor *target, bool by_offset) {
    return by_offset ? cursor->offset > target->offset
                     : cursor->line > target->line ||
                           (cursor->line == target->line && cursor->column > target->column);
}

static bool is_before(const struct cursor *cursor, const struct cursor *target, bool by_offset) {
    return by_offset ? cursor->offset < target->offset
                     : cursor->line < target->line ||
                           (cursor->line == target->line && cursor->column < target->column);
}

/* The place of `target`, of which either the offset is known, or line and column. */
static struct chute_position place_of(
    const struct chute_document *document, const struct cursor *target, bool by_offset) {
    struct cursor *cursor = document->cursor;
    struct chute_str text = document->source->text;
    if (cursor->line == 0 || is_behind(cursor, target, by_offset)) {
        *cursor = (struct cursor){ .line = 1, .column = 1 };
    }
    while (cursor->offset < text.len && is_before(cursor, target, by_offset)) {
        bool is_end = text.at[cursor->offset++] == '\n';
        while (
            cursor->offset < text.len && ((unsigned char)text.at[cursor->offset] & 0xc0) == 0x80) {
            cursor->offset++; /* the rest of a character */
        }
        cursor->line += is_end;
        cursor->column = is_end ? 1 : cursor->column + 1;
    }
    return (struct chute_position){ .source = document->source,
        .offset = cursor->offset,
        .len = 1,
        .line = cursor->line,
        .column = cursor->column };
}

/* ------------------------------------------------------------------ JSON */

/* Where a text stops to be JSON: yajl has read what it does not like. */
static size_t offset_of_error(struct chute_str text) {
    yajl_handle yajl = yajl_alloc(NULL, NULL, NULL);
    size_t offset = text.len;
    if (yajl_parse(yajl, (const unsigned char *)text.at, text.len) != yajl_status_ok) {
        size_t consumed = yajl_get_bytes_consumed(yajl);
        offset = consumed > 0 ? consumed - 1 : 0;
    }
    yajl_free(yajl);
    return offset;
}

static bool read_json(struct chute_document *document, struct chute_diag *diag) {
    struct chute_json_parser *parser = chute_json_parser_create();
    struct chute_str text = document->source->text;
    enum chute_json_status status =
        chute_json_decode(parser, &document->arena, text, &document->root);
    chute_json_parser_destroy(parser);
    if (status != CHUTE_JSON_OK) {
        chute_diag_error(diag, CHUTE_DIAG_SYNTAX,
            place_of(document, &(struct cursor){ .offset = offset_of_error(text) }, true), NULL,
            "%s", chute_json_status_text(status));
    }
    return status == CHUTE_JSON_OK;
}

/* ------------------------------------------------------------------ YAML */

struct yaml_reader {
    struct chute_document *document;
    struct chute_diag *diag;
    yaml_document_t *yaml;
    size_t values;
    bool is_refused;
};

static void refuse(struct yaml_reader *reader, const yaml_node_t *node, const char *why) {
    if (!reader->is_refused) {
        chute_diag_error(reader->diag, CHUTE_DIAG_CONFIG,
            chute_position_at(reader->document->source, (uint32_t)node->start_mark.line + 1,
                (uint32_t)node->start_mark.column + 1, 1),
            NULL, "%s", why);
    }
    reader->is_refused = true;
}

static struct chute_value read_node(struct yaml_reader *reader, const yaml_node_t *node, int depth);

static struct chute_value read_scalar(struct yaml_reader *reader, const yaml_node_t *node) {
    struct chute_str text = { (const char *)node->data.scalar.value, node->data.scalar.length };
    struct chute_value value = chute_string(chute_arena_copy(&reader->document->arena, text));
    if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        value.flags |= CHUTE_DOCUMENT_PLAIN;
    }
    return value;
}

static struct chute_value read_sequence(
    struct yaml_reader *reader, const yaml_node_t *node, int depth) {
    struct chute_arena *arena = &reader->document->arena;
    struct chute_value list = chute_array_new(arena, 4);
    const yaml_node_item_t *end = node->data.sequence.items.top;
    for (const yaml_node_item_t *item = node->data.sequence.items.start; item < end; item++) {
        const yaml_node_t *child = yaml_document_get_node(reader->yaml, *item);
        chute_array_add(arena, list.as.array, read_node(reader, child, depth + 1));
    }
    return list;
}

static void add_member(struct yaml_reader *reader, struct chute_object *object,
    const yaml_node_t *key, struct chute_value value) {
    struct chute_document *document = reader->document;
    size_t len = key->data.scalar.length;
    char *at = chute_arena_get(&document->arena, sizeof(struct place) + len + 1);
    struct place place = { (uint32_t)key->start_mark.line + 1,
        (uint32_t)key->start_mark.column + 1 };
    memcpy(at, &place, sizeof(place));
    memcpy(at + sizeof(place), key->data.scalar.value, len);
    struct chute_str name = { at + sizeof(place), len };
    chute_object_remove(object, name); /* the last one counts, and its key's place */
    chute_object_set(&document->arena, object, name, value);
}

/* `<<: *other`: what `other` has and `object` has not. */
static void merge(
    struct yaml_reader *reader, struct chute_object *object, const yaml_node_t *other, int depth) {
    if (other->type == YAML_SEQUENCE_NODE) {
        const yaml_node_item_t *end = other->data.sequence.items.top;
        for (const yaml_node_item_t *item = other->data.sequence.items.start;
             item < end && depth <= DEEPEST; item++) {
            merge(reader, object, yaml_document_get_node(reader->yaml, *item), depth + 1);
        }
        return;
    }
    struct chute_value merged = read_node(reader, other, depth + 1);
    if (merged.type != CHUTE_OBJECT) {
        refuse(reader, other, "<< takes a mapping, or a list of mappings");
        return;
    }
    for (uint32_t i = 0; i < merged.as.object->count; i++) {
        const struct chute_member *member = &merged.as.object->members[i];
        struct chute_str name = { member->key, member->key_len };
        if (chute_object_get(object, name) == NULL) {
            chute_object_set(&reader->document->arena, object, name, member->value);
        }
    }
}

static bool is_merge_key(const yaml_node_t *key) {
    return key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && key->data.scalar.length == 2 &&
           memcmp(key->data.scalar.value, "<<", 2) == 0;
}

static struct chute_value read_mapping(
    struct yaml_reader *reader, const yaml_node_t *node, int depth) {
    struct chute_value object = chute_object_new(&reader->document->arena, 8);
    const yaml_node_pair_t *end = node->data.mapping.pairs.top;
    for (int pass = 0; pass < 2; pass++) { /* first its own, then what is merged */
        for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < end; pair++) {
            const yaml_node_t *key = yaml_document_get_node(reader->yaml, pair->key);
            const yaml_node_t *value = yaml_document_get_node(reader->yaml, pair->value);
            if (key->type != YAML_SCALAR_NODE) {
                refuse(reader, key, "a key is a text");
            } else if (is_merge_key(key) == (pass == 1)) {
                if (pass == 0) {
                    add_member(reader, object.as.object, key, read_node(reader, value, depth + 1));
                } else {
                    merge(reader, object.as.object, value, depth + 1);
                }
            }
        }
    }
    return object;
}

static struct chute_value read_node(
    struct yaml_reader *reader, const yaml_node_t *node, int depth) {
    if (++reader->values > MOST_VALUES || depth > DEEPEST) {
        refuse(reader, node, "too many values, or nested too deep");
    }
    if (reader->is_refused) {
        return chute_null();
    }
    switch (node->type) {
    case YAML_SEQUENCE_NODE:
        return read_sequence(reader, node, depth);
    case YAML_MAPPING_NODE:
        return read_mapping(reader, node, depth);
    default:
        return read_scalar(reader, node);
    }
}

static bool read_yaml(struct chute_document *document, struct chute_diag *diag) {
    const struct chute_source *source = document->source;
    struct yaml_reader reader = { .document = document, .diag = diag };
    yaml_parser_t parser;
    yaml_document_t yaml;
    chute_assert(yaml_parser_initialize(&parser)); /* fails only without memory */
    yaml_parser_set_input_string(&parser, (const unsigned char *)source->text.at, source->text.len);
    bool is_good = yaml_parser_load(&parser, &yaml) != 0;
    if (is_good) {
        reader.yaml = &yaml;
        const yaml_node_t *root = yaml_document_get_root_node(&yaml);
        document->root = root == NULL ? chute_null() : read_node(&reader, root, 0);
        is_good = !reader.is_refused;
        yaml_document_delete(&yaml);
    } else {
        chute_diag_error(diag, CHUTE_DIAG_SYNTAX,
            chute_position_at(source, (uint32_t)parser.problem_mark.line + 1,
                (uint32_t)parser.problem_mark.column + 1, 1),
            NULL, "%s", parser.problem == NULL ? "this is not YAML" : parser.problem);
    }
    yaml_parser_delete(&parser);
    return is_good;
}

/* ------------------------------------------------------------------ reading */

static bool has_ending(const char *path, const char *ending) {
    return chute_str_ends_with(chute_str_of(path), chute_str_of(ending));
}

struct chute_document *chute_document_parse(
    const char *name, struct chute_str text, struct chute_diag *diag) {
    bool is_json = has_ending(name, ".json");
    if (!is_json && !has_ending(name, ".yml") && !has_ending(name, ".yaml")) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 }, NULL,
            "%s is neither .json nor .yml nor .yaml", name);
        return NULL;
    }
    struct chute_document *document = chute_calloc(1, sizeof(*document));
    document->source = chute_diag_add_source(diag, name, text);
    document->is_json = is_json;
    document->cursor = chute_calloc(1, sizeof(*document->cursor));
    if (!(is_json ? read_json(document, diag) : read_yaml(document, diag))) {
        chute_document_destroy(document);
        return NULL;
    }
    return document;
}

struct chute_document *chute_document_read(const char *path, struct chute_diag *diag) {
    struct chute_buf text = { 0 };
    struct chute_document *document = NULL;
    if (read_file(path, &text, diag)) {
        document = chute_document_parse(path, chute_buf_str(&text), diag);
    }
    chute_buf_finish(&text);
    return document;
}

void chute_document_destroy(struct chute_document *document) {
    if (document != NULL) {
        chute_arena_finish(&document->arena);
        chute_free(document->cursor);
        chute_free(document);
    }
}

const struct chute_value *chute_document_root(const struct chute_document *document) {
    return &document->root;
}

struct chute_arena *chute_document_arena(struct chute_document *document) {
    return &document->arena;
}

/* ------------------------------------------------------------------ places */

struct chute_position chute_document_file(const struct chute_document *document) {
    return (struct chute_position){ .source = document->source };
}

struct chute_position chute_document_place(
    const struct chute_document *document, const struct chute_member *member) {
    uintptr_t offset = (uintptr_t)member->key - (uintptr_t)document->source->text.at;
    struct chute_position position = chute_document_file(document);
    if (document->is_json && offset >= document->source->text.len) {
        return position;
    }
    struct cursor target = { .offset = offset };
    if (!document->is_json) {
        struct place place;
        memcpy(&place, member->key - sizeof(place), sizeof(place));
        target = (struct cursor){ .line = place.line, .column = place.column };
    }
    position = place_of(document, &target, document->is_json);
    position.len = member->key_len;
    return position;
}

struct chute_position chute_document_place_in(const struct chute_document *document,
    const struct chute_value *value, struct chute_position fallback) {
    if (value->type == CHUTE_OBJECT && value->as.object->count > 0) {
        return chute_document_place(document, &value->as.object->members[0]);
    }
    if (value->type == CHUTE_ARRAY && value->as.array->count > 0) {
        return chute_document_place_in(document, &value->as.array->items[0], fallback);
    }
    return fallback;
}

/* ------------------------------------------------------------------ plain texts of YAML */

static bool is_one_of(struct chute_str text, const char *const *words) {
    for (; *words != NULL; words++) {
        if (chute_str_eq(text, chute_str_of(*words))) {
            return true;
        }
    }
    return false;
}

static bool is_plain(const struct chute_value *value) {
    return value->type == CHUTE_STRING && (value->flags & CHUTE_DOCUMENT_PLAIN) != 0;
}

bool chute_document_is_null(const struct chute_value *value) {
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    return value->type == CHUTE_NULL ||
           (is_plain(value) && is_one_of(chute_value_str(value), nulls));
}

/* 12, 1_000, 0x1f, 0o17, 017, 0b11. */
static bool resolve_integer(struct chute_str text, struct chute_value *out) {
    char digits[80];
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '_') {
            if (len == sizeof(digits) - 1) {
                return false;
            }
            digits[len++] = text.at[i];
        }
    }
    digits[len] = '\0';
    const char *at = digits + (digits[0] == '-' || digits[0] == '+');
    int base = 10;
    if (at[0] == '0' && at[1] != '\0') {
        base = at[1] == 'x' || at[1] == 'X' ? 16 : at[1] == 'b' || at[1] == 'B' ? 2 : 8;
        at += base == 8 && at[1] != 'o' && at[1] != 'O' ? 1 : 2;
    }
    if (*at == '\0' || *at == '-' || *at == '+' || *at == ' ') {
        return false;
    }
    char *end;
    errno = 0;
    long long number = strtoll(at, &end, base);
    if (*end != '\0' || errno != 0) {
        return false;
    }
    *out = chute_int(digits[0] == '-' ? -number : number);
    return true;
}

static struct chute_value resolve_plain(const struct chute_value *value) {
    static const char *const yes[] = { "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on",
        "On", "ON", NULL };
    static const char *const no[] = { "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off",
        "Off", "OFF", NULL };
    struct chute_str text = chute_value_str(value);
    struct chute_value number;
    if (chute_document_is_null(value)) {
        return chute_null();
    }
    if (is_one_of(text, yes) || is_one_of(text, no)) {
        return chute_bool(is_one_of(text, yes));
    }
    if (resolve_integer(text, &number)) {
        return number;
    }
    double real;
    if (chute_number_parse_double(text, &real)) {
        return chute_double(real);
    }
    return chute_string(text);
}

struct chute_value chute_document_resolve(
    struct chute_document *document, const struct chute_value *value) {
    struct chute_arena *arena = &document->arena;
    if (is_plain(value)) {
        return resolve_plain(value);
    }
    if (value->type == CHUTE_ARRAY) {
        struct chute_value list = chute_array_new(arena, value->as.array->count);
        for (uint32_t i = 0; i < value->as.array->count; i++) {
            chute_array_add(
                arena, list.as.array, chute_document_resolve(document, &value->as.array->items[i]));
        }
        return list;
    }
    if (value->type == CHUTE_OBJECT) {
        struct chute_value object = chute_object_new(arena, value->as.object->count);
        for (uint32_t i = 0; i < value->as.object->count; i++) {
            const struct chute_member *member = &value->as.object->members[i];
            chute_object_set(arena, object.as.object,
                (struct chute_str){ member->key, member->key_len },
                chute_document_resolve(document, &member->value));
        }
        return object;
    }
    return *value;
}
