#include <criterion/criterion.h>

#include "pipeline/base/arena.h"

#define KEEP_ALL ((size_t)64 * 1024 * 1024)

Test(base_arena, hands_out_aligned_memory_that_does_not_overlap) {
    struct chute_arena arena = { 0 };
    unsigned char *at[600];
    for (size_t size = 0; size < 600; size++) {
        at[size] = chute_arena_get(&arena, size);
        cr_expect_eq((uintptr_t)at[size] % 8, 0, "%zu bytes", size);
        if (size > 0) {
            memset(at[size], (int)(size & 0xff), size);
        }
    }
    size_t wrong = 0;
    for (size_t size = 0; size < 600; size++) {
        for (size_t i = 0; i < size; i++) {
            wrong += at[size][i] != (size & 0xff);
        }
    }
    cr_expect_eq(wrong, 0);
    chute_arena_finish(&arena);
}

Test(base_arena, gives_more_than_a_block_holds) {
    struct chute_arena arena = { 0 };
    char *small = chute_arena_get(&arena, 8);
    *small = 's';
    char *large = chute_arena_get(&arena, 5 * 1024 * 1024);
    memset(large, 'l', 5 * 1024 * 1024);
    char *next = chute_arena_get(&arena, 100);
    memset(next, 'n', 100);
    cr_expect_eq(*small, 's');
    cr_expect_eq(large[5 * 1024 * 1024 - 1], 'l');
    chute_arena_finish(&arena);
}

/* Allocates the same again and again; how many of the addresses had been handed out before. */
static size_t reused(size_t keep, size_t rounds) {
    struct chute_arena arena = { 0 };
    void *first[40];
    size_t count = 0;
    for (size_t i = 0; i < 40; i++) {
        first[i] = chute_arena_get(&arena, 3000);
        memset(first[i], 0xff, 3000);
    }
    for (size_t round = 0; round < rounds; round++) {
        chute_arena_reset(&arena, keep);
        cr_expect_eq(arena.total, 0);
        for (size_t i = 0; i < 40; i++) {
            void *again = chute_arena_get(&arena, 3000);
            for (size_t k = 0; k < 40; k++) {
                count += again == first[k];
            }
        }
    }
    chute_arena_finish(&arena);
    return count;
}

Test(base_arena, a_reset_keeps_its_blocks) {
    size_t kept = reused(KEEP_ALL, 3);
    cr_expect_gt(kept, 60, "only %zu of 120 places were used again", kept);
}

Test(base_arena, a_reset_keeps_no_more_than_it_may) {
    struct chute_arena arena = { 0 };
    for (size_t i = 0; i < 100; i++) {
        chute_arena_get(&arena, 10000);
    }
    chute_arena_reset(&arena, 0);
    cr_expect_null(arena.spare);
    chute_arena_get(&arena, 10);
    size_t first_block = arena.total;
    chute_arena_get(&arena, 1024 * 1024);
    chute_arena_reset(&arena, first_block);
    cr_expect_not_null(arena.spare, "the small block fits");
    chute_arena_get(&arena, first_block);
    cr_expect_null(arena.spare, "and no other was kept");
    cr_expect_eq(arena.total, first_block);
    chute_arena_finish(&arena);
}

Test(base_arena, a_block_kept_but_too_small_is_kept_for_later) {
    struct chute_arena arena = { 0 };
    void *small = chute_arena_get(&arena, 10);
    chute_arena_reset(&arena, KEEP_ALL);
    chute_arena_get(&arena, 100000);
    chute_arena_reset(&arena, KEEP_ALL);
    chute_arena_get(&arena, 100000);
    cr_expect_eq(chute_arena_get(&arena, 16000), small);
    chute_arena_finish(&arena);
}

Test(base_arena, trims_the_last_one_only) {
    struct chute_arena arena = { 0 };
    char *first = chute_arena_get(&arena, 100);
    chute_arena_trim(&arena, first, 100, 10);
    char *second = chute_arena_get(&arena, 24);
    cr_expect_eq(second - first, 16, "rounded up to 8");
    chute_arena_trim(&arena, first, 100, 0);
    char *third = chute_arena_get(&arena, 8);
    cr_expect_eq(third - second, 24, "the first one is not the last");
    chute_arena_trim(&arena, third, 8, 0);
    cr_expect_eq(chute_arena_get(&arena, 8), third);
    chute_arena_finish(&arena);
}

Test(base_arena, copies_and_prints_c_strings) {
    struct chute_arena arena = { 0 };
    struct chute_str copy = chute_arena_copy(&arena, CHUTE_STR("a\0b"));
    cr_expect(chute_str_eq(copy, CHUTE_STR("a\0b")));
    cr_expect_eq(copy.at[3], '\0');
    cr_expect_eq(chute_arena_copy(&arena, (struct chute_str){ 0 }).at[0], '\0');
    struct chute_str text = chute_arena_printf(&arena, "%0*d", 50000, 7);
    cr_expect_eq(text.len, 50000);
    cr_expect_eq(text.at[49999], '7');
    cr_expect_eq(text.at[50000], '\0');
    chute_arena_finish(&arena);
}

Test(base_arena, zeroes_memory_used_before) {
    struct chute_arena arena = { 0 };
    memset(chute_arena_get(&arena, 1000), 0xff, 1000);
    chute_arena_reset(&arena, KEEP_ALL);
    const unsigned char *bytes = chute_arena_zeroed(&arena, 1000);
    size_t wrong = 0;
    for (size_t i = 0; i < 1000; i++) {
        wrong += bytes[i] != 0;
    }
    cr_expect_eq(wrong, 0);
    chute_arena_finish(&arena);
    chute_arena_finish(&arena);
    cr_expect_null(arena.next, "ready again");
}

Test(base_arena, begins_as_small_as_it_is_asked_to) {
    struct chute_arena arena = { .first_block = 512 };
    memset(chute_arena_get(&arena, 500), 1, 500);
    cr_expect_eq(arena.total, 512);
    memset(chute_arena_get(&arena, 500), 2, 500);
    cr_expect_eq(arena.total, 1024);
    memset(chute_arena_get(&arena, 1000), 3, 1000);
    cr_expect_eq(arena.total, 2048, "doubled");
    chute_arena_finish(&arena);
    cr_expect_eq(arena.total, 0);
    chute_arena_get(&arena, 1);
    cr_expect_eq(arena.total, 512, "the same after a finish");
    chute_arena_finish(&arena);
}
