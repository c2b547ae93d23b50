/* pipeline/base/value.h - one typed value of an event: a scalar, or an array or object of values.
 *
 * Numbers: an integer whose decimal print is what was written is CHUTE_INT; any other number that came
 * in as text (2.50, 1e300, 20 digits) stays CHUTE_NUMBER, its exact text; CHUTE_DOUBLE is what a filter
 * computed. Every string is valid UTF-8; what may not be is checked before it becomes a value.
 *
 * Ownership: values, and the arrays, objects and text they point to, live in the arena of their batch
 * (or of whoever made them) and are never freed singly. A value is copied by assignment; array and
 * object contents are then shared: chute_value_copy makes an independent tree.
 * Threads: those of the owning batch: one at a time. */
#ifndef CHUTE_BASE_VALUE_H
#define CHUTE_BASE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/base/arena.h"
#include "pipeline/base/str.h"
#include "pipeline/base/time.h"

enum chute_type {
    CHUTE_NULL,
    CHUTE_BOOL,
    CHUTE_INT,
    CHUTE_DOUBLE,
    CHUTE_NUMBER, /* exact decimal text of a JSON number */
    CHUTE_STRING,
    CHUTE_TIME,
    CHUTE_ARRAY,
    CHUTE_OBJECT,
};

/* Flag of a string: holds no byte that JSON has to escape, so that it is written by memcpy. */
#define CHUTE_CLEAN 1

struct chute_value {
    uint8_t type;  /* enum chute_type */
    uint8_t flags; /* CHUTE_CLEAN */
    uint32_t len;  /* STRING, NUMBER: bytes; TIME: nanoseconds of the second */
    union {
        bool boolean;
        int64_t integer;
        double real;
        const char *text; /* STRING, NUMBER: not NUL-terminated */
        int64_t seconds;  /* TIME */
        struct chute_array *array;
        struct chute_object *object;
    } as;
};

struct chute_array {
    struct chute_value *items;
    uint32_t count;
    uint32_t capacity;
};

/* A key with its value. `head` is the key's first four bytes, for a fast mismatch. */
struct chute_member {
    const char *key;
    uint32_t key_len : 31;
    uint32_t key_is_clean : 1;
    uint32_t head;
    struct chute_value value;
};

/* Members in order of insertion; a key stands once. */
struct chute_object {
    struct chute_member *members;
    uint32_t count;
    uint32_t capacity;
};

static inline struct chute_value chute_null(void) {
    return (struct chute_value){ .type = CHUTE_NULL };
}
static inline struct chute_value chute_bool(bool boolean) {
    return (struct chute_value){ .type = CHUTE_BOOL, .as.boolean = boolean };
}
static inline struct chute_value chute_int(int64_t integer) {
    return (struct chute_value){ .type = CHUTE_INT, .as.integer = integer };
}
static inline struct chute_value chute_double(double real) {
    return (struct chute_value){ .type = CHUTE_DOUBLE, .as.real = real };
}
/* `text` is borrowed for as long as the value lives; it may hold bytes to escape. */
static inline struct chute_value chute_string(struct chute_str text) {
    return (
        struct chute_value){ .type = CHUTE_STRING, .len = (uint32_t)text.len, .as.text = text.at };
}
/* As chute_string, for text known to hold nothing that JSON escapes. */
static inline struct chute_value chute_clean_string(struct chute_str text) {
    return (struct chute_value){
        .type = CHUTE_STRING, .flags = CHUTE_CLEAN, .len = (uint32_t)text.len, .as.text = text.at
    };
}
/* The exact text of a JSON number, borrowed. */
static inline struct chute_value chute_number(struct chute_str text) {
    return (
        struct chute_value){ .type = CHUTE_NUMBER, .len = (uint32_t)text.len, .as.text = text.at };
}
static inline struct chute_value chute_time_value(struct chute_time time) {
    return (
        struct chute_value){ .type = CHUTE_TIME, .len = time.nanos, .as.seconds = time.seconds };
}

/* The text of a STRING or NUMBER. */
static inline struct chute_str chute_value_str(const struct chute_value *value) {
    return (struct chute_str){ value->as.text, value->len };
}
/* The instant of a TIME. */
static inline struct chute_time chute_value_time(const struct chute_value *value) {
    return (struct chute_time){ .seconds = value->as.seconds, .nanos = value->len };
}
static inline bool chute_value_is_number(const struct chute_value *value) {
    return value->type == CHUTE_INT || value->type == CHUTE_DOUBLE || value->type == CHUTE_NUMBER;
}

/* A new empty array or object with room for `capacity` entries. */
struct chute_value chute_array_new(struct chute_arena *arena, uint32_t capacity);
struct chute_value chute_object_new(struct chute_arena *arena, uint32_t capacity);

/* Appends `item`. */
void chute_array_add(struct chute_arena *arena, struct chute_array *array, struct chute_value item);
/* Removes the item at `index`; later ones move up. */
void chute_array_remove(struct chute_array *array, uint32_t index);

/* First four bytes of a key, as kept in chute_member.head. */
static inline uint32_t chute_key_head(struct chute_str key) {
    uint32_t head = 0;
    if (key.len >= 4) {
        memcpy(&head, key.at, 4);
    } else {
        for (size_t i = 0; i < key.len; i++) {
            head |= (uint32_t)(unsigned char)key.at[i] << (8 * i);
        }
    }
    return head;
}

/* The member of that key, or NULL; a view, valid until the object's next change. */
struct chute_member *chute_object_find(
    const struct chute_object *object, struct chute_str key, uint32_t head);
/* The value under `key`, or NULL. */
static inline struct chute_value *chute_object_get(
    const struct chute_object *object, struct chute_str key) {
    struct chute_member *member = chute_object_find(object, key, chute_key_head(key));
    return member == NULL ? NULL : &member->value;
}
/* Sets `key` (borrowed as long as the object lives): replaced in place, or added at the end. */
void chute_object_set(struct chute_arena *arena, struct chute_object *object, struct chute_str key,
    struct chute_value value);
/* Adds a member whose key is known not to be there; the place for its value is returned. */
struct chute_value *chute_object_add(struct chute_arena *arena, struct chute_object *object,
    struct chute_str key, uint32_t head, bool key_is_clean);
/* Removes `key`; later members move up. False if it is not there. */
bool chute_object_remove(struct chute_object *object, struct chute_str key);

/* An independent copy of the tree; `copies_text` also copies strings and keys into `arena`
 * (needed when the source's text may die first). */
struct chute_value chute_value_copy(
    struct chute_arena *arena, const struct chute_value *value, bool copies_text);
/* Deep equality as Logstash's ==: numbers by value, objects in any order. */
bool chute_value_eq(const struct chute_value *a, const struct chute_value *b);

/* A number as a double, the nearest there is. */
double chute_value_double(const struct chute_value *value);
/* Orders two numbers by value: negative, 0, positive. */
int chute_value_compare_numbers(const struct chute_value *a, const struct chute_value *b);

#endif
