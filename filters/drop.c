/* filters/drop.c - drops every event that reaches it, or a share of them. */
#include <sys/random.h>

#include "pipeline/run/plugin.h"

struct drop {
    double percentage;
};

/* xorshift64*: which events go is chance, but no secret. */
struct drop_worker {
    uint64_t random;
};

static const struct chute_option options[] = {
    { .name = "percentage",
        CHUTE_FLOAT(struct drop, percentage),
        .fallback = "100",
        .doc = "How many of a hundred events are dropped, by chance." },
    { 0 },
};

static void worker_init(const void *settings, void *worker) {
    struct drop_worker *self = worker;
    (void)settings;
    if (getrandom(&self->random, sizeof(self->random), GRND_NONBLOCK) < 0 || self->random == 0) {
        self->random = 0x9E3779B97F4A7C15u;
    }
}

/* At least 0, below 100. */
static double roll(struct drop_worker *self) {
    self->random ^= self->random >> 12;
    self->random ^= self->random << 25;
    self->random ^= self->random >> 27;
    uint64_t bits = self->random * 0x2545F4914F6CDD1Du;
    return (double)(bits >> 11) / 9007199254740992.0 * 100;
}

static enum chute_verdict run(
    const void *settings, struct chute_event *event, struct chute_run *run) {
    const struct drop *self = settings;
    (void)event;
    if (self->percentage >= 100 || roll(run->worker) < self->percentage) {
        return CHUTE_DROPPED;
    }
    return CHUTE_MATCHED; /* what stays gets add_field and the like */
}

const struct chute_filter_plugin chute_filter_drop = {
    .name = "drop",
    .summary = "Drops every event that reaches it, or a share of them.",
    .settings_size = sizeof(struct drop),
    .options = options,
    .run = run,
    .worker_size = sizeof(struct drop_worker),
    .worker_init = worker_init,
};
