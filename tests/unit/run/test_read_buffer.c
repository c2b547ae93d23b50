#include <criterion/criterion.h>

#include "pipeline/run/read_buffer.h"

Test(read_buffer, one_of_the_usual_size_is_used_again) {
    struct chute_read_buffer *buffer = chute_read_buffer_get(1);
    cr_expect_eq(buffer->size, CHUTE_READ_BUFFER_SIZE);
    cr_expect_eq(buffer->held.references, 1);
    memset(buffer->bytes, 'x', buffer->size);
    chute_held_ref(&buffer->held);
    chute_held_unref(&buffer->held);
    struct chute_read_buffer *other = chute_read_buffer_get(CHUTE_READ_BUFFER_SIZE);
    cr_expect_neq(other, buffer, "one in use is nobody else's");
    chute_held_unref(&buffer->held);
    cr_expect_eq(chute_read_buffer_get(0), buffer);
    cr_expect_eq(buffer->held.references, 1);
    chute_held_unref(&buffer->held);
    chute_held_unref(&other->held);
    chute_read_buffer_pool_finish();
}

Test(read_buffer, a_larger_one_has_its_own_size) {
    struct chute_read_buffer *large = chute_read_buffer_get(CHUTE_READ_BUFFER_SIZE + 1);
    cr_expect_eq(large->size, CHUTE_READ_BUFFER_SIZE + 1);
    memset(large->bytes, 'x', large->size);
    chute_held_unref(&large->held);
    struct chute_read_buffer *usual = chute_read_buffer_get(1);
    cr_expect_eq(usual->size, CHUTE_READ_BUFFER_SIZE, "large ones are not kept");
    chute_held_unref(&usual->held);
    chute_read_buffer_pool_finish();
}

/* How many of 40 buffers are handed out a second time. */
Test(read_buffer, the_pool_is_bounded) {
    struct chute_read_buffer *buffers[40], *again[40];
    for (size_t i = 0; i < 40; i++) {
        buffers[i] = chute_read_buffer_get(1);
    }
    for (size_t i = 0; i < 40; i++) {
        chute_held_unref(&buffers[i]->held);
    }
    size_t kept = 0;
    for (size_t i = 0; i < 40; i++) {
        again[i] = chute_read_buffer_get(1);
        bool is_old = false;
        for (size_t k = 0; k < 16; k++) {
            is_old |= again[i] == buffers[k];
        }
        kept += is_old;
    }
    cr_expect_eq(kept, 16, "%zu: the first sixteen that came back", kept);
    for (size_t i = 0; i < 40; i++) {
        chute_held_unref(&again[i]->held);
    }
    chute_read_buffer_pool_finish();
    chute_read_buffer_pool_finish();
}
