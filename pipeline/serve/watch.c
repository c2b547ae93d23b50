#include "pipeline/serve/watch.h"

#include "pipeline/base/alloc.h"
#include "pipeline/run/dead_letter.h"

struct seen {
    uint64_t value;
    uint64_t grew_ms;
};

struct chute_watch {
    const struct chute_pipeline *pipeline;
    struct seen *seen; /* inputs, each sign of outputs, the pipeline's */
    size_t count;
    uint64_t now_ms; /* of the last look */
};

#define SIGNS_OF_OUTPUTS (CHUTE_SIGN_UNKEPT - CHUTE_SIGN_RETRIED + 1)

static size_t place_of(const struct chute_watch *watch, enum chute_sign sign, size_t index) {
    size_t inputs = watch->pipeline->input_count, outputs = watch->pipeline->output_count;
    if (sign == CHUTE_SIGN_GIVEN) {
        return index;
    }
    return inputs + outputs * (size_t)(sign - CHUTE_SIGN_RETRIED) + index;
}

struct chute_watch *chute_watch_create(const struct chute_pipeline *pipeline, uint64_t now_ms) {
    struct chute_watch *watch = chute_calloc(1, sizeof(*watch));
    watch->pipeline = pipeline;
    watch->count = pipeline->input_count + SIGNS_OF_OUTPUTS * pipeline->output_count + 1;
    watch->seen = chute_calloc(watch->count, sizeof(*watch->seen));
    watch->now_ms = now_ms;
    for (size_t i = 0; i < watch->count; i++) {
        watch->seen[i].grew_ms = now_ms;
    }
    return watch;
}

void chute_watch_destroy(struct chute_watch *watch) {
    if (watch != NULL) {
        chute_free(watch->seen);
        chute_free(watch);
    }
}

static void note(struct chute_watch *watch, enum chute_sign sign, size_t index, uint64_t value) {
    struct seen *seen = &watch->seen[place_of(watch, sign, index)];
    if (value > seen->value) {
        *seen = (struct seen){ value, watch->now_ms };
    }
}

void chute_watch_look(struct chute_watch *watch, uint64_t now_ms) {
    const struct chute_pipeline *pipeline = watch->pipeline;
    watch->now_ms = now_ms;
    for (size_t i = 0; i < pipeline->input_count; i++) {
        note(watch, CHUTE_SIGN_GIVEN, i, pipeline->inputs[i]->head.counters.out);
    }
    for (size_t i = 0; i < pipeline->output_count; i++) {
        const struct chute_counters *counters = &pipeline->outputs[i]->head.counters;
        note(watch, CHUTE_SIGN_RETRIED, i, counters->retried);
        note(watch, CHUTE_SIGN_DEAD_LETTERED, i, counters->dead_lettered);
        note(watch, CHUTE_SIGN_UNKEPT, i, counters->unkept);
    }
    if (pipeline->is_running) {
        note(watch, CHUTE_SIGN_DROPPED_LETTERS, 0,
            chute_dead_letters_dropped(pipeline->dead_letters));
    }
}

uint64_t chute_watch_quiet_ms(const struct chute_watch *watch, enum chute_sign sign, size_t index) {
    return watch->now_ms - watch->seen[place_of(watch, sign, index)].grew_ms;
}

bool chute_watch_grew(
    const struct chute_watch *watch, enum chute_sign sign, size_t index, uint64_t ms) {
    const struct seen *seen = &watch->seen[place_of(watch, sign, index)];
    return seen->value > 0 && watch->now_ms - seen->grew_ms < ms;
}
