/* filters/mutate/set.c - coerce, rename, update, replace, merge, copy. */
#include "filters/mutate/mutate.h"

static bool set_text(const struct mutate_work *work) {
    return chute_event_set_str(
        work->event, &work->step->field.ref, mutate_render(work, &work->step->text));
}

bool mutate_coerce(const struct mutate_work *work) {
    const struct chute_value *value = chute_event_get(work->event, &work->step->field.ref);
    return value == NULL || value->type != CHUTE_NULL || set_text(work);
}

bool mutate_update(const struct mutate_work *work) {
    return chute_event_get(work->event, &work->step->field.ref) == NULL || set_text(work);
}

bool mutate_replace(const struct mutate_work *work) {
    return set_text(work);
}

/* Logstash removes the old field before it finds that the new one cannot be set: the value is lost. */
static bool move_field(
    const struct mutate_work *work, const struct mutate_ref *from, const struct mutate_ref *to) {
    struct chute_value value;
    if (!from->is_legal) {
        return false;
    }
    if (!chute_event_remove(work->event, &from->ref, &value)) {
        return true;
    }
    return to->is_legal && chute_event_set(work->event, &to->ref, value);
}

bool mutate_rename(const struct mutate_work *work) {
    const struct mutate_step *step = work->step;
    if (step->rename.is_constant) {
        return move_field(work, &step->field, &step->rename.target);
    }
    enum chute_escape_style style = work->run->context->escape_style;
    struct mutate_ref from = { 0 };
    struct mutate_ref to = { 0 };
    from.is_legal =
        chute_ref_compile(work->arena, mutate_render(work, &step->rename.from), style, &from.ref);
    to.is_legal =
        chute_ref_compile(work->arena, mutate_render(work, &step->rename.to), style, &to.ref);
    return move_field(work, &from, &to);
}

bool mutate_copy(const struct mutate_work *work) {
    const struct chute_value *value = chute_event_get(work->event, &work->step->field.ref);
    if (value == NULL || value->type == CHUTE_NULL) {
        return true;
    }
    const struct mutate_ref *target = &work->step->target;
    return target->is_legal &&
           chute_event_set(work->event, &target->ref, chute_value_copy(work->arena, value, false));
}

static void merge_members(
    struct chute_arena *arena, struct chute_object *into, const struct chute_object *from) {
    for (uint32_t i = 0; i < from->count; i++) {
        const struct chute_member *member = &from->members[i];
        chute_object_set(
            arena, into, (struct chute_str){ member->key, member->key_len }, member->value);
    }
}

/* Ruby's Array(value): nothing for null, the items of an array, else the value. */
static void add_items(
    struct chute_arena *arena, struct chute_array *list, const struct chute_value *value) {
    if (value == NULL || value->type == CHUTE_NULL) {
        return;
    }
    if (value->type != CHUTE_ARRAY) {
        chute_array_add(arena, list, *value);
        return;
    }
    for (uint32_t i = 0; i < value->as.array->count; i++) {
        chute_array_add(arena, list, value->as.array->items[i]);
    }
}

/* `into` is the destination's value as read once, before the first source: an array or object grows from
 * source to source, while anything else begins anew at each. */
static bool merge_one(
    const struct mutate_work *work, struct chute_value *into, const struct chute_value *source) {
    bool into_object = into != NULL && into->type == CHUTE_OBJECT;
    bool from_object = source != NULL && source->type == CHUTE_OBJECT;
    if (into_object != from_object) {
        return true;
    }
    struct chute_value copy = chute_null();
    if (source != NULL) {
        copy = chute_value_copy(work->arena, source, false);
    }
    struct chute_value result;
    if (into_object) {
        merge_members(work->arena, into->as.object, copy.as.object);
        result = *into;
    } else if (into != NULL && into->type == CHUTE_ARRAY) {
        add_items(work->arena, into->as.array, &copy);
        result = *into;
    } else {
        result = chute_array_new(work->arena, 4);
        add_items(work->arena, result.as.array, into);
        add_items(work->arena, result.as.array, &copy);
    }
    return chute_event_set(work->event, &work->step->field.ref, result);
}

bool mutate_merge(const struct mutate_work *work) {
    const struct mutate_step *step = work->step;
    const struct chute_value *present = chute_event_get(work->event, &step->field.ref);
    struct chute_value into = chute_null();
    if (present != NULL) {
        into = chute_value_copy(work->arena, present, false);
    }
    for (size_t i = 0; i < step->sources.count; i++) {
        const struct mutate_ref *source = &step->sources.items[i];
        if (!source->is_legal ||
            !merge_one(work, &into, chute_event_get(work->event, &source->ref))) {
            return false;
        }
    }
    return true;
}
