#include "pipeline/base/arena.h"

#include <stdarg.h>
#include <stdio.h>

#include "pipeline/base/alloc.h"

#define FIRST_BLOCK ((size_t)16 * 1024)
#define LARGEST_BLOCK ((size_t)1024 * 1024)

struct chute_arena_block {
    struct chute_arena_block *older;
    size_t size; /* of `bytes` */
    _Alignas(16) char bytes[];
};

void *chute_arena_grow(struct chute_arena *arena, size_t size) {
    size_t block_size = arena->total < FIRST_BLOCK ? FIRST_BLOCK : arena->total;
    if (block_size > LARGEST_BLOCK) {
        block_size = LARGEST_BLOCK;
    }
    if (block_size < size) {
        block_size = size;
    }
    struct chute_arena_block *block = chute_alloc(sizeof(*block) + block_size);
    block->older = arena->blocks;
    block->size = block_size;
    arena->blocks = block;
    arena->total += block_size;
    arena->next = block->bytes + size;
    arena->end = block->bytes + block_size;
    return block->bytes;
}

struct chute_str chute_arena_copy(struct chute_arena *arena, struct chute_str text) {
    char *copy = chute_arena_get(arena, text.len + 1);
    if (text.len > 0) {
        memcpy(copy, text.at, text.len);
    }
    copy[text.len] = '\0';
    return (struct chute_str){ copy, text.len };
}

struct chute_str chute_arena_printf(struct chute_arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    chute_assert(len >= 0);
    char *text = chute_arena_get(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return (struct chute_str){ text, (size_t)len };
}

void chute_arena_trim(struct chute_arena *arena, void *at, size_t size, size_t used) {
    size = (size + 7) & ~(size_t)7;
    used = (used + 7) & ~(size_t)7;
    if ((char *)at + size == arena->next) {
        arena->next = (char *)at + used;
    }
}

void chute_arena_reset(struct chute_arena *arena, size_t keep) {
    struct chute_arena_block *kept = NULL;
    struct chute_arena_block *block = arena->blocks;
    while (block != NULL) {
        struct chute_arena_block *older = block->older;
        if (block->size <= keep && (kept == NULL || block->size > kept->size)) {
            chute_free(kept);
            kept = block;
        } else {
            chute_free(block);
        }
        block = older;
    }
    *arena = (struct chute_arena){ 0 };
    if (kept != NULL) {
        kept->older = NULL;
        arena->blocks = kept;
        arena->total = kept->size;
        arena->next = kept->bytes;
        arena->end = kept->bytes + kept->size;
    }
}

void chute_arena_finish(struct chute_arena *arena) {
    chute_arena_reset(arena, 0);
}
