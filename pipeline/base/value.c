#include "pipeline/base/value.h"

#include <math.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/number.h"

static void *more_room(struct chute_arena *arena, const void *old, size_t item_size, uint32_t count,
    uint32_t *capacity) {
    uint32_t wanted = *capacity < 4 ? 8 : *capacity * 2;
    void *room = chute_arena_get(arena, item_size * wanted);
    if (count > 0) {
        memcpy(room, old, item_size * count);
    }
    *capacity = wanted;
    return room;
}

struct chute_value chute_array_new(struct chute_arena *arena, uint32_t capacity) {
    struct chute_array *array = chute_arena_get(arena, sizeof(*array));
    array->items = capacity == 0 ? NULL : chute_arena_get(arena, sizeof(*array->items) * capacity);
    array->count = 0;
    array->capacity = capacity;
    return (struct chute_value){ .type = CHUTE_ARRAY, .as.array = array };
}

struct chute_value chute_object_new(struct chute_arena *arena, uint32_t capacity) {
    struct chute_object *object = chute_arena_get(arena, sizeof(*object));
    object->members =
        capacity == 0 ? NULL : chute_arena_get(arena, sizeof(*object->members) * capacity);
    object->count = 0;
    object->capacity = capacity;
    return (struct chute_value){ .type = CHUTE_OBJECT, .as.object = object };
}

void chute_array_add(
    struct chute_arena *arena, struct chute_array *array, struct chute_value item) {
    if (array->count == array->capacity) {
        array->items =
            more_room(arena, array->items, sizeof(*array->items), array->count, &array->capacity);
    }
    array->items[array->count++] = item;
}

void chute_array_remove(struct chute_array *array, uint32_t index) {
    chute_assert(index < array->count);
    array->count--;
    memmove(array->items + index, array->items + index + 1,
        sizeof(*array->items) * (array->count - index));
}

struct chute_member *chute_object_find(
    const struct chute_object *object, struct chute_str key, uint32_t head) {
    struct chute_member *member = object->members;
    struct chute_member *end = member + object->count;
    for (; member < end; member++) {
        if (member->head == head && member->key_len == key.len &&
            (key.len <= 4 || memcmp(member->key + 4, key.at + 4, key.len - 4) == 0)) {
            return member;
        }
    }
    return NULL;
}

struct chute_value *chute_object_add(struct chute_arena *arena, struct chute_object *object,
    struct chute_str key, uint32_t head, bool key_is_clean) {
    if (object->count == object->capacity) {
        object->members = more_room(
            arena, object->members, sizeof(*object->members), object->count, &object->capacity);
    }
    struct chute_member *member = &object->members[object->count++];
    member->key = key.at;
    member->key_len = (uint32_t)key.len & 0x7fffffff;
    member->key_is_clean = key_is_clean;
    member->head = head;
    return &member->value;
}

void chute_object_set(struct chute_arena *arena, struct chute_object *object, struct chute_str key,
    struct chute_value value) {
    uint32_t head = chute_key_head(key);
    struct chute_member *member = chute_object_find(object, key, head);
    if (member != NULL) {
        member->value = value;
    } else {
        *chute_object_add(arena, object, key, head, false) = value;
    }
}

bool chute_object_remove(struct chute_object *object, struct chute_str key) {
    struct chute_member *member = chute_object_find(object, key, chute_key_head(key));
    if (member == NULL) {
        return false;
    }
    object->count--;
    size_t index = (size_t)(member - object->members);
    memmove(member, member + 1, sizeof(*member) * (object->count - index));
    return true;
}

struct chute_value chute_value_copy(
    struct chute_arena *arena, const struct chute_value *value, bool copies_text) {
    struct chute_value copy = *value;
    if (value->type == CHUTE_ARRAY) {
        const struct chute_array *from = value->as.array;
        copy = chute_array_new(arena, from->count);
        for (uint32_t i = 0; i < from->count; i++) {
            copy.as.array->items[i] = chute_value_copy(arena, &from->items[i], copies_text);
        }
        copy.as.array->count = from->count;
    } else if (value->type == CHUTE_OBJECT) {
        const struct chute_object *from = value->as.object;
        copy = chute_object_new(arena, from->count);
        for (uint32_t i = 0; i < from->count; i++) {
            struct chute_member *member = &copy.as.object->members[i];
            *member = from->members[i];
            if (copies_text) {
                struct chute_str key = { member->key, member->key_len };
                member->key = chute_arena_copy(arena, key).at;
            }
            member->value = chute_value_copy(arena, &from->members[i].value, copies_text);
        }
        copy.as.object->count = from->count;
    } else if (copies_text && (value->type == CHUTE_STRING || value->type == CHUTE_NUMBER)) {
        copy.as.text = chute_arena_copy(arena, chute_value_str(value)).at;
    }
    return copy;
}
static bool objects_are_equal(const struct chute_object *a, const struct chute_object *b) {
    if (a->count != b->count) {
        return false;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        const struct chute_member *member = &a->members[i];
        const struct chute_member *other =
            chute_object_find(b, (struct chute_str){ member->key, member->key_len }, member->head);
        if (other == NULL || !chute_value_eq(&member->value, &other->value)) {
            return false;
        }
    }
    return true;
}

static bool arrays_are_equal(const struct chute_array *a, const struct chute_array *b) {
    if (a->count != b->count) {
        return false;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (!chute_value_eq(&a->items[i], &b->items[i])) {
            return false;
        }
    }
    return true;
}

double chute_value_double(const struct chute_value *value) {
    if (value->type == CHUTE_INT) {
        return (double)value->as.integer;
    }
    if (value->type == CHUTE_DOUBLE) {
        return value->as.real;
    }
    double real = 0;
    chute_number_parse_double(chute_value_str(value), &real);
    return real;
}

/* The exact text of what came in; `digits` is room for an integer's. False if it was computed. */
static bool exact_text(const struct chute_value *value, char *digits, struct chute_str *text) {
    if (value->type == CHUTE_DOUBLE) {
        return false;
    }
    *text = chute_value_str(value);
    if (value->type == CHUTE_INT) {
        *text = (struct chute_str){ digits, chute_number_print_int(value->as.integer, digits) };
    }
    return true;
}

int chute_value_compare_numbers(const struct chute_value *a, const struct chute_value *b) {
    if (a->type == CHUTE_INT && b->type == CHUTE_INT) {
        return (a->as.integer > b->as.integer) - (a->as.integer < b->as.integer);
    }
    char digits[2][CHUTE_NUMBER_MAX];
    struct chute_str exact[2];
    if (exact_text(a, digits[0], &exact[0]) && exact_text(b, digits[1], &exact[1])) {
        return chute_number_compare(exact[0], exact[1]);
    }
    double left = chute_value_double(a);
    double right = chute_value_double(b);
    return (left > right) - (left < right);
}

bool chute_value_eq(const struct chute_value *a, const struct chute_value *b) {
    if (chute_value_is_number(a) && chute_value_is_number(b)) {
        bool is_nan = (a->type == CHUTE_DOUBLE && isnan(a->as.real)) ||
                      (b->type == CHUTE_DOUBLE && isnan(b->as.real));
        return !is_nan && chute_value_compare_numbers(a, b) == 0;
    }
    if (a->type != b->type) {
        return false;
    }
    switch ((enum chute_type)a->type) {
    case CHUTE_NULL:
        return true;
    case CHUTE_BOOL:
        return a->as.boolean == b->as.boolean;
    case CHUTE_STRING:
        return chute_str_eq(chute_value_str(a), chute_value_str(b));
    case CHUTE_TIME:
        return a->as.seconds == b->as.seconds && a->len == b->len;
    case CHUTE_ARRAY:
        return arrays_are_equal(a->as.array, b->as.array);
    case CHUTE_OBJECT:
        return objects_are_equal(a->as.object, b->as.object);
    default:
        return false;
    }
}
