/* pipeline/base/arena.h - memory that is given back all at once.
 *
 * Ownership: the arena owns all it hands out, until reset or finish; nothing is freed singly.
 * A zeroed arena is empty and ready.
 * Threads: one at a time. */
#ifndef CHUTE_BASE_ARENA_H
#define CHUTE_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "pipeline/base/str.h"

struct chute_arena_block;
struct chute_arena {
    char *next; /* the first free byte of the newest block */
    char *end;
    struct chute_arena_block *blocks; /* newest first */
    struct chute_arena_block *spare;  /* kept by a reset, largest first */
    size_t total;                     /* bytes of `blocks` */
    size_t first_block;               /* bytes of the first one, set before use; 0: 16 KiB */
};

/* Slow path of chute_arena_get. */
void *chute_arena_grow(struct chute_arena *arena, size_t size);

/* Returns `size` uninitialised bytes, aligned to 8. */
static inline void *chute_arena_get(struct chute_arena *arena, size_t size) {
    size = (size + 7) & ~(size_t)7;
    if (size <= (size_t)(arena->end - arena->next)) {
        char *at = arena->next;
        arena->next += size;
        return at;
    }
    return chute_arena_grow(arena, size);
}

/* Returns zeroed bytes. */
static inline void *chute_arena_zeroed(struct chute_arena *arena, size_t size) {
    void *at = chute_arena_get(arena, size);
    return size == 0 ? at : memset(at, 0, size);
}

/* Returns a copy of `text` that lives as long as the arena; NUL-terminated, so that `at` also is a C string. */
struct chute_str chute_arena_copy(struct chute_arena *arena, struct chute_str text);
/* Formats as printf does; the copy lives as long as the arena and is NUL-terminated. */
struct chute_str chute_arena_printf(struct chute_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Takes back the tail of the last chute_arena_get: `at` with `size` as asked for then, of which `used` stay. */
void chute_arena_trim(struct chute_arena *arena, void *at, size_t size, size_t used);
/* Forgets everything; keeps up to `keep` bytes of memory for the next use. */
void chute_arena_reset(struct chute_arena *arena, size_t keep);
/* Frees everything; the arena is empty and ready again. */
void chute_arena_finish(struct chute_arena *arena);

#endif
