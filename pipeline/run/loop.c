#include "pipeline/run/loop.h"

#include <pthread.h>

#include "pipeline/base/alloc.h"

struct chute_post {
    struct chute_post *next;
    void (*call)(void *arg);
    void *arg;
};

static void run_posts(struct chute_loop *loop) {
    uv_mutex_lock(&loop->lock);
    struct chute_post *post = loop->first;
    loop->first = NULL;
    loop->last = NULL;
    uv_mutex_unlock(&loop->lock);
    while (post != NULL) {
        struct chute_post *next = post->next;
        post->call(post->arg);
        chute_free(post);
        post = next;
    }
}

static void on_wake(uv_async_t *wake) {
    struct chute_loop *loop = wake->data;
    run_posts(loop);
    uv_mutex_lock(&loop->lock);
    bool is_over = loop->is_stopping && loop->first == NULL;
    uv_mutex_unlock(&loop->lock);
    if (is_over && !uv_is_closing((uv_handle_t *)wake)) {
        uv_close((uv_handle_t *)wake, NULL);
    }
}

static void run(void *arg) {
    struct chute_loop *loop = arg;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void chute_loop_start(struct chute_loop *loop, const char *thread_name) {
    *loop = (struct chute_loop){ 0 };
    chute_assert(uv_loop_init(&loop->uv) == 0);
    chute_assert(uv_mutex_init(&loop->lock) == 0);
    chute_assert(uv_async_init(&loop->uv, &loop->wake, on_wake) == 0);
    loop->wake.data = loop;
    chute_assert(uv_thread_create(&loop->thread, run, loop) == 0);
    pthread_setname_np(loop->thread, thread_name);
}

void chute_loop_post(struct chute_loop *loop, void (*call)(void *arg), void *arg) {
    struct chute_post *post = chute_alloc(sizeof(*post));
    *post = (struct chute_post){ .call = call, .arg = arg };
    uv_mutex_lock(&loop->lock);
    if (loop->last == NULL) {
        loop->first = post;
    } else {
        loop->last->next = post;
    }
    loop->last = post;
    uv_mutex_unlock(&loop->lock);
    uv_async_send(&loop->wake);
}

struct waiting_call {
    void (*call)(void *arg);
    void *arg;
    uv_sem_t done;
};

static void run_waiting_call(void *arg) {
    struct waiting_call *waiting = arg;
    waiting->call(waiting->arg);
    uv_sem_post(&waiting->done);
}

void chute_loop_call(struct chute_loop *loop, void (*call)(void *arg), void *arg) {
    chute_assert(!chute_loop_is_current(loop));
    struct waiting_call waiting = { .call = call, .arg = arg };
    chute_assert(uv_sem_init(&waiting.done, 0) == 0);
    chute_loop_post(loop, run_waiting_call, &waiting);
    uv_sem_wait(&waiting.done);
    uv_sem_destroy(&waiting.done);
}

void chute_loop_finish(struct chute_loop *loop) {
    uv_mutex_lock(&loop->lock);
    loop->is_stopping = true;
    uv_mutex_unlock(&loop->lock);
    uv_async_send(&loop->wake);
    uv_thread_join(&loop->thread);
    chute_assert(uv_loop_close(&loop->uv) == 0);
    uv_mutex_destroy(&loop->lock);
}

bool chute_loop_is_current(const struct chute_loop *loop) {
    uv_thread_t self = uv_thread_self();
    return uv_thread_equal(&self, &loop->thread) != 0;
}
