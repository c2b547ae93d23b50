#include "pipeline/run/steps.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/log.h"

struct chute_step *chute_steps_add(struct chute_steps *steps, struct chute_arena *arena) {
    if (steps->count == steps->capacity) {
        uint32_t capacity = steps->capacity == 0 ? 16 : steps->capacity * 2;
        struct chute_step *items = chute_arena_get(arena, sizeof(*items) * capacity);
        if (steps->count > 0) {
            memcpy(items, steps->items, sizeof(*items) * steps->count);
        }
        steps->items = items;
        steps->capacity = capacity;
    }
    struct chute_step *step = &steps->items[steps->count++];
    *step = (struct chute_step){ 0 };
    return step;
}

static struct chute_selection new_list(struct chute_pass *pass, size_t capacity) {
    return (struct chute_selection){ .events = chute_arena_get(&pass->batch.arena,
                                         sizeof(struct chute_event *) * capacity) };
}

void chute_pass_begin(struct chute_pass *pass, const struct chute_steps *steps) {
    pass->steps = steps;
    pass->next = 0;
    pass->is_parked = false;
    pass->lists =
        chute_arena_zeroed(&pass->batch.arena, sizeof(*pass->lists) * (steps->list_count + 1));
    pass->lists[0] = (struct chute_selection){ pass->batch.events, pass->batch.count };
}

/* ------------------------------------------------------------------ what filters call */

void chute_run_match(struct chute_run *run, struct chute_event *event) {
    chute_common_apply(&run->filter->head.common, event, run->arena);
}

void chute_run_drop(struct chute_run *run, struct chute_event *event) {
    if (!event->is_cancelled) {
        event->is_cancelled = true;
        run->pass->dropped++;
        run->pass->has_changed = true;
        chute_token_unref(event->token);
        event->token = NULL;
    }
}

void chute_run_emit(struct chute_run *run, const struct chute_event *parent,
    struct chute_event *made, bool is_matched) {
    struct chute_pass *pass = run->pass;
    made->token = parent == NULL ? NULL : chute_token_ref(parent->token);
    made->position = parent == NULL ? UINT32_MAX : parent->position;
    made->emitted = NULL;
    made->next_emitted = NULL;
    pass->created++;
    pass->has_changed = true;
    if (parent == NULL) {
        if (pass->last_emitted == NULL) {
            pass->emitted = made;
        } else {
            pass->last_emitted->next_emitted = made;
        }
        pass->last_emitted = made;
    } else {
        /* the list behind the parent belongs to the engine, not to the event's data */
        struct chute_event **at = &((struct chute_event *)parent)->emitted;
        while (*at != NULL) {
            at = &(*at)->next_emitted;
        }
        *at = made;
    }
    if (is_matched) {
        chute_run_match(run, made);
    }
}

void chute_run_pend(struct chute_run *run, struct chute_event *event) {
    event->is_pending = true;
    run->pass->pending++;
}

void chute_run_complete(
    struct chute_run *run, struct chute_event *event, enum chute_verdict verdict) {
    struct chute_pass *pass = run->pass;
    event->verdict = (uint8_t)verdict;
    if (atomic_fetch_sub(&pass->pending, 1) == 1) {
        chute_pass_ready(pass);
    }
}

/* ------------------------------------------------------------------ filters */

static void run_each(
    const struct chute_filter *filter, const struct chute_selection *list, struct chute_run *run) {
    const struct chute_filter_plugin *plugin = filter->plugin;
    for (size_t i = 0; i < list->count; i++) {
        struct chute_event *event = list->events[i];
        switch (plugin->run(filter->head.settings, event, run)) {
        case CHUTE_MATCHED:
            chute_run_match(run, event);
            break;
        case CHUTE_DROPPED:
            chute_run_drop(run, event);
            break;
        case CHUTE_PENDING:
        case CHUTE_PASSED:
            break;
        }
    }
}

/* Takes over what other threads said about pending events. */
static void apply_verdicts(struct chute_pass *pass, const struct chute_selection *list) {
    for (size_t i = 0; i < list->count; i++) {
        struct chute_event *event = list->events[i];
        if (!event->is_pending) {
            continue;
        }
        event->is_pending = false;
        if (event->verdict == CHUTE_MATCHED) {
            chute_run_match(&pass->run, event);
        } else if (event->verdict == CHUTE_DROPPED) {
            chute_run_drop(&pass->run, event);
        }
    }
}

static void append_emitted(struct chute_selection *list, struct chute_event *event) {
    while (event != NULL) {
        struct chute_event *next = event->next_emitted;
        struct chute_event *children = event->emitted;
        event->next_emitted = NULL;
        event->emitted = NULL;
        if (!event->is_cancelled) {
            list->events[list->count++] = event;
        }
        append_emitted(list, children);
        event = next;
    }
}

/* The list without what was cancelled and with what was emitted behind each event. */
static void rebuild(struct chute_pass *pass, struct chute_selection *list) {
    struct chute_selection made = new_list(pass, list->count + pass->created);
    for (size_t i = 0; i < list->count; i++) {
        struct chute_event *event = list->events[i];
        struct chute_event *emitted = event->emitted;
        event->emitted = NULL;
        if (!event->is_cancelled) {
            made.events[made.count++] = event;
        }
        append_emitted(&made, emitted);
    }
    append_emitted(&made, pass->emitted);
    *list = made;
}

static void begin_filter(struct chute_pass *pass, struct chute_filter *filter) {
    pass->run = (struct chute_run){
        .arena = &pass->batch.arena,
        .batch = &pass->batch,
        .state = filter->state,
        .context = &filter->context,
        .hits = filter->hits,
        .filter = filter,
        .pass = pass,
    };
    chute_worker_lend(pass->worker, filter, &pass->run);
    pass->emitted = NULL;
    pass->last_emitted = NULL;
    pass->created = 0;
    pass->dropped = 0;
    pass->has_changed = false;
    pass->pending = 1;
}

static void end_filter(
    struct chute_pass *pass, struct chute_filter *filter, struct chute_selection *list) {
    struct chute_counters *own = &filter->head.counters;
    struct chute_counters *all = &pass->pipeline->counters;
    if (pass->has_changed) {
        rebuild(pass, list);
        own->created += pass->created;
        own->dropped += pass->dropped;
        all->created += pass->created;
        all->dropped += pass->dropped;
        all->in_flight += (int64_t)pass->created - (int64_t)pass->dropped;
    }
    own->out += list->count;
    own->in_flight -= (int64_t)list->count - (int64_t)pass->created + (int64_t)pass->dropped;
}

static void start_filter(
    struct chute_pass *pass, struct chute_filter *filter, const struct chute_selection *list) {
    begin_filter(pass, filter);
    filter->head.counters.in += list->count;
    filter->head.counters.in_flight += (int64_t)list->count;
    uint64_t start = uv_hrtime();
    if (filter->plugin->run_batch != NULL) {
        filter->plugin->run_batch(filter->head.settings, list, &pass->run);
    } else {
        run_each(filter, list, &pass->run);
    }
    uint64_t took = uv_hrtime() - start;
    filter->head.counters.nanoseconds += took;
    chute_histogram_add(&filter->head.latency, took);
}

/* False: events are pending, and the pass is parked. */
static bool run_filter(struct chute_pass *pass, const struct chute_step *step) {
    struct chute_selection *list = &pass->lists[step->list];
    if (!pass->is_parked) {
        if (list->count == 0) {
            return true;
        }
        start_filter(pass, step->filter, list);
        pass->is_parked = true; /* before the last completion may hand the pass on */
        if (atomic_fetch_sub(&pass->pending, 1) > 1) {
            return false;
        }
    }
    pass->is_parked = false;
    apply_verdicts(pass, list);
    end_filter(pass, step->filter, list);
    return true;
}

/* ------------------------------------------------------------------ conditions */

static void drop_unanswerable(struct chute_pass *pass, struct chute_event *event) {
    event->is_cancelled = true;
    chute_token_unref(event->token);
    event->token = NULL;
    pass->pipeline->counters.dropped++;
    pass->pipeline->counters.in_flight--;
    static struct chute_log_limiter limiter;
    uint64_t suppressed;
    if (chute_log_limit(&limiter, 10000, &suppressed)) {
        chute_logf(CHUTE_LOG_WARN, "pipeline",
            "a condition could not be answered (text, a list or a missing field compared with a "
            "number): "
            "the event was dropped (%llu more not shown)",
            (unsigned long long)suppressed);
    }
}

/* Says once in a while that texts were too hard for a regular expression, `before` as counted earlier. */
static void note_undecided(const struct chute_condition *condition, unsigned long long before) {
    unsigned long long now = chute_condition_undecided(condition);
    static struct chute_log_limiter limiter;
    uint64_t suppressed;
    if (now > before && chute_log_limit(&limiter, 10000, &suppressed)) {
        chute_logf(CHUTE_LOG_WARN, "pipeline",
            "a regular expression of a condition gave up on %llu texts so far (too many ways to "
            "match): that counts as no match",
            now);
    }
}

static void split(struct chute_pass *pass, const struct chute_step *step) {
    const struct chute_selection *from = &pass->lists[step->list];
    struct chute_selection yes = new_list(pass, from->count);
    struct chute_selection no = new_list(pass, from->count);
    struct chute_regex_scratch *scratch = chute_worker_scratch(pass->worker);
    unsigned long long undecided = chute_condition_undecided(step->condition);
    for (size_t i = 0; i < from->count; i++) {
        struct chute_event *event = from->events[i];
        switch (chute_condition_eval(step->condition, event, scratch)) {
        case CHUTE_TRUE:
            yes.events[yes.count++] = event;
            break;
        case CHUTE_FALSE:
            no.events[no.count++] = event;
            break;
        case CHUTE_CONDITION_FAILED:
            drop_unanswerable(pass, event);
            break;
        }
    }
    note_undecided(step->condition, undecided);
    if (step->taken != NULL) {
        step->taken[0] += yes.count;
        step->taken[1] += no.count;
    }
    pass->lists[step->yes] = yes;
    pass->lists[step->no] = no;
}

/* Both lists are in order; where two events descend from the same one, the `yes` side comes first. */
static void join(struct chute_pass *pass, const struct chute_step *step) {
    const struct chute_selection yes = pass->lists[step->yes];
    const struct chute_selection no = pass->lists[step->no];
    if (yes.count == 0 || no.count == 0) {
        pass->lists[step->list] = yes.count == 0 ? no : yes;
        return;
    }
    struct chute_selection made = new_list(pass, yes.count + no.count);
    size_t i = 0, k = 0;
    while (i < yes.count && k < no.count) {
        bool takes_yes = yes.events[i]->position <= no.events[k]->position;
        made.events[made.count++] = takes_yes ? yes.events[i++] : no.events[k++];
    }
    while (i < yes.count) {
        made.events[made.count++] = yes.events[i++];
    }
    while (k < no.count) {
        made.events[made.count++] = no.events[k++];
    }
    pass->lists[step->list] = made;
}

bool chute_pass_run(struct chute_pass *pass) {
    for (; pass->next < pass->steps->count; pass->next++) {
        const struct chute_step *step = &pass->steps->items[pass->next];
        switch (step->kind) {
        case CHUTE_STEP_FILTER:
            if (!run_filter(pass, step)) {
                return false;
            }
            break;
        case CHUTE_STEP_SPLIT:
            split(pass, step);
            break;
        case CHUTE_STEP_JOIN:
            join(pass, step);
            break;
        case CHUTE_STEP_OUTPUT:
            for (size_t i = 0; i < pass->lists[step->list].count; i++) {
                pass->lists[step->list].events[i]->routes++;
            }
            break;
        }
    }
    return true;
}

bool chute_pass_flush(
    struct chute_pass *pass, const struct chute_steps *steps, uint32_t step, bool is_final) {
    struct chute_filter *filter = steps->items[step].filter;
    chute_pass_begin(pass, steps);
    struct chute_selection *list = &pass->lists[steps->items[step].list];
    *list = (struct chute_selection){ 0 };
    begin_filter(pass, filter);
    filter->plugin->flush(filter->head.settings, &pass->run, is_final);
    pass->pending = 0;
    if (pass->created == 0) {
        return false;
    }
    end_filter(pass, filter, list);
    pass->next = step + 1;
    return true;
}
