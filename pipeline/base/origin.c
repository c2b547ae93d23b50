#include "pipeline/base/origin.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/utf8.h"

#define FIRST_BLOCK 512 /* there is one a connection, of a few short texts */

static void release(struct chute_held *held) {
    struct chute_origin *origin = (struct chute_origin *)held;
    chute_arena_finish(&origin->arena);
    chute_free(origin);
}

struct chute_origin *chute_origin_create(void) {
    struct chute_origin *origin = chute_calloc(1, sizeof(*origin));
    origin->held.references = 1;
    origin->held.release = release;
    origin->arena.first_block = FIRST_BLOCK;
    return origin;
}

void chute_origin_add(
    struct chute_origin *origin, const char *ref, struct chute_value value, bool replaces) {
    if (origin->count == origin->capacity) {
        uint32_t capacity = origin->capacity == 0 ? 4 : origin->capacity * 2;
        struct chute_origin_field *fields =
            chute_arena_get(&origin->arena, sizeof(*fields) * capacity);
        if (origin->count > 0) {
            memcpy(fields, origin->fields, sizeof(*fields) * origin->count);
        }
        origin->fields = fields;
        origin->capacity = capacity;
    }
    struct chute_origin_field *field = &origin->fields[origin->count++];
    bool is_legal =
        chute_ref_compile(&origin->arena, chute_str_of(ref), CHUTE_ESCAPE_NONE, &field->ref);
    chute_assert(is_legal);
    /* A file's name may be of any bytes. */
    if (value.type == CHUTE_STRING && !chute_utf8_is_valid(chute_value_str(&value))) {
        value = chute_string(chute_utf8_replace(&origin->arena, chute_value_str(&value)));
    }
    field->value = chute_value_copy(&origin->arena, &value, true);
    field->replaces = replaces;
    origin->has_metadata |= field->ref.in_metadata;
}

static void set(const struct chute_origin_field *field, struct chute_event *event) {
    if (!field->replaces && chute_event_get(event, &field->ref) != NULL) {
        return;
    }
    struct chute_value value = field->value;
    if (value.type == CHUTE_ARRAY || value.type == CHUTE_OBJECT) {
        value = chute_value_copy(chute_event_arena(event), &value, false);
    }
    chute_event_set(event, &field->ref, value);
}

void chute_origin_apply(const struct chute_origin *origin, struct chute_event *event) {
    for (uint32_t i = 0; i < origin->count; i++) {
        if (!origin->fields[i].ref.in_metadata) {
            set(&origin->fields[i], event);
        }
    }
    if (origin->has_metadata) {
        event->deferred = origin;
    }
}

void chute_origin_apply_metadata(const struct chute_origin *origin, struct chute_event *event) {
    for (uint32_t i = 0; i < origin->count; i++) {
        if (origin->fields[i].ref.in_metadata) {
            set(&origin->fields[i], event);
        }
    }
}
