/* filters/mutate/text.c - uppercase, capitalize, lowercase, strip, split, join. */
#include "filters/mutate/mutate.h"
#include "pipeline/text/ruby.h"

bool mutate_map(const struct mutate_work *work) {
    const struct mutate_step *step = work->step;
    const struct chute_value *present = chute_event_get(work->event, &step->field.ref);
    if (present == NULL) {
        return true;
    }
    if (present->type == CHUTE_STRING) {
        return chute_event_set_str(
            work->event, &step->field.ref, step->map(work->arena, chute_value_str(present)));
    }
    if (present->type != CHUTE_ARRAY) {
        return true;
    }
    struct chute_value list = chute_value_copy(work->arena, present, false);
    for (uint32_t i = 0; i < list.as.array->count; i++) {
        struct chute_value *item = &list.as.array->items[i];
        if (item->type == CHUTE_STRING) {
            *item = chute_string(step->map(work->arena, chute_value_str(item)));
        }
    }
    return chute_event_set(work->event, &step->field.ref, list);
}

/* The same text, stripped: what was clean stays clean. */
static struct chute_value stripped(const struct chute_value *value) {
    struct chute_str text = chute_ruby_strip(chute_value_str(value));
    struct chute_value result = chute_string(text);
    result.flags = value->flags;
    return result;
}

/* Unlike the others, Ruby's strip raises on an item that is no text. */
bool mutate_strip(const struct mutate_work *work) {
    const struct chute_ref *ref = &work->step->field.ref;
    const struct chute_value *present = chute_event_get(work->event, ref);
    if (present == NULL) {
        return true;
    }
    if (present->type == CHUTE_STRING) {
        return chute_event_set(work->event, ref, stripped(present));
    }
    if (present->type != CHUTE_ARRAY) {
        return true;
    }
    const struct chute_array *items = present->as.array;
    struct chute_value list = chute_array_new(work->arena, items->count);
    for (uint32_t i = 0; i < items->count; i++) {
        if (items->items[i].type != CHUTE_STRING) {
            return false;
        }
        chute_array_add(work->arena, list.as.array, stripped(&items->items[i]));
    }
    return chute_event_set(work->event, ref, list);
}

bool mutate_split(const struct mutate_work *work) {
    const struct mutate_step *step = work->step;
    struct chute_str text;
    if (!chute_event_get_str(work->event, &step->field.ref, &text)) {
        return true;
    }
    return step->list.is_text && chute_event_set(work->event, &step->field.ref,
                                     chute_ruby_split(work->arena, text, step->list.separator));
}

bool mutate_join(const struct mutate_work *work) {
    const struct mutate_step *step = work->step;
    const struct chute_value *present = chute_event_get(work->event, &step->field.ref);
    if (present == NULL || present->type != CHUTE_ARRAY) {
        return true;
    }
    return step->list.is_text &&
           chute_event_set_str(work->event, &step->field.ref,
               chute_ruby_join(work->arena, present->as.array, step->list.separator));
}
