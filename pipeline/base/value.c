#include "pipeline/base/value.h"

#include "pipeline/base/alloc.h"

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
