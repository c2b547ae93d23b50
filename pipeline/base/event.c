#include "pipeline/base/event.h"

#include "pipeline/base/batch.h"
#include "pipeline/base/origin.h"

/* An array grows by nulls when an index past its end is set; not without bound. */
#define MOST_PADDING 10000

struct chute_arena *chute_event_arena(const struct chute_event *event) {
    return &event->batch->arena;
}

/* The item an index names, or NULL. */
static struct chute_value *array_at(
    const struct chute_array *array, const struct chute_ref_step *step) {
    if (!step->is_index) {
        return NULL;
    }
    int64_t index = step->index < 0 ? step->index + array->count : step->index;
    return index < 0 || index >= array->count ? NULL : &array->items[index];
}

static struct chute_value *child(
    const struct chute_value *parent, const struct chute_ref_step *step) {
    if (parent->type == CHUTE_OBJECT) {
        struct chute_member *member = chute_object_find(parent->as.object, step->name, step->head);
        return member == NULL ? NULL : &member->value;
    }
    return parent->type == CHUTE_ARRAY ? array_at(parent->as.array, step) : NULL;
}

struct chute_value *chute_event_metadata(struct chute_event *event) {
    if (event->deferred != NULL) {
        const struct chute_origin *origin = event->deferred;
        event->deferred = NULL;
        chute_origin_apply_metadata(origin, event);
    }
    return &event->metadata;
}

static struct chute_value *root_of(const struct chute_event *event, const struct chute_ref *ref) {
    /* filling @metadata in is no change that a reader could see */
    struct chute_event *mutable = (struct chute_event *)event;
    return ref->in_metadata ? chute_event_metadata(mutable) : &mutable->fields;
}

struct chute_value *chute_event_get(const struct chute_event *event, const struct chute_ref *ref) {
    struct chute_value *value = root_of(event, ref);
    for (uint32_t i = 0; i < ref->count && value != NULL; i++) {
        value = child(value, &ref->steps[i]);
    }
    return value;
}

bool chute_event_get_str(
    const struct chute_event *event, const struct chute_ref *ref, struct chute_str *out) {
    const struct chute_value *value = chute_event_get(event, ref);
    if (value == NULL || value->type != CHUTE_STRING) {
        return false;
    }
    *out = chute_value_str(value);
    return true;
}

/* The place for `step` in `parent`, made if it is not there; NULL where it cannot be. */
static struct chute_value *place_in(
    struct chute_arena *arena, struct chute_value *parent, const struct chute_ref_step *step) {
    struct chute_value *found = child(parent, step);
    if (found != NULL) {
        return found;
    }
    if (parent->type == CHUTE_OBJECT) {
        found = chute_object_add(arena, parent->as.object, step->name, step->head, false);
        *found = chute_null();
        return found;
    }
    if (parent->type != CHUTE_ARRAY || !step->is_index || step->index < 0) {
        return NULL;
    }
    struct chute_array *array = parent->as.array;
    if (step->index - array->count > MOST_PADDING) {
        return NULL;
    }
    while (array->count <= step->index) {
        chute_array_add(arena, array, chute_null());
    }
    return &array->items[step->index];
}

/* True if walking `ref` would meet a parent that can hold nothing, so that a set must change nothing. */
static bool is_blocked(const struct chute_event *event, const struct chute_ref *ref) {
    const struct chute_value *value = root_of(event, ref);
    for (uint32_t i = 0; i < ref->count; i++) {
        if (value->type == CHUTE_ARRAY) {
            const struct chute_ref_step *step = &ref->steps[i];
            int64_t count = value->as.array->count;
            if (!step->is_index || step->index < -count || step->index - count > MOST_PADDING) {
                return true;
            }
        } else if (value->type != CHUTE_OBJECT) {
            return true;
        }
        value = child(value, &ref->steps[i]);
        if (value == NULL || (value->type == CHUTE_NULL && i + 1 < ref->count)) {
            return false;
        }
    }
    return false;
}

static bool tags_are_legal(const struct chute_value *tags) {
    if (tags->type == CHUTE_STRING || tags->type == CHUTE_NULL) {
        return true;
    }
    if (tags->type != CHUTE_ARRAY) {
        return false;
    }
    for (uint32_t i = 0; i < tags->as.array->count; i++) {
        if (tags->as.array->items[i].type != CHUTE_STRING) {
            return false;
        }
    }
    return true;
}

/* True if `ref` leads below [tags] or [@timestamp]. */
static bool is_below_known(const struct chute_ref *ref) {
    return ref->count > 1 && !ref->in_metadata &&
           (chute_str_eq(ref->steps[0].name, CHUTE_STR("tags")) ||
               chute_str_eq(ref->steps[0].name, CHUTE_STR("@timestamp")));
}

bool chute_event_set(
    struct chute_event *event, const struct chute_ref *ref, struct chute_value value) {
    if ((ref->is_timestamp && value.type != CHUTE_TIME) ||
        (ref->is_tags && !tags_are_legal(&value)) || is_below_known(ref)) {
        return false;
    }
    if (ref->count == 0) {
        if (value.type != CHUTE_OBJECT) {
            return false;
        }
        *chute_event_metadata(event) = value;
        return true;
    }
    if (is_blocked(event, ref)) {
        return false;
    }
    struct chute_arena *arena = chute_event_arena(event);
    struct chute_value *place = root_of(event, ref);
    for (uint32_t i = 0; i < ref->count; i++) {
        if (place->type == CHUTE_NULL) {
            *place = chute_object_new(arena, 4);
        }
        place = place_in(arena, place, &ref->steps[i]);
        if (place == NULL) {
            return false;
        }
    }
    *place = value;
    return true;
}

bool chute_event_set_str(
    struct chute_event *event, const struct chute_ref *ref, struct chute_str text) {
    return chute_event_set(event, ref, chute_string(text));
}

bool chute_event_remove(
    struct chute_event *event, const struct chute_ref *ref, struct chute_value *removed) {
    if (ref->count == 0) {
        if (removed != NULL) {
            *removed = *chute_event_metadata(event);
        }
        *chute_event_metadata(event) = chute_object_new(chute_event_arena(event), 0);
        return true;
    }
    struct chute_value *parent = root_of(event, ref);
    for (uint32_t i = 0; i + 1 < ref->count && parent != NULL; i++) {
        parent = child(parent, &ref->steps[i]);
    }
    const struct chute_ref_step *last = &ref->steps[ref->count - 1];
    struct chute_value *value = parent == NULL ? NULL : child(parent, last);
    if (value == NULL) {
        return false;
    }
    if (removed != NULL) {
        *removed = *value;
    }
    if (parent->type == CHUTE_OBJECT) {
        chute_object_remove(parent->as.object, last->name);
    } else {
        chute_array_remove(parent->as.array, (uint32_t)(value - parent->as.array->items));
    }
    return true;
}

struct chute_value *chute_event_field(const struct chute_event *event, struct chute_str name) {
    return chute_object_get(event->fields.as.object, name);
}

void chute_event_set_field(
    struct chute_event *event, struct chute_str name, struct chute_value value) {
    chute_object_set(chute_event_arena(event), event->fields.as.object, name, value);
}

bool chute_event_time(const struct chute_event *event, struct chute_time *out) {
    const struct chute_value *value = chute_event_field(event, CHUTE_STR("@timestamp"));
    if (value == NULL || value->type != CHUTE_TIME) {
        return false;
    }
    *out = chute_value_time(value);
    return true;
}

void chute_event_set_time(struct chute_event *event, struct chute_time time) {
    chute_event_set_field(event, CHUTE_STR("@timestamp"), chute_time_value(time));
}

static bool is_text(const struct chute_value *value, struct chute_str text) {
    return value->type == CHUTE_STRING && chute_str_eq(chute_value_str(value), text);
}

void chute_event_tag(struct chute_event *event, struct chute_str tag) {
    struct chute_arena *arena = chute_event_arena(event);
    struct chute_value *tags = chute_event_field(event, CHUTE_STR("tags"));
    if (tags == NULL || tags->type == CHUTE_NULL) {
        struct chute_value list = chute_array_new(arena, 4);
        chute_array_add(arena, list.as.array, chute_string(tag));
        chute_event_set_field(event, CHUTE_STR("tags"), list);
        return;
    }
    if (tags->type != CHUTE_ARRAY) {
        struct chute_value list = chute_array_new(arena, 4);
        chute_array_add(arena, list.as.array, *tags);
        chute_array_add(arena, list.as.array, chute_string(tag));
        *tags = list;
        return;
    }
    for (uint32_t i = 0; i < tags->as.array->count; i++) {
        if (is_text(&tags->as.array->items[i], tag)) {
            return;
        }
    }
    chute_array_add(arena, tags->as.array, chute_string(tag));
}

bool chute_event_has_tag(const struct chute_event *event, struct chute_str tag) {
    const struct chute_value *tags = chute_event_field(event, CHUTE_STR("tags"));
    if (tags == NULL || tags->type != CHUTE_ARRAY) {
        return tags != NULL && is_text(tags, tag);
    }
    for (uint32_t i = 0; i < tags->as.array->count; i++) {
        if (is_text(&tags->as.array->items[i], tag)) {
            return true;
        }
    }
    return false;
}

void chute_event_untag(struct chute_event *event, struct chute_str tag) {
    struct chute_value *tags = chute_event_field(event, CHUTE_STR("tags"));
    if (tags != NULL && is_text(tags, tag)) {
        *tags = chute_array_new(chute_event_arena(event), 0);
    }
    if (tags == NULL || tags->type != CHUTE_ARRAY) {
        return;
    }
    struct chute_array *array = tags->as.array;
    for (uint32_t i = array->count; i > 0; i--) {
        if (is_text(&array->items[i - 1], tag)) {
            chute_array_remove(array, i - 1);
        }
    }
}

/* The well-known members of the root, found in one pass. */
struct known {
    struct chute_value *timestamp, *version, *metadata, *tags;
};

static struct known find_known(struct chute_object *root) {
    struct known known = { 0 };
    for (uint32_t i = 0; i < root->count; i++) {
        struct chute_member *member = &root->members[i];
        char first = member->key_len < 4 ? '\0' : member->key[0];
        if (first != '@' && first != 't') {
            continue;
        }
        struct chute_str key = { member->key, member->key_len };
        if (chute_str_eq(key, CHUTE_STR("@timestamp"))) {
            known.timestamp = &member->value;
        } else if (chute_str_eq(key, CHUTE_STR("@version"))) {
            known.version = &member->value;
        } else if (chute_str_eq(key, CHUTE_STR("@metadata"))) {
            known.metadata = &member->value;
        } else if (chute_str_eq(key, CHUTE_STR("tags"))) {
            known.tags = &member->value;
        }
    }
    return known;
}

static void adopt_timestamp(struct chute_event *event, struct chute_value *timestamp) {
    struct chute_time time;
    if (timestamp->type == CHUTE_TIME) {
        return;
    }
    if (timestamp->type == CHUTE_STRING && chute_time_parse(chute_value_str(timestamp), &time)) {
        *timestamp = chute_time_value(time);
        return;
    }
    struct chute_value bad = *timestamp;
    *timestamp = chute_time_value(event->batch->now);
    if (bad.type != CHUTE_NULL) {
        chute_event_set_field(event, CHUTE_STR("_@timestamp"), bad);
        chute_event_tag(event, CHUTE_STR("_timestampparsefailure"));
    }
}

void chute_event_adopt(struct chute_event *event) {
    struct chute_arena *arena = chute_event_arena(event);
    struct chute_object *root = event->fields.as.object;
    struct known known = find_known(root);
    if (known.timestamp == NULL) {
        struct chute_str key = CHUTE_STR("@timestamp");
        *chute_object_add(arena, root, key, chute_key_head(key), true) =
            chute_time_value(event->batch->now);
    }
    if (known.version == NULL) {
        struct chute_str key = CHUTE_STR("@version");
        *chute_object_add(arena, root, key, chute_key_head(key), true) =
            chute_clean_string(CHUTE_STR("1"));
    }
    if (known.timestamp == NULL && known.metadata == NULL && known.tags == NULL) {
        return;
    }
    known = find_known(root); /* the adds above may have moved the members */
    adopt_timestamp(event, known.timestamp);
    known = find_known(root);
    if (known.tags != NULL && !tags_are_legal(known.tags)) {
        struct chute_value bad = *known.tags;
        chute_object_remove(root, CHUTE_STR("tags"));
        chute_event_set_field(event, CHUTE_STR("_tags"), bad);
        chute_event_tag(event, CHUTE_STR("_tagsparsefailure"));
        known = find_known(root);
    }
    if (known.metadata != NULL) {
        if (known.metadata->type == CHUTE_OBJECT) {
            event->metadata = *known.metadata;
        }
        chute_object_remove(root, CHUTE_STR("@metadata"));
    }
}
