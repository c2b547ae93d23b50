#include "pipeline/base/ref.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/value.h"

#define DEEPEST 256 /* names in one reference */

struct reader {
    struct chute_str text;
    size_t at;
    struct chute_arena *arena;
    enum chute_escape_style style;
    struct chute_ref_step *steps;
    uint32_t count;
};

/* Replaces every `escape` in the last `len` bytes at `name` by `byte`; returns the new length. */
static size_t unescape(char *name, size_t len, const char *escape, char byte) {
    size_t escape_len = strlen(escape);
    size_t out = 0;
    for (size_t i = 0; i < len;) {
        if (len - i >= escape_len && strncasecmp(name + i, escape, escape_len) == 0) {
            name[out++] = byte;
            i += escape_len;
        } else {
            name[out++] = name[i++];
        }
    }
    return out;
}

static void read_index(struct chute_ref_step *step) {
    struct chute_str name = step->name;
    size_t i = name.len > 0 && name.at[0] == '-' ? 1 : 0;
    if (name.len == i || name.len - i > 9) {
        return;
    }
    int64_t index = 0;
    for (size_t at = i; at < name.len; at++) {
        if (name.at[at] < '0' || name.at[at] > '9') {
            return;
        }
        index = index * 10 + (name.at[at] - '0');
    }
    step->is_index = true;
    step->index = i == 1 ? -index : index;
}

static bool add_step(struct reader *reader, struct chute_str name) {
    if (reader->count == DEEPEST) {
        return false;
    }
    struct chute_str copy = chute_arena_copy(reader->arena, name);
    char *bytes = (char *)copy.at;
    if (reader->style == CHUTE_ESCAPE_PERCENT) {
        copy.len = unescape(bytes, copy.len, "%5B", '[');
        copy.len = unescape(bytes, copy.len, "%5D", ']');
    } else if (reader->style == CHUTE_ESCAPE_AMPERSAND) {
        copy.len = unescape(bytes, copy.len, "&#91;", '[');
        copy.len = unescape(bytes, copy.len, "&#93;", ']');
    }
    struct chute_ref_step *step = &reader->steps[reader->count++];
    *step = (struct chute_ref_step){ .name = copy, .head = chute_key_head(copy) };
    read_index(step);
    return true;
}

/* Reads a run of bracketed names, up to the text's end or, inside brackets, up to the closing one. */
static bool read_run(struct reader *reader, int depth) {
    size_t names = 0;
    while (reader->at < reader->text.len && reader->text.at[reader->at] == '[') {
        if (depth > 16) {
            return false;
        }
        reader->at++;
        if (reader->at < reader->text.len && reader->text.at[reader->at] == '[') {
            if (!read_run(reader, depth + 1)) {
                return false;
            }
        } else {
            size_t start = reader->at;
            while (reader->at < reader->text.len && reader->text.at[reader->at] != '[' &&
                   reader->text.at[reader->at] != ']') {
                reader->at++;
            }
            struct chute_str name = { reader->text.at + start, reader->at - start };
            if (name.len == 0 || !add_step(reader, name)) {
                return false;
            }
        }
        if (reader->at == reader->text.len || reader->text.at[reader->at] != ']') {
            return false;
        }
        reader->at++;
        names++;
    }
    return names > 0;
}

static bool read_text(struct reader *reader) {
    if (reader->text.len == 0) {
        return add_step(reader, CHUTE_STR("")); /* a field without a name is legal */
    }
    if (reader->text.at[0] == '[') {
        return read_run(reader, 0) && reader->at == reader->text.len;
    }
    if (memchr(reader->text.at, '[', reader->text.len) != NULL ||
        memchr(reader->text.at, ']', reader->text.len) != NULL) {
        return false;
    }
    return add_step(reader, reader->text);
}

bool chute_ref_compile(struct chute_arena *arena, struct chute_str text,
    enum chute_escape_style style, struct chute_ref *ref) {
    struct chute_ref_step steps[DEEPEST];
    struct reader reader = { .text = text, .arena = arena, .style = style, .steps = steps };
    if (!read_text(&reader)) {
        return false;
    }
    struct chute_ref made = { .text = chute_arena_copy(arena, text), .count = reader.count };
    const struct chute_ref_step *first = steps;
    if (chute_str_eq(steps[0].name, CHUTE_STR("@metadata"))) {
        made.in_metadata = true;
        made.count--;
        first++;
    } else if (reader.count == 1) {
        made.is_timestamp = chute_str_eq(steps[0].name, CHUTE_STR("@timestamp"));
        made.is_tags = chute_str_eq(steps[0].name, CHUTE_STR("tags"));
    }
    if (made.count > 0) {
        struct chute_ref_step *kept = chute_arena_get(arena, sizeof(*kept) * made.count);
        memcpy(kept, first, sizeof(*kept) * made.count);
        made.steps = kept;
    }
    *ref = made;
    return true;
}
