/* pipeline/run/token.c - acknowledgement: from the outputs back to the inputs. */
#include "pipeline/base/alloc.h"
#include "pipeline/run/engine.h"

struct chute_token *chute_token_create(struct chute_input *input, void *source, uint64_t position) {
    struct chute_token *token = chute_alloc(sizeof(*token));
    *token = (struct chute_token){
        .references = 1, .input = input, .source = source, .position = position
    };
    return token;
}

struct chute_token *chute_token_ref(struct chute_token *token) {
    if (token != NULL) {
        atomic_fetch_add_explicit(&token->references, 1, memory_order_relaxed);
    }
    return token;
}

void chute_token_unref(struct chute_token *token) {
    if (token == NULL || atomic_fetch_sub(&token->references, 1) > 1) {
        return;
    }
    if (token->input->plugin->on_token != NULL) {
        token->input->plugin->on_token(token->input, token, token->is_lost);
    }
    chute_free(token);
}

void chute_token_lose(struct chute_token *token) {
    if (token != NULL) {
        token->is_lost = true;
        chute_token_unref(token);
    }
}

/* A fan is a token without input: `source` is the token that it stands for, `position` has a bit for each fate so far. */
struct chute_token *chute_token_fan(struct chute_token *token, int routes) {
    struct chute_token *fan = chute_token_create(NULL, token, 0);
    fan->references = routes;
    return fan;
}

void chute_pipeline_settle(struct chute_pipeline *pipeline, uint64_t count, enum chute_fate fate) {
    if (count == 0) {
        return;
    }
    struct chute_counters *counters = &pipeline->counters;
    if (fate == CHUTE_FATE_OUT) {
        counters->out += count;
    } else if (fate == CHUTE_FATE_DEAD_LETTERED) {
        counters->dead_lettered += count;
    } else {
        counters->lost += count;
        counters->unkept += fate == CHUTE_FATE_UNKEPT ? count : 0;
    }
    counters->in_flight -= (int64_t)count;
}

static void settle_token(struct chute_token *token, enum chute_fate fate) {
    if (fate == CHUTE_FATE_LOST) {
        chute_token_lose(token);
    } else {
        chute_token_unref(token);
    }
}

void chute_token_settle(
    struct chute_pipeline *pipeline, struct chute_token *token, enum chute_fate fate) {
    if (token == NULL || token->input != NULL) {
        chute_pipeline_settle(pipeline, 1, fate);
        settle_token(token, fate);
        return;
    }
    __atomic_fetch_or(&token->position, (uint64_t)1 << fate, __ATOMIC_RELAXED);
    if (atomic_fetch_sub(&token->references, 1) > 1) {
        return;
    }
    enum chute_fate worst = CHUTE_FATE_LOST;
    while ((token->position >> worst & 1) == 0) {
        worst--;
    }
    chute_pipeline_settle(pipeline, 1, worst);
    settle_token(token->source, worst);
    chute_free(token);
}
