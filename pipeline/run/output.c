/* pipeline/run/output.c - the engine's side of an output: what waits, what is being delivered, what is tried
 * again, and when. Plugins only answer; nothing here knows what a destination is. */
#include "pipeline/base/alloc.h"
#include "pipeline/base/log.h"
#include "pipeline/run/dead_letter.h"
#include "pipeline/run/parcel.h"

#define HURRY_MS 500 /* between attempts once the pipeline stops */
#define SPARE_PARCELS 6
#define SPARE_BYTES ((size_t)1024 * 1024) /* a larger one is not kept */

void chute_output_prepare(struct chute_output *output) {
    output->limits = (struct chute_output_limits){
        .join_bytes = (size_t)1024 * 1024,
        .join_items = UINT32_MAX,
        .in_flight = 1,
        .waiting_bytes = (size_t)4 * 1024 * 1024,
        .retry_initial_ms = 1000,
        .retry_max_ms = 30000,
    };
    if (output->plugin->limits != NULL) {
        output->plugin->limits(output->head.settings, &output->limits);
    }
    output->join_bytes = output->limits.join_bytes;
    output->random = uv_hrtime() | 1;
    pthread_mutex_init(&output->lock, NULL);
    chute_assert(uv_cond_init(&output->has_room) == 0);
    chute_assert(uv_cond_init(&output->has_work) == 0);
}

/* ------------------------------------------------------------------ parcels; all under the lock */

static struct chute_parcel *get_spare(struct chute_output *output) {
    struct chute_parcel *parcel = output->spare;
    if (parcel == NULL) {
        return chute_parcel_create();
    }
    output->spare = parcel->next;
    output->spare_count--;
    chute_parcel_clear(parcel);
    return parcel;
}

static void put_spare(struct chute_output *output, struct chute_parcel *parcel) {
    if (output->spare_count >= SPARE_PARCELS || parcel->bytes.size > SPARE_BYTES) {
        chute_parcel_destroy(parcel);
        return;
    }
    chute_parcel_clear(parcel);
    parcel->next = output->spare;
    output->spare = parcel;
    output->spare_count++;
}

static void append(struct chute_output *output, struct chute_parcel *parcel) {
    parcel->next = NULL;
    if (output->last == NULL) {
        output->first = parcel;
    } else {
        output->last->next = parcel;
    }
    output->last = parcel;
}

static void add_retry(struct chute_output *output, struct chute_parcel *parcel) {
    struct chute_parcel **at = &output->retries;
    while (*at != NULL && (*at)->not_before_ms <= parcel->not_before_ms) {
        at = &(*at)->next;
    }
    parcel->next = *at;
    *at = parcel;
}

static void release_weight(struct chute_output *output, size_t weight) {
    output->held_bytes -= weight;
    if (output->held_bytes < output->limits.waiting_bytes) {
        pthread_cond_broadcast(&output->has_room);
    }
}

/* ------------------------------------------------------------------ what became of items */

/* Whether the answer to an item was the last one. */
static bool is_final(uint8_t outcome) {
    return outcome == CHUTE_DONE || outcome == CHUTE_REJECT || outcome == CHUTE_REJECT_UNKEPT;
}

static enum chute_fate fate_of(uint8_t outcome) {
    return outcome == CHUTE_DONE     ? CHUTE_FATE_OUT
           : outcome == CHUTE_REJECT ? CHUTE_FATE_DEAD_LETTERED
                                     : CHUTE_FATE_UNKEPT;
}

/* Settles the items of a parcel that were answered for good; the others keep their tokens. */
static void settle_answered(struct chute_output *output, const struct chute_parcel *parcel) {
    struct chute_pipeline *pipeline = output->pipeline;
    uint64_t counts[CHUTE_FATE_UNKEPT + 1] = { 0 }; /* by fate */
    uint64_t plain[CHUTE_FATE_UNKEPT + 1] = { 0 };  /* those that nobody waits for */
    for (uint32_t i = 0; i < parcel->count; i++) {
        const struct chute_item *item = &parcel->items[i];
        if (!is_final(item->outcome)) {
            continue;
        }
        enum chute_fate fate = fate_of(item->outcome);
        counts[fate]++;
        if (item->token == NULL) {
            plain[fate]++;
        } else {
            chute_token_settle(pipeline, item->token, fate);
        }
    }
    uint64_t all = 0;
    for (int fate = 0; fate <= CHUTE_FATE_UNKEPT; fate++) {
        chute_pipeline_settle(pipeline, plain[fate], (enum chute_fate)fate);
        all += counts[fate];
    }
    struct chute_counters *counters = &output->head.counters;
    counters->out += counts[CHUTE_FATE_OUT];
    counters->dead_lettered += counts[CHUTE_FATE_DEAD_LETTERED];
    counters->lost += counts[CHUTE_FATE_UNKEPT];
    counters->unkept += counts[CHUTE_FATE_UNKEPT];
    counters->in_flight -= (int64_t)all;
    if (all > 0) {
        pipeline->progress_ms = chute_now_ms();
    }
}

static void lose(struct chute_output *output, const struct chute_parcel *parcel) {
    uint64_t lost = 0;
    for (uint32_t i = 0; i < parcel->count; i++) {
        if (!is_final(parcel->items[i].outcome)) {
            chute_token_settle(output->pipeline, parcel->items[i].token, CHUTE_FATE_LOST);
            lost++;
        }
    }
    output->head.counters.lost += lost;
    output->head.counters.in_flight -= (int64_t)lost;
}

/* ------------------------------------------------------------------ from the workers */

struct chute_parcel *chute_output_parcel(struct chute_output *output) {
    pthread_mutex_lock(&output->lock);
    struct chute_parcel *parcel = get_spare(output);
    pthread_mutex_unlock(&output->lock);
    return parcel;
}

static void on_pump(void *arg);

/* Sees to it that what waits is looked at. Under the lock. */
static void wake(struct chute_output *output) {
    if (output->plugin->thread == CHUTE_OWN_THREAD) {
        pthread_cond_signal(&output->has_work);
    } else if (!output->is_pump_posted) {
        output->is_pump_posted = true;
        chute_loop_post(&output->pipeline->process->output_loop, on_pump, output);
    }
}

static bool has_keyed_item(const struct chute_parcel *parcel) {
    for (uint32_t i = 0; i < parcel->count; i++) {
        if ((parcel->items[i].flags & CHUTE_ITEM_KEYED) != 0) {
            return true;
        }
    }
    return false;
}

void chute_output_accept(struct chute_output *output, struct chute_parcel *parcel) {
    bool is_keyed = output->is_serial && has_keyed_item(parcel);
    pthread_mutex_lock(&output->lock);
    while (output->held_bytes >= output->limits.waiting_bytes && !output->is_abandoned &&
           parcel->count > 0) {
        pthread_cond_wait(&output->has_room, &output->lock);
    }
    if (parcel->count == 0) {
        put_spare(output, parcel);
    } else if (output->is_abandoned) {
        lose(output, parcel);
        put_spare(output, parcel);
    } else {
        output->has_keyed |= is_keyed;
        output->held_bytes += chute_parcel_weight(parcel);
        append(output, parcel);
        wake(output);
    }
    pthread_mutex_unlock(&output->lock);
}

/* ------------------------------------------------------------------ deliveries */

/* The next delivery, or NULL; then *wait_ms tells when to look again (0: when something comes). Under the
 * lock. */
static struct chute_parcel *next_delivery(struct chute_output *output, uint64_t *wait_ms) {
    uint64_t now_ns = uv_hrtime(), now = now_ns / 1000000;
    unsigned most = output->has_keyed ? 1 : output->limits.in_flight;
    *wait_ms = 0;
    if (output->open >= most || output->is_abandoned) {
        return NULL;
    }
    if (now < output->hold_until_ms) {
        *wait_ms = output->hold_until_ms - now;
        return NULL;
    }
    struct chute_parcel **first = &output->first;
    struct chute_parcel **last = &output->last;
    if (output->retries != NULL) {
        uint64_t due = output->retries->not_before_ms;
        if (due <= now) {
            first = &output->retries;
            last = NULL;
        } else {
            *wait_ms = due - now;
            if (output->has_keyed) {
                return NULL; /* nothing may overtake what is tried again */
            }
        }
    }
    struct chute_parcel *into = get_spare(output);
    struct chute_parcel *emptied = NULL;
    struct chute_parcel *parcel = chute_parcel_take(
        first, last, output->join_bytes, output->limits.join_items, into, &emptied);
    if (parcel != into) {
        put_spare(output, into);
    }
    while (emptied != NULL) {
        struct chute_parcel *next = emptied->next;
        put_spare(output, emptied);
        emptied = next;
    }
    if (parcel != NULL) {
        for (uint32_t i = 0; i < parcel->count; i++) {
            parcel->items[i].outcome = CHUTE_UNANSWERED;
            parcel->items[i].retry_after_ms = 0;
        }
        parcel->started_ns = now_ns;
        output->open++;
    }
    return parcel;
}

static void on_timer(uv_timer_t *timer) {
    on_pump(timer->data);
}

/* Loop: delivers what may be delivered now. */
static void on_pump(void *arg) {
    struct chute_output *output = arg;
    while (true) {
        uint64_t wait_ms;
        pthread_mutex_lock(&output->lock);
        output->is_pump_posted = false;
        struct chute_parcel *parcel = next_delivery(output, &wait_ms);
        bool is_closing = output->is_closing;
        pthread_mutex_unlock(&output->lock);
        if (parcel == NULL) {
            if (wait_ms > 0 && !is_closing) {
                uv_timer_start(&output->timer, on_timer, wait_ms, 0);
            }
            return;
        }
        output->plugin->deliver(output, parcel);
    }
}

static void wait_for_work(struct chute_output *output, uint64_t wait_ms) {
    if (wait_ms == 0) {
        uv_cond_wait(&output->has_work, &output->lock);
    } else {
        uv_cond_timedwait(&output->has_work, &output->lock, wait_ms * 1000000);
    }
}

struct opening {
    struct chute_output *output;
    int status;
    uv_sem_t done;
};

/* The own thread of an output. */
static void *run_own(void *arg) {
    struct opening *opening = arg;
    struct chute_output *output = opening->output;
    opening->status = output->plugin->start == NULL ? 0 : output->plugin->start(output);
    bool is_open = opening->status == 0;
    uv_sem_post(&opening->done);
    pthread_mutex_lock(&output->lock);
    while (is_open && !output->is_closing) {
        uint64_t wait_ms;
        struct chute_parcel *parcel = next_delivery(output, &wait_ms);
        if (parcel == NULL) {
            wait_for_work(output, wait_ms);
            continue;
        }
        pthread_mutex_unlock(&output->lock);
        output->plugin->deliver(output, parcel);
        pthread_mutex_lock(&output->lock);
    }
    pthread_mutex_unlock(&output->lock);
    if (output->plugin->stop != NULL) {
        output->plugin->stop(output);
    }
    return NULL;
}

static void open_on_loop(void *arg) {
    struct opening *opening = arg;
    struct chute_output *output = opening->output;
    uv_timer_init(chute_output_loop(output), &output->timer);
    output->timer.data = output;
    output->has_timer = true;
    opening->status = output->plugin->start == NULL ? 0 : output->plugin->start(output);
}

int chute_output_open(struct chute_output *output) {
    struct opening opening = { .output = output };
    if (output->plugin->thread == CHUTE_ON_LOOP) {
        chute_loop_call(&output->pipeline->process->output_loop, open_on_loop, &opening);
        return opening.status;
    }
    chute_assert(uv_sem_init(&opening.done, 0) == 0);
    chute_assert(pthread_create(&output->thread, NULL, run_own, &opening) == 0);
    output->has_thread = true;
    pthread_setname_np(output->thread, output->plugin->name);
    uv_sem_wait(&opening.done);
    uv_sem_destroy(&opening.done);
    return opening.status;
}

/* ------------------------------------------------------------------ answers */

void chute_output_done(struct chute_parcel *parcel, uint32_t index) {
    chute_assert(index < parcel->count);
    parcel->items[index].outcome = CHUTE_DONE;
}

void chute_output_retry(struct chute_parcel *parcel, uint32_t index, uint32_t after_ms) {
    chute_assert(index < parcel->count);
    parcel->items[index].outcome = CHUTE_RETRY;
    parcel->items[index].retry_after_ms = after_ms;
}

void chute_output_answer_all(struct chute_parcel *parcel, enum chute_outcome outcome) {
    for (uint32_t i = 0; i < parcel->count; i++) {
        parcel->items[i].outcome = (uint8_t)outcome;
    }
}

void chute_output_reject(struct chute_output *output, struct chute_parcel *parcel, uint32_t index,
    const char *where, const char *reason, const char *detail) {
    chute_assert(index < parcel->count);
    struct chute_item *item = &parcel->items[index];
    if (item->outcome == CHUTE_REJECT || item->outcome == CHUTE_REJECT_UNKEPT) {
        return;
    }
    struct chute_str bytes = { parcel->bytes.at + item->offset, item->len };
    bool is_json = output->plugin->document != NULL;
    struct chute_letter letter = {
        .plugin = output->head.id,
        .where = where,
        .reason = reason,
        .detail = detail,
        .event = is_json ? output->plugin->document(output->head.settings, bytes) : bytes,
        .is_json = is_json,
    };
    bool is_kept = chute_dead_letters_add(output->pipeline->dead_letters, &letter);
    item->outcome = is_kept ? CHUTE_REJECT : CHUTE_REJECT_UNKEPT;
    if (!is_kept) {
        chute_instance_count(&output->head, "dead_letters_not_kept", 1);
    }
    uint64_t suppressed;
    if (chute_log_limit(&output->reject_limiter, 10000, &suppressed)) {
        char more[32];
        snprintf(more, sizeof(more), "%llu", (unsigned long long)suppressed);
        chute_log(CHUTE_LOG_WARN, output->head.id,
            is_kept ? "an event was refused for good and dead-lettered"
                    : "an event was refused for good and could not be kept: it is lost",
            "where", where, "reason", reason, "more_since_last", more, NULL);
    }
}

void chute_output_shrink(struct chute_output *output, struct chute_parcel *parcel) {
    if (parcel->count == 1) {
        chute_output_reject(
            output, parcel, 0, NULL, "larger than the destination takes in one request", NULL);
        return;
    }
    pthread_mutex_lock(&output->lock);
    size_t limit = parcel->bytes.len / 2;
    if (limit < output->join_bytes) {
        output->join_bytes = limit;
        chute_logf(CHUTE_LOG_WARN, output->head.id,
            "the destination refused a request of %zu bytes as too large: requests are now at most "
            "%zu bytes",
            parcel->bytes.len, limit);
    }
    pthread_mutex_unlock(&output->lock);
    for (uint32_t i = 0; i < parcel->count; i++) {
        chute_output_retry(parcel, i, 1); /* at once, in smaller requests */
    }
}

static uint64_t next_random(struct chute_output *output) {
    output->random ^= output->random << 13;
    output->random ^= output->random >> 7;
    output->random ^= output->random << 17;
    return output->random;
}

/* Doubled for each attempt up to the limit; then anything from half of it to all of it. */
static uint64_t back_off(struct chute_output *output, unsigned attempts) {
    uint64_t delay = output->limits.retry_initial_ms;
    while (attempts > 1 && delay < output->limits.retry_max_ms) {
        delay *= 2;
        attempts--;
    }
    if (delay > output->limits.retry_max_ms) {
        delay = output->limits.retry_max_ms;
    }
    return delay / 2 + next_random(output) % (delay / 2 + 1);
}

/* Moves what has to be tried again into a parcel of its own (or leaves it, if that is all); NULL: nothing. */
static struct chute_parcel *left_over(struct chute_output *output, struct chute_parcel *parcel) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < parcel->count; i++) {
        count += !is_final(parcel->items[i].outcome);
    }
    if (count == parcel->count) {
        return parcel;
    }
    if (count == 0) {
        return NULL;
    }
    struct chute_parcel *retry = get_spare(output);
    for (uint32_t i = 0; i < parcel->count; i++) {
        if (!is_final(parcel->items[i].outcome)) {
            chute_parcel_move_item(retry, parcel, i);
        }
    }
    return retry;
}

/* Counts the attempt and sets the time of the next one. Returns the delay. */
static uint64_t schedule(struct chute_output *output, struct chute_parcel *retry) {
    unsigned attempts = 0;
    uint32_t asked = 0;
    for (uint32_t i = 0; i < retry->count; i++) {
        struct chute_item *item = &retry->items[i];
        if (item->attempts < UINT16_MAX) {
            item->attempts++;
        }
        attempts = item->attempts > attempts ? item->attempts : attempts;
        asked = item->retry_after_ms > asked ? item->retry_after_ms : asked;
    }
    uint64_t delay = asked > 0 ? asked : back_off(output, attempts);
    if (output->is_hurried && delay > HURRY_MS) {
        delay = HURRY_MS;
    }
    retry->not_before_ms = chute_now_ms() + delay;
    return delay;
}

void chute_output_finish(struct chute_output *output, struct chute_parcel *parcel) {
    uint64_t took = uv_hrtime() - parcel->started_ns;
    output->head.counters.deliver_nanoseconds += took;
    chute_histogram_add(&output->head.latency, took);
    settle_answered(output, parcel);
    pthread_mutex_lock(&output->lock);
    size_t weight = chute_parcel_weight(parcel);
    struct chute_parcel *retry = left_over(output, parcel);
    output->open--;
    bool got_nothing_done = retry == parcel;
    output->failures = got_nothing_done ? output->failures + 1 : 0;
    if (retry != NULL && output->is_abandoned) {
        lose(output, retry);
        if (retry != parcel) {
            put_spare(output, retry);
        }
        retry = NULL;
    } else if (retry != NULL) {
        output->head.counters.retried += retry->count;
        uint64_t delay = schedule(output, retry);
        if (got_nothing_done) {
            output->hold_until_ms = chute_now_ms() + delay;
        }
        weight -= chute_parcel_weight(retry);
        add_retry(output, retry);
    }
    if (!got_nothing_done) {
        output->hold_until_ms = 0;
    }
    if (retry != parcel) {
        put_spare(output, parcel);
    }
    release_weight(output, weight);
    wake(output);
    pthread_mutex_unlock(&output->lock);
}

/* ------------------------------------------------------------------ the end */

struct chute_output_state chute_output_look(struct chute_output *output) {
    pthread_mutex_lock(&output->lock);
    struct chute_output_state state = {
        .waiting_bytes = output->held_bytes,
        .waiting_limit = output->limits.waiting_bytes,
        .failures = output->failures,
    };
    pthread_mutex_unlock(&output->lock);
    return state;
}

bool chute_output_is_idle(struct chute_output *output) {
    pthread_mutex_lock(&output->lock);
    bool is_idle = output->first == NULL && output->retries == NULL && output->open == 0;
    pthread_mutex_unlock(&output->lock);
    return is_idle;
}

struct question {
    struct chute_output *output;
    bool is_so;
};

static void ask_on_loop(void *arg) {
    struct question *question = arg;
    struct chute_output *output = question->output;
    question->is_so = output->plugin->is_being_answered(output);
}

bool chute_output_is_being_answered(struct chute_output *output) {
    struct question question = { .output = output };
    if (output->plugin->is_being_answered != NULL) {
        chute_loop_call(&output->pipeline->process->output_loop, ask_on_loop, &question);
    }
    return question.is_so;
}

void chute_output_hurry(struct chute_output *output) {
    pthread_mutex_lock(&output->lock);
    output->is_hurried = true;
    output->hold_until_ms = 0;
    for (struct chute_parcel *parcel = output->retries; parcel != NULL; parcel = parcel->next) {
        parcel->not_before_ms = 0;
    }
    wake(output);
    pthread_mutex_unlock(&output->lock);
}

static void lose_list(struct chute_output *output, struct chute_parcel **list) {
    while (*list != NULL) {
        struct chute_parcel *parcel = *list;
        *list = parcel->next;
        output->held_bytes -= chute_parcel_weight(parcel);
        for (uint32_t i = 0; i < parcel->count; i++) {
            parcel->items[i].outcome = CHUTE_UNANSWERED;
        }
        lose(output, parcel);
        chute_parcel_destroy(parcel);
    }
}

void chute_output_abandon(struct chute_output *output) {
    pthread_mutex_lock(&output->lock);
    output->is_abandoned = true;
    lose_list(output, &output->first);
    output->last = NULL;
    lose_list(output, &output->retries);
    pthread_cond_broadcast(&output->has_room);
    pthread_mutex_unlock(&output->lock);
}

bool chute_output_is_stopping(const struct chute_output *output) {
    return output->pipeline->is_stopping;
}

bool chute_output_is_abandoned(const struct chute_output *output) {
    return output->pipeline->is_abandoned;
}

static void on_timer_closed(uv_handle_t *timer) {
    struct chute_output *output = timer->data;
    pthread_mutex_lock(&output->lock);
    output->has_timer = false;
    pthread_cond_broadcast(&output->has_room);
    pthread_mutex_unlock(&output->lock);
}

void chute_output_closed(struct chute_output *output) {
    pthread_mutex_lock(&output->lock);
    output->is_closed = true;
    pthread_cond_broadcast(&output->has_room);
    pthread_mutex_unlock(&output->lock);
}

static void close_on_loop(void *arg) {
    struct chute_output *output = arg;
    uv_close((uv_handle_t *)&output->timer, on_timer_closed);
    if (output->plugin->stop != NULL) {
        output->plugin->stop(output);
    } else {
        chute_output_closed(output);
    }
}

void chute_output_close(struct chute_output *output) {
    pthread_mutex_lock(&output->lock);
    output->is_closing = true;
    pthread_cond_broadcast(&output->has_work);
    pthread_mutex_unlock(&output->lock);
    if (output->has_thread) {
        pthread_join(output->thread, NULL);
    } else if (output->has_timer) {
        chute_loop_post(&output->pipeline->process->output_loop, close_on_loop, output);
        pthread_mutex_lock(&output->lock);
        while (!output->is_closed || output->has_timer || output->open > 0) {
            pthread_cond_wait(&output->has_room, &output->lock);
        }
        pthread_mutex_unlock(&output->lock);
        /* posts that were under way have run once this one has */
        chute_loop_call(&output->pipeline->process->output_loop, on_pump, output);
    }
    if (output->plugin->state_finish != NULL) {
        output->plugin->state_finish(output->state);
    }
    while (output->spare != NULL) {
        struct chute_parcel *next = output->spare->next;
        chute_parcel_destroy(output->spare);
        output->spare = next;
    }
    pthread_cond_destroy(&output->has_room);
    pthread_cond_destroy(&output->has_work);
    pthread_mutex_destroy(&output->lock);
}
