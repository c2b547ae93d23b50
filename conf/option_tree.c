#include <float.h>

#include "conf/java_hash.h"
#include "conf/option_value.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/number.h"

static struct chute_value number_value(
    struct chute_arena *arena, const struct chute_ast_value *value) {
    if (value->number.is_integer) {
        return chute_int(value->number.integer);
    }
    if (chute_number_is_decimal(value->text)) {
        return chute_number(chute_arena_copy(arena, value->text));
    }
    return chute_double(value->number.real); /* 2. or 007.5 */
}

static struct chute_value hash_value(
    struct chute_arena *arena, const struct chute_ast_value *value, bool in_java_order) {
    size_t count = value->hash.count;
    struct chute_value object = chute_object_new(arena, (uint32_t)count);
    struct chute_str *keys = chute_alloc((count + 1) * sizeof(*keys));
    size_t *order = chute_alloc((count + 1) * sizeof(*order));
    for (size_t i = 0; i < count; i++) {
        keys[i] = value->hash.entries[i].key.text;
        order[i] = i;
    }
    if (in_java_order) {
        chute_java_hash_order(keys, count, order);
    }
    for (size_t i = 0; i < count; i++) {
        chute_object_set(arena, object.as.object, chute_arena_copy(arena, keys[order[i]]),
            chute_option_value(arena, &value->hash.entries[order[i]].value, in_java_order));
    }
    chute_free(order);
    chute_free(keys);
    return object;
}

struct chute_value chute_option_value(
    struct chute_arena *arena, const struct chute_ast_value *value, bool in_java_order) {
    switch (value->kind) {
    case CHUTE_AST_NUMBER:
        return number_value(arena, value);
    case CHUTE_AST_HASH:
        return hash_value(arena, value, in_java_order);
    case CHUTE_AST_ARRAY: {
        struct chute_value array = chute_array_new(arena, (uint32_t)value->array.count);
        for (size_t i = 0; i < value->array.count; i++) { /* hashes in a list keep their order */
            chute_array_add(
                arena, array.as.array, chute_option_value(arena, &value->array.items[i], false));
        }
        return array;
    }
    default:
        return chute_string(chute_arena_copy(arena, value->text));
    }
}

/* Scalars only; anything else differs. */
static bool is_same(const struct chute_ast_value *a, const struct chute_ast_value *b) {
    bool is_number = a->kind == CHUTE_AST_NUMBER;
    return a->kind <= CHUTE_AST_NUMBER && b->kind <= CHUTE_AST_NUMBER &&
           is_number == (b->kind == CHUTE_AST_NUMBER) &&
           (is_number ? a->number.real == b->number.real : chute_str_eq(a->text, b->text));
}

/* `value` becomes an array of its items (or itself) and those of `more` (likewise). */
static void append(
    struct chute_arena *arena, struct chute_ast_value *value, const struct chute_ast_value *more) {
    bool is_array = value->kind == CHUTE_AST_ARRAY;
    bool more_is_array = more->kind == CHUTE_AST_ARRAY;
    size_t count = is_array ? value->array.count : 1;
    size_t more_count = more_is_array ? more->array.count : 1;
    struct chute_ast_value *items = chute_arena_get(arena, (count + more_count) * sizeof(*items));
    if (count > 0) {
        memcpy(items, is_array ? value->array.items : value, count * sizeof(*items));
    }
    if (more_count > 0) {
        memcpy(
            items + count, more_is_array ? more->array.items : more, more_count * sizeof(*items));
    }
    value->kind = CHUTE_AST_ARRAY;
    value->array.items = items;
    value->array.count = count + more_count;
}

static bool holds(const struct chute_ast_value *list, const struct chute_ast_value *value) {
    for (size_t i = 0; i < list->array.count; i++) {
        if (is_same(&list->array.items[i], value)) {
            return true;
        }
    }
    return false;
}

static void merge_hashes(
    struct chute_arena *arena, struct chute_ast_value *into, const struct chute_ast_value *more);

/* What one key gets from two hashes. */
static void merge_entry(
    struct chute_arena *arena, struct chute_ast_value *value, const struct chute_ast_value *more) {
    if (value->kind == CHUTE_AST_HASH && more->kind == CHUTE_AST_HASH) {
        merge_hashes(arena, value, more);
        return;
    }
    bool is_there = value->kind == CHUTE_AST_ARRAY ? holds(value, more) : is_same(value, more);
    if (more->kind == CHUTE_AST_ARRAY || !is_there) {
        append(arena, value, more);
    }
}

static void merge_hashes(
    struct chute_arena *arena, struct chute_ast_value *into, const struct chute_ast_value *more) {
    size_t count = into->hash.count;
    struct chute_ast_entry *entries =
        chute_arena_get(arena, (count + more->hash.count) * sizeof(*entries));
    if (count > 0) {
        memcpy(entries, into->hash.entries, count * sizeof(*entries));
    }
    for (size_t i = 0; i < more->hash.count; i++) {
        const struct chute_ast_entry *entry = &more->hash.entries[i];
        size_t at = 0;
        while (at < count && !chute_str_eq(entries[at].key.text, entry->key.text)) {
            at++;
        }
        if (at < count) {
            merge_entry(arena, &entries[at].value, &entry->value);
        } else {
            entries[count++] = *entry;
        }
    }
    into->hash.entries = entries;
    into->hash.count = count;
}

bool chute_option_join(const struct chute_option_slot *slot, struct chute_ast_value *value,
    const struct chute_ast_value *more) {
    bool is_hash = value->kind == CHUTE_AST_HASH;
    if (is_hash != (more->kind == CHUTE_AST_HASH)) {
        chute_diag_error(slot->ctx->diag, CHUTE_DIAG_CONFIG, more->position, NULL,
            "option \"%s\" of %s \"%s\" is given more than once, as a hash and as something else",
            slot->row->name, slot->ctx->kind, slot->ctx->name);
        return false;
    }
    if (is_hash) {
        merge_hashes(slot->ctx->arena, value, more);
    } else if (value->kind == CHUTE_AST_ARRAY || !is_same(value, more)) {
        append(slot->ctx->arena, value, more);
    }
    return true;
}
