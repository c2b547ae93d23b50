#include <criterion/criterion.h>

#include "pipeline/base/alloc.h"
#include "pipeline/run/engine.h"

static struct chute_queue queue;
static struct chute_origin *origin;
static _Atomic int lows;
static int resolved, lost;

static void on_low(void *arg) {
    cr_expect_eq(arg, &lows);
    lows++;
}
static void on_token(struct chute_input *input, struct chute_token *token, bool is_lost) {
    (void)input;
    (void)token;
    resolved += !is_lost;
    lost += is_lost;
}

static void open_queue(void) {
    chute_queue_init(&queue, 10000, on_low, &lows);
    origin = chute_origin_create();
}
static void close_queue(void) {
    chute_queue_finish(&queue);
    cr_expect_eq(origin->held.references, 1);
    chute_held_unref(&origin->held);
}
TestSuite(queue, .init = open_queue, .fini = close_queue, .timeout = 60);

static struct chute_block *block_of(size_t len) {
    struct chute_block *block = chute_calloc(1, sizeof(*block));
    block->origin = origin;
    chute_held_ref(&origin->held);
    block->bytes = (struct chute_str){ "", len }; /* nobody reads them here */
    return block;
}

/* The length of the next block; -1: none came; -2: and it is over. */
static long pop(int wait_ms) {
    bool is_over;
    struct chute_block *block = chute_queue_pop(&queue, wait_ms, &is_over);
    cr_expect(block == NULL || !is_over);
    if (block == NULL) {
        return is_over ? -2 : -1;
    }
    long len = (long)block->bytes.len;
    chute_block_destroy(block, false);
    return len;
}

Test(queue, gives_blocks_in_order) {
    struct chute_block *list = block_of(1);
    list->next = block_of(2);
    list->next->next = block_of(3);
    cr_expect(chute_queue_push(&queue, list));
    cr_expect(chute_queue_push_wait(&queue, block_of(4)));
    cr_expect_eq(pop(0), 1);
    cr_expect(chute_queue_push(&queue, block_of(5)));
    for (long want = 2; want <= 5; want++) {
        cr_expect_eq(pop(-1), want);
    }
    cr_expect_eq(pop(0), -1);
    cr_expect_eq(pop(1), -1);
    cr_expect_eq(queue.bytes, 0);
    cr_expect_null(queue.last);
    cr_expect(chute_queue_push(&queue, block_of(6)), "it is as new");
    cr_expect_eq(pop(0), 6);
}

Test(queue, tells_once_that_it_is_low_again) {
    int pushed = 0;
    while (chute_queue_push(&queue, block_of(1000))) {
        pushed++;
    }
    cr_expect_geq(pushed, 7);
    cr_expect_lt(pushed, 10, "a block costs more than its bytes");
    for (int i = 0; i < 5; i++) {
        cr_expect_not(chute_queue_push(&queue, block_of(1000)), "taken, but full");
    }
    cr_expect_eq(lows, 0);
    while (queue.bytes > 0) {
        bool was_low = queue.bytes < 7500;
        cr_expect_eq(lows, was_low ? 1 : 0, "with %zu bytes", queue.bytes);
        pop(0);
    }
    cr_expect_eq(lows, 1);
    while (chute_queue_push(&queue, block_of(1000))) {
    }
    while (pop(0) >= 0) {
    }
    cr_expect_eq(lows, 2, "and again when it was full again");
    chute_queue_push(&queue, block_of(1000));
    pop(0);
    cr_expect_eq(lows, 2, "never when it was not");
}

Test(queue, many_tiny_blocks_fill_it_too) {
    int pushed = 1;
    while (chute_queue_push(&queue, block_of(1))) {
        pushed++;
    }
    cr_expect_leq(pushed, 10000 / (int)sizeof(struct chute_block) + 1);
}

/* ------------------------------------------------------------------ waiting */

struct waiter {
    pthread_t thread;
    struct chute_block *block;
    bool is_pushed;
    long popped;
};
static void *push_one(void *arg) {
    struct waiter *waiter = arg;
    waiter->is_pushed = chute_queue_push_wait(&queue, waiter->block);
    return NULL;
}
static void *pop_one(void *arg) {
    struct waiter *waiter = arg;
    do { /* a wake-up without a block is allowed */
        waiter->popped = pop(-1);
    } while (waiter->popped == -1);
    return NULL;
}

static void fill(void) {
    while (chute_queue_push(&queue, block_of(1000))) {
    }
}

Test(queue, push_wait_waits_for_room) {
    fill();
    struct waiter waiters[3];
    for (long i = 0; i < 3; i++) {
        waiters[i] = (struct waiter){ .block = block_of(10) };
        cr_assert_eq(pthread_create(&waiters[i].thread, NULL, push_one, &waiters[i]), 0);
    }
    long small = 0, large = 0;
    while (small < 3) { /* all come through, while the queue stays within its bound */
        pthread_mutex_lock(&queue.lock);
        cr_expect_lt(queue.bytes, 10000 + 2000);
        pthread_mutex_unlock(&queue.lock);
        long len = pop(1000);
        small += len == 10;
        large += len == 1000;
    }
    for (size_t i = 0; i < 3; i++) {
        pthread_join(waiters[i].thread, NULL);
        cr_expect(waiters[i].is_pushed);
    }
    cr_expect_gt(large, 0, "what was there came first");
}

Test(queue, a_push_wakes_a_worker) {
    struct waiter waiters[2] = { 0 };
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(pthread_create(&waiters[i].thread, NULL, pop_one, &waiters[i]), 0);
    }
    struct chute_block *list = block_of(1);
    list->next = block_of(2);
    chute_queue_push(&queue, list);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(waiters[i].thread, NULL);
    }
    cr_expect_eq(waiters[0].popped + waiters[1].popped, 3, "one each");
}

Test(queue, a_close_ends_workers_when_it_is_empty) {
    chute_queue_push(&queue, block_of(1));
    chute_queue_close(&queue);
    cr_expect_eq(pop(-1), 1);
    cr_expect_eq(pop(-1), -2);
    cr_expect_eq(pop(0), -2);
}

Test(queue, a_close_wakes_workers) {
    struct waiter waiters[2] = { 0 };
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(pthread_create(&waiters[i].thread, NULL, pop_one, &waiters[i]), 0);
    }
    chute_queue_close(&queue);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(waiters[i].thread, NULL);
        cr_expect_eq(waiters[i].popped, -2);
    }
}

Test(queue, after_an_abandon_nobody_waits) {
    fill();
    size_t before = queue.bytes;
    struct waiter waiter = { .block = block_of(10) };
    cr_assert_eq(pthread_create(&waiter.thread, NULL, push_one, &waiter), 0);
    chute_queue_abandon(&queue);
    pthread_join(waiter.thread, NULL);
    cr_expect_not(waiter.is_pushed);
    cr_expect_gt(queue.bytes, before, "but it was taken: workers count it as lost");
    cr_expect_not(chute_queue_push_wait(&queue, block_of(10)));
}

Test(queue, what_is_left_at_the_end_is_lost) {
    static const struct chute_input_plugin plugin = { .name = "x", .on_token = on_token };
    struct chute_input input = { .plugin = &plugin };
    struct chute_queue own;
    chute_queue_init(&own, 10000, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        struct chute_block *block = block_of(1);
        block->token = chute_token_create(&input, NULL, 1);
        chute_queue_push(&own, block);
    }
    bool is_over;
    chute_block_destroy(chute_queue_pop(&own, 0, &is_over), false);
    cr_expect_eq(resolved, 1);
    chute_queue_finish(&own);
    cr_expect_eq(resolved, 1);
    cr_expect_eq(lost, 2);
}
