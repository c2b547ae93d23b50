#include <criterion/criterion.h>
#include <pthread.h>

#include "pipeline/base/time.h"
#include "pipeline/run/loop.h"

#define POSTS 2000

static struct chute_loop loop;
static struct {
    int order[2]; /* the next number of each thread */
    int wrong, total;
} seen; /* the loop's */

struct post {
    int thread, number;
};

static void on_post(void *arg) {
    const struct post *post = arg;
    seen.wrong += seen.order[post->thread]++ != post->number;
    seen.wrong += !chute_loop_is_current(&loop);
    seen.total++;
}

static void *post_all(void *arg) {
    struct post *posts = arg;
    for (int i = 0; i < POSTS; i++) {
        chute_loop_post(&loop, on_post, &posts[i]);
    }
    return NULL;
}

static void nothing(void *arg) {
    (void)arg;
}

Test(loop, runs_what_is_posted_in_order, .timeout = 60) {
    static struct post posts[2][POSTS];
    pthread_t threads[2];
    chute_loop_start(&loop, "test");
    for (int thread = 0; thread < 2; thread++) {
        for (int i = 0; i < POSTS; i++) {
            posts[thread][i] = (struct post){ .thread = thread, .number = i };
        }
        cr_assert_eq(pthread_create(&threads[thread], NULL, post_all, posts[thread]), 0);
    }
    for (int thread = 0; thread < 2; thread++) {
        pthread_join(threads[thread], NULL);
    }
    chute_loop_call(&loop, nothing, NULL); /* behind all of them */
    cr_expect_eq(seen.total, 2 * POSTS);
    cr_expect_eq(seen.wrong, 0);
    cr_expect_not(chute_loop_is_current(&loop));
    chute_loop_finish(&loop);
}

static void add_one(void *arg) {
    ++*(int *)arg;
}

Test(loop, a_call_waits_until_it_has_run, .timeout = 60) {
    chute_loop_start(&loop, "test");
    int count = 0;
    for (int i = 1; i <= 200; i++) {
        chute_loop_call(&loop, add_one, &count);
        cr_expect_eq(count, i);
    }
    chute_loop_finish(&loop);
}

static int left;
static void post_again(void *arg) {
    if (--left > 0) {
        chute_loop_post(arg, post_again, arg);
    }
}

Test(loop, ends_after_all_that_is_posted, .timeout = 60) {
    for (int round = 0; round < 50; round++) {
        left = 20;
        chute_loop_start(&loop, "test");
        chute_loop_post(&loop, post_again, &loop);
        chute_loop_finish(&loop);
        cr_expect_eq(left, 0, "also what a post has posted");
    }
}

static uv_timer_t timer;
static int fired;
static void on_timer(uv_timer_t *handle) {
    if (++fired == 3) {
        uv_close((uv_handle_t *)handle, NULL);
    }
}
static void start_timer(void *arg) {
    (void)arg;
    uv_timer_init(&loop.uv, &timer);
    uv_timer_start(&timer, on_timer, 1, 1);
}

Test(loop, ends_when_its_handles_are_closed, .timeout = 60) {
    chute_loop_start(&loop, "test");
    chute_loop_post(&loop, start_timer, NULL);
    uint64_t before = chute_now_ms();
    chute_loop_finish(&loop);
    cr_expect_eq(fired, 3);
    cr_expect_geq(chute_now_ms(), before + 2);
}
