#include "pipeline/check/cases.h"

#include <stdarg.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"

#define MOST_ERRORS 100 /* that are told of one file */

struct reader {
    struct chute_case_file *file;
    struct chute_document *document;
    struct chute_arena *arena;
    struct chute_diag *diag;
    size_t errors;
    size_t room;           /* of file->cases */
    struct chute_case old; /* made by input and expected beside the other keys */
    bool has_old;
};

/* A key of a file or of a case. `take` gets the struct chute_case_file, or the struct chute_case. */
struct key {
    const char *name;
    void (*take)(struct reader *reader, void *target, const struct chute_member *member);
};

__attribute__((format(printf, 3, 4))) static void refuse(
    struct reader *reader, const struct chute_member *member, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    chute_diag_error(reader->diag, CHUTE_DIAG_CONFIG,
        chute_document_place(reader->document, member), NULL, "\"%.*s\" %s", (int)member->key_len,
        member->key, text);
    reader->errors++;
}

/* ------------------------------------------------------------------ values */

static void take_text(
    struct reader *reader, struct chute_str *out, const struct chute_member *member) {
    if (member->value.type != CHUTE_STRING) {
        refuse(reader, member, "takes a text");
    } else if (!chute_document_is_null(&member->value)) {
        *out = chute_value_str(&member->value);
    }
}

static void take_boolean(struct reader *reader, bool *out, const struct chute_member *member) {
    struct chute_value value = chute_document_resolve(reader->document, &member->value);
    if (value.type == CHUTE_BOOL) {
        *out = value.as.boolean;
    } else if (value.type != CHUTE_NULL) {
        refuse(reader, member, "takes true or false");
    }
}

/* The items of a list of `type`; NULL and no items for null. */
static const struct chute_value *take_list(struct reader *reader, const struct chute_member *member,
    uint8_t type, const char *of, uint32_t *count) {
    *count = 0;
    if (chute_document_is_null(&member->value)) {
        return NULL;
    }
    const struct chute_array *list =
        member->value.type == CHUTE_ARRAY ? member->value.as.array : NULL;
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        if (list->items[i].type != type) {
            refuse(reader, member, "takes a list of %s; number %u is none", of, i + 1);
            return NULL;
        }
    }
    if (list == NULL) {
        refuse(reader, member, "takes a list of %s", of);
        return NULL;
    }
    *count = list->count;
    return list->items;
}

/* Null is an empty text, as an item without a value is. */
static struct chute_str *take_texts(
    struct reader *reader, const struct chute_member *member, const char *of, size_t *out) {
    uint32_t count;
    const struct chute_value *items = take_list(reader, member, CHUTE_STRING, of, &count);
    struct chute_str *texts = chute_arena_get(reader->arena, sizeof(*texts) * (count + 1));
    for (uint32_t i = 0; i < count; i++) {
        texts[i] = chute_document_is_null(&items[i]) ? CHUTE_STR("") : chute_value_str(&items[i]);
    }
    *out = count;
    return texts;
}

static void take_object(
    struct reader *reader, struct chute_value *out, const struct chute_member *member) {
    struct chute_value value = chute_document_resolve(reader->document, &member->value);
    if (value.type == CHUTE_OBJECT) {
        *out = chute_case_expand(reader->arena, &value);
    } else if (value.type != CHUTE_NULL) {
        refuse(reader, member, "takes an object of fields");
    }
}

/* ------------------------------------------------------------------ [a][b] */

size_t chute_case_keys(struct chute_str text, struct chute_str keys[CHUTE_CASE_KEYS]) {
    size_t count = 0;
    struct chute_str rest = text;
    while (rest.len > 0 && rest.at[0] == '[' && count < CHUTE_CASE_KEYS) {
        size_t len = 1;
        while (
            len < rest.len && rest.at[len] != ']' && rest.at[len] != '[' && rest.at[len] != ',') {
            len++;
        }
        if (len == 1 || len == rest.len || rest.at[len] != ']') {
            break;
        }
        keys[count++] = (struct chute_str){ rest.at + 1, len - 1 };
        rest.at += len + 1;
        rest.len -= len + 1;
    }
    if (rest.len > 0 || count == 0) {
        keys[0] = text;
        return 1;
    }
    return count;
}

/* The object under `key`, made where there is none. */
static struct chute_object *child_of(
    struct chute_arena *arena, struct chute_object *object, struct chute_str key) {
    struct chute_value *there = chute_object_get(object, key);
    if (there == NULL || there->type != CHUTE_OBJECT) {
        chute_object_set(arena, object, key, chute_object_new(arena, 4));
        there = chute_object_get(object, key);
    }
    return there->as.object;
}

struct chute_value chute_case_expand(struct chute_arena *arena, const struct chute_value *value) {
    if (value->type != CHUTE_OBJECT) {
        return *value;
    }
    struct chute_value out = chute_object_new(arena, value->as.object->count);
    for (uint32_t i = 0; i < value->as.object->count; i++) {
        const struct chute_member *member = &value->as.object->members[i];
        struct chute_str keys[CHUTE_CASE_KEYS];
        size_t count = chute_case_keys((struct chute_str){ member->key, member->key_len }, keys);
        struct chute_object *object = out.as.object;
        for (size_t k = 0; k + 1 < count; k++) {
            object = child_of(arena, object, keys[k]);
        }
        chute_object_set(arena, object, keys[count - 1], chute_case_expand(arena, &member->value));
    }
    return out;
}

static bool has_brackets(const struct chute_value *value) {
    for (uint32_t i = 0; value->type == CHUTE_OBJECT && i < value->as.object->count; i++) {
        const struct chute_member *member = &value->as.object->members[i];
        if ((member->key_len > 0 && member->key[0] == '[') || has_brackets(&member->value)) {
            return true;
        }
    }
    return false;
}

/* A line of json_lines may call its fields [a][b], too, and be written over several lines. */
static struct chute_str expand_line(
    struct chute_arena *arena, struct chute_json_parser *parser, struct chute_str line) {
    struct chute_value value;
    bool has_lines = line.len > 0 && memchr(line.at, '\n', line.len) != NULL;
    if (chute_json_decode(parser, arena, line, &value) != CHUTE_JSON_OK ||
        value.type != CHUTE_OBJECT || (!has_lines && !has_brackets(&value))) {
        return line;
    }
    struct chute_buf out = { 0 };
    value = chute_case_expand(arena, &value);
    chute_json_encode(&out, &value);
    line = chute_arena_copy(arena, chute_buf_str(&out));
    chute_buf_finish(&out);
    return line;
}

static void expand_lines(struct chute_case_file *file) {
    struct chute_json_parser *parser = chute_json_parser_create();
    struct chute_arena *arena = chute_document_arena(file->document);
    for (size_t i = 0; i < file->count; i++) {
        for (size_t k = 0; k < file->cases[i].line_count; k++) {
            file->cases[i].lines[k] = expand_line(arena, parser, file->cases[i].lines[k]);
        }
    }
    chute_json_parser_destroy(parser);
}

/* ------------------------------------------------------------------ keys of a case */

static void take_lines(struct reader *reader, void *target, const struct chute_member *member) {
    struct chute_case *into = target;
    into->lines = take_texts(reader, member, "lines", &into->line_count);
}

static void take_expected(struct reader *reader, void *target, const struct chute_member *member) {
    struct chute_case *into = target;
    uint32_t count;
    const struct chute_value *items = take_list(reader, member, CHUTE_OBJECT, "events", &count);
    into->expected = chute_arena_get(reader->arena, sizeof(*into->expected) * (count + 1));
    into->expected_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct chute_value event = chute_document_resolve(reader->document, &items[i]);
        into->expected[i] = chute_case_expand(reader->arena, &event);
    }
}

static void take_description(
    struct reader *reader, void *target, const struct chute_member *member) {
    take_text(reader, &((struct chute_case *)target)->description, member);
}

static void take_case_fields(
    struct reader *reader, void *target, const struct chute_member *member) {
    take_object(reader, &((struct chute_case *)target)->fields, member);
}

static const struct key case_keys[] = {
    { "description", take_description },
    { "input", take_lines },
    { "fields", take_case_fields },
    { "event", take_case_fields }, /* what it was called at first */
    { "expected", take_expected },
};

/* ------------------------------------------------------------------ keys of a file */

static void take_members(struct reader *reader, const struct chute_object *object,
    const struct key *keys, size_t count, const char *of, void *target) {
    for (uint32_t i = 0; i < object->count && reader->errors < MOST_ERRORS; i++) {
        const struct chute_member *member = &object->members[i];
        struct chute_str name = { member->key, member->key_len };
        struct chute_nearest nearest = { .name = name };
        size_t k = 0;
        while (k < count && !chute_str_eq(name, chute_str_of(keys[k].name))) {
            chute_nearest_offer(&nearest, keys[k++].name);
        }
        if (k < count) {
            keys[k].take(reader, target, member);
        } else {
            chute_diag_error(reader->diag, CHUTE_DIAG_CONFIG,
                chute_document_place(reader->document, member),
                chute_diag_did_you_mean(reader->diag, nearest.best), "unknown key \"%.*s\" of a %s",
                CHUTE_STR_ARGS(name), of);
            reader->errors++;
        }
    }
}

static struct chute_case *add_case(struct reader *reader) {
    struct chute_case_file *file = reader->file;
    if (file->count == reader->room) {
        reader->room = reader->room == 0 ? 16 : reader->room * 2;
        file->cases = chute_realloc(file->cases, sizeof(*file->cases) * reader->room);
    }
    struct chute_case *made = &file->cases[file->count++];
    *made = (struct chute_case){ .fields = chute_object_new(reader->arena, 0) };
    return made;
}

static struct chute_case *old_case(struct reader *reader, const struct chute_member *member) {
    if (!reader->has_old) {
        reader->has_old = true;
        reader->old.position = chute_document_place(reader->document, member);
        reader->old.fields = chute_object_new(reader->arena, 0);
    }
    return &reader->old;
}

static void take_file_lines(
    struct reader *reader, void *target, const struct chute_member *member) {
    (void)target;
    take_lines(reader, old_case(reader, member), member);
}

static void take_file_expected(
    struct reader *reader, void *target, const struct chute_member *member) {
    (void)target;
    take_expected(reader, old_case(reader, member), member);
}

static void take_input_plugin(
    struct reader *reader, void *target, const struct chute_member *member) {
    struct chute_case_file *file = target;
    file->input_position = chute_document_place(reader->document, member);
    take_text(reader, &file->input_plugin, member);
}

static void take_codec(struct reader *reader, void *target, const struct chute_member *member) {
    take_text(reader, &((struct chute_case_file *)target)->codec, member);
}

static void take_fields(struct reader *reader, void *target, const struct chute_member *member) {
    struct chute_case_file *file = target;
    file->fields_position = chute_document_place(reader->document, member);
    take_object(reader, &file->fields, member);
}

static void take_ignored(struct reader *reader, void *target, const struct chute_member *member) {
    struct chute_case_file *file = target;
    file->ignored = take_texts(reader, member, "names of fields", &file->ignored_count);
}

static void take_exports_metadata(
    struct reader *reader, void *target, const struct chute_member *member) {
    take_boolean(reader, &((struct chute_case_file *)target)->exports_metadata, member);
}

static void take_exports_outputs(
    struct reader *reader, void *target, const struct chute_member *member) {
    take_boolean(reader, &((struct chute_case_file *)target)->exports_outputs, member);
}

static void take_cases(struct reader *reader, void *target, const struct chute_member *member) {
    (void)target;
    uint32_t count;
    const struct chute_value *items = take_list(reader, member, CHUTE_OBJECT, "test cases", &count);
    struct chute_position place = chute_document_place(reader->document, member);
    for (uint32_t i = 0; i < count; i++) {
        struct chute_case *made = add_case(reader);
        made->position = chute_document_place_in(reader->document, &items[i], place);
        take_members(reader, items[i].as.object, case_keys,
            sizeof(case_keys) / sizeof(case_keys[0]), "test case", made);
    }
}

static const struct key file_keys[] = {
    { "input_plugin", take_input_plugin },
    { "codec", take_codec },
    { "fields", take_fields },
    { "ignore", take_ignored },
    { "export_metadata", take_exports_metadata },
    { "export_outputs", take_exports_outputs },
    { "input", take_file_lines },
    { "expected", take_file_expected },
    { "testcases", take_cases },
};

/* ------------------------------------------------------------------ the file */

static bool read_members(struct reader *reader) {
    const struct chute_value *root = chute_document_root(reader->document);
    struct chute_case_file *file = reader->file;
    struct chute_position place = chute_document_file(reader->document);
    if (root->type != CHUTE_OBJECT) {
        chute_diag_error(reader->diag, CHUTE_DIAG_CONFIG, place, NULL,
            "a file of test cases is an object with the key testcases");
        return false;
    }
    take_members(reader, root->as.object, file_keys, sizeof(file_keys) / sizeof(file_keys[0]),
        "file of test cases", file);
    if (reader->has_old) { /* comes before the others */
        add_case(reader);
        memmove(file->cases + 1, file->cases, sizeof(*file->cases) * (file->count - 1));
        file->cases[0] = reader->old;
    }
    for (size_t i = 0; i < file->count; i++) {
        file->expected_count += file->cases[i].expected_count;
    }
    if (file->count == 0 && reader->errors == 0) {
        chute_diag_warn(reader->diag, place, NULL, "the file has no test case");
    }
    if (file->codec.at != NULL && chute_str_eq(file->codec, CHUTE_STR("json_lines"))) {
        expand_lines(file);
    }
    return reader->errors == 0;
}

/* Takes `document`, which may be NULL. */
static struct chute_case_file *read_document(
    struct chute_document *document, const char *path, struct chute_diag *diag) {
    if (document == NULL) {
        return NULL;
    }
    struct chute_case_file *file = chute_calloc(1, sizeof(*file));
    struct chute_arena *arena = chute_document_arena(document);
    file->path = chute_arena_copy(arena, chute_str_of(path)).at;
    file->document = document;
    file->fields = chute_object_new(arena, 0);
    struct reader reader = { .file = file, .document = document, .arena = arena, .diag = diag };
    if (!read_members(&reader)) {
        chute_case_file_destroy(file);
        return NULL;
    }
    return file;
}

struct chute_case_file *chute_case_file_read(const char *path, struct chute_diag *diag) {
    return read_document(chute_document_read(path, diag), path, diag);
}

struct chute_case_file *chute_case_file_parse(
    const char *name, struct chute_str text, struct chute_diag *diag) {
    return read_document(chute_document_parse(name, text, diag), name, diag);
}

void chute_case_file_destroy(struct chute_case_file *file) {
    if (file != NULL) {
        chute_document_destroy(file->document);
        chute_free(file->cases);
        chute_free(file);
    }
}
