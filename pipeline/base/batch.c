#include "pipeline/base/batch.h"

#include "pipeline/base/alloc.h"

#define ARENA_KEPT ((size_t)4 * 1024 * 1024)

/* Room of a new event's root: a usual JSON event fits without growing. */
#define ROOT_CAPACITY 16

struct chute_event *chute_batch_make(struct chute_batch *batch) {
    struct chute_event *event = chute_arena_zeroed(&batch->arena, sizeof(*event));
    event->fields = chute_object_new(&batch->arena, ROOT_CAPACITY);
    event->metadata = chute_object_new(&batch->arena, 0);
    event->batch = batch;
    struct chute_object *root = event->fields.as.object;
    struct chute_str key = CHUTE_STR("@timestamp");
    *chute_object_add(&batch->arena, root, key, chute_key_head(key), true) =
        chute_time_value(batch->now);
    key = CHUTE_STR("@version");
    *chute_object_add(&batch->arena, root, key, chute_key_head(key), true) =
        chute_clean_string(CHUTE_STR("1"));
    return event;
}

static void append(struct chute_batch *batch, struct chute_event *event) {
    if (batch->count == batch->capacity) {
        size_t capacity = batch->capacity == 0 ? 128 : batch->capacity * 2;
        struct chute_event **events = chute_arena_get(&batch->arena, sizeof(*events) * capacity);
        if (batch->count > 0) {
            memcpy(events, batch->events, sizeof(*events) * batch->count);
        }
        batch->events = events;
        batch->capacity = capacity;
    }
    event->position = (uint32_t)batch->count;
    batch->events[batch->count++] = event;
}

struct chute_event *chute_batch_add(struct chute_batch *batch) {
    struct chute_event *event = chute_batch_make(batch);
    append(batch, event);
    return event;
}

struct chute_event *chute_batch_add_bare(struct chute_batch *batch) {
    struct chute_event *event = chute_arena_zeroed(&batch->arena, sizeof(*event));
    event->fields = chute_object_new(&batch->arena, 0);
    event->metadata = chute_object_new(&batch->arena, 0);
    event->batch = batch;
    append(batch, event);
    return event;
}

struct chute_event *chute_event_clone(struct chute_event *event) {
    struct chute_arena *arena = &event->batch->arena;
    struct chute_event *clone = chute_arena_get(arena, sizeof(*clone));
    *clone = *event;
    clone->fields = chute_value_copy(arena, &event->fields, false);
    clone->metadata = chute_value_copy(arena, &event->metadata, false);
    clone->emitted = NULL;
    clone->next_emitted = NULL;
    clone->is_cancelled = false;
    clone->is_pending = false;
    return clone;
}

void chute_batch_hold(struct chute_batch *batch, struct chute_held *held) {
    if (held == NULL || (batch->held_count > 0 && batch->held[batch->held_count - 1] == held)) {
        return;
    }
    if (batch->held_count == batch->held_capacity) {
        batch->held_capacity = batch->held_capacity == 0 ? 16 : batch->held_capacity * 2;
        batch->held =
            chute_realloc(batch->held, sizeof(struct chute_held *) * batch->held_capacity);
    }
    batch->held[batch->held_count++] = chute_held_ref(held);
}

void chute_batch_reset(struct chute_batch *batch) {
    for (size_t i = 0; i < batch->held_count; i++) {
        chute_held_unref(batch->held[i]);
    }
    batch->held_count = 0;
    chute_arena_reset(&batch->arena, ARENA_KEPT);
    batch->events = NULL;
    batch->count = 0;
    batch->capacity = 0;
    batch->now = chute_clock_now();
}

void chute_batch_finish(struct chute_batch *batch) {
    chute_batch_reset(batch);
    chute_arena_finish(&batch->arena);
    chute_free(batch->held);
    *batch = (struct chute_batch){ 0 };
}
