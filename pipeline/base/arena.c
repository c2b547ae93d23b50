#include "pipeline/base/arena.h"

#include <stdarg.h>
#include <stdio.h>

#include "pipeline/base/alloc.h"

#define USUAL_FIRST_BLOCK ((size_t)16 * 1024)
#define LARGEST_BLOCK ((size_t)1024 * 1024)

struct chute_arena_block {
    struct chute_arena_block *older;
    size_t size; /* of `bytes` */
    _Alignas(16) char bytes[];
};

static struct chute_arena_block *new_block(const struct chute_arena *arena, size_t size) {
    size_t least = arena->first_block > 0 ? arena->first_block : USUAL_FIRST_BLOCK;
    size_t block_size = arena->total < least ? least : arena->total;
    if (block_size > LARGEST_BLOCK) {
        block_size = LARGEST_BLOCK;
    }
    if (block_size < size) {
        block_size = size;
    }
    struct chute_arena_block *block = chute_alloc(sizeof(*block) + block_size);
    block->size = block_size;
    return block;
}

void *chute_arena_grow(struct chute_arena *arena, size_t size) {
    struct chute_arena_block *block = arena->spare;
    if (block != NULL && block->size >= size) {
        arena->spare = block->older;
    } else {
        block = new_block(arena, size);
    }
    block->older = arena->blocks;
    arena->blocks = block;
    arena->total += block->size;
    arena->next = block->bytes + size;
    arena->end = block->bytes + block->size;
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

static void insert_by_size(struct chute_arena_block **list, struct chute_arena_block *block) {
    while (*list != NULL && (*list)->size > block->size) {
        list = &(*list)->older;
    }
    block->older = *list;
    *list = block;
}

void chute_arena_reset(struct chute_arena *arena, size_t keep) {
    struct chute_arena_block *lists[] = { arena->blocks, arena->spare };
    struct chute_arena_block *all = NULL;
    for (size_t i = 0; i < 2; i++) {
        while (lists[i] != NULL) {
            struct chute_arena_block *older = lists[i]->older;
            insert_by_size(&all, lists[i]);
            lists[i] = older;
        }
    }
    *arena = (struct chute_arena){ .first_block = arena->first_block };
    struct chute_arena_block **last = &arena->spare;
    while (all != NULL) {
        struct chute_arena_block *next = all->older;
        if (all->size <= keep) {
            keep -= all->size;
            *last = all;
            last = &all->older;
        } else {
            chute_free(all);
        }
        all = next;
    }
    *last = NULL;
}

void chute_arena_finish(struct chute_arena *arena) {
    chute_arena_reset(arena, 0);
}
