/* filters/mutate/gsub.c - replaces what regular expressions match in texts. */
#include "filters/mutate/mutate.h"
#include "pipeline/base/alloc.h"

/* The regex of a needle that holds %{…}: mostly one of the last. NULL if it is none. */
static const struct chute_regex *cached_regex(
    struct mutate_worker *worker, struct chute_str pattern) {
    for (size_t i = 0; i < MUTATE_CACHED; i++) {
        struct mutate_cached *cached = &worker->cached[i];
        if (cached->regex != NULL && chute_str_eq(cached->text, pattern)) {
            return cached->regex;
        }
    }
    struct chute_regex_error error;
    struct chute_regex *regex = chute_regex_compile(pattern, NULL, &error);
    if (regex == NULL) {
        return NULL;
    }
    struct mutate_cached *oldest = &worker->cached[worker->next];
    worker->next = (worker->next + 1) % MUTATE_CACHED;
    chute_regex_destroy(oldest->regex);
    chute_free((char *)oldest->text.at);
    oldest->regex = regex;
    oldest->text = (struct chute_str){ chute_strndup(pattern.at, pattern.len), pattern.len };
    return regex;
}

void mutate_worker_finish(void *memory) {
    struct mutate_worker *worker = memory;
    for (size_t i = 0; i < MUTATE_CACHED; i++) {
        chute_regex_destroy(worker->cached[i].regex);
        chute_free((char *)worker->cached[i].text.at);
    }
    chute_buf_finish(&worker->buf);
}

/* What one gsub looks for and puts in its place, for the event at hand. */
struct substitution {
    const struct chute_regex *regex;
    struct chute_str replacement;
};

/* False if the regex ran into its limits. */
static bool substitute(const struct mutate_work *work, const struct substitution *substitution,
    struct chute_value *value) {
    struct mutate_worker *worker = work->run->worker;
    worker->buf.len = 0;
    int matches = chute_regex_replace_all(substitution->regex, work->run->scratch,
        chute_value_str(value), substitution->replacement, &worker->buf);
    if (matches > 0) {
        *value = chute_string(chute_arena_copy(work->arena, chute_buf_str(&worker->buf)));
    }
    return matches >= 0;
}

bool mutate_gsub(const struct mutate_work *work) {
    const struct mutate_step *step = work->step;
    const struct chute_value *present = chute_event_get(work->event, &step->field.ref);
    if (present == NULL || (present->type != CHUTE_STRING && present->type != CHUTE_ARRAY)) {
        return true;
    }
    struct substitution substitution = { .regex = step->gsub.regex };
    if (step->gsub.regex == NULL) {
        substitution.regex =
            cached_regex(work->run->worker, mutate_render(work, &step->gsub.needle));
        if (substitution.regex == NULL) {
            return false;
        }
    }
    substitution.replacement = mutate_render(work, &step->gsub.replacement);
    struct chute_value value = *present;
    if (value.type == CHUTE_STRING) {
        return substitute(work, &substitution, &value) &&
               chute_event_set(work->event, &step->field.ref, value);
    }
    value = chute_value_copy(work->arena, present, false);
    for (uint32_t i = 0; i < value.as.array->count; i++) {
        struct chute_value *item = &value.as.array->items[i];
        if (item->type == CHUTE_STRING && !substitute(work, &substitution, item)) {
            return false;
        }
    }
    return chute_event_set(work->event, &step->field.ref, value);
}
