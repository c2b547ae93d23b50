/* filters/json.c - reads JSON text in a field into the event, or into another field. */
#include "pipeline/base/json.h"
#include "pipeline/run/plugin.h"
#include "pipeline/text/ruby.h"

struct json {
    struct chute_str source;
    const struct chute_ref *target; /* NULL: the event itself */
    struct chute_list tag_on_failure;
    bool skip_on_invalid_json;
    struct chute_ref source_ref;
    bool source_is_legal;
};

static const struct chute_option options[] = {
    { .name = "source",
        CHUTE_TEXT(struct json, source),
        .is_required = true,
        .doc = "The field that holds the JSON text." },
    { .name = "target",
        CHUTE_REF(struct json, target),
        .doc = "The field that gets what was read; without it, the members become fields of the "
               "event." },
    { .name = "tag_on_failure",
        CHUTE_LIST(struct json, tag_on_failure),
        .fallback = "[\"_jsonparsefailure\"]",
        .doc = "Tags of an event whose text is no JSON." },
    { .name = "skip_on_invalid_json",
        CHUTE_BOOLEAN(struct json, skip_on_invalid_json),
        .fallback = "false",
        .doc = "Leaves an event whose text is no JSON without the tag." },
    { 0 },
};

static bool prepare(void *settings, const struct chute_prepare *prepare) {
    struct json *self = settings;
    self->source_is_legal =
        chute_ref_compile(prepare->arena, self->source, prepare->escape_style, &self->source_ref);
    if (!self->source_is_legal) {
        chute_prepare_warn(prepare, "source",
            "\"%.*s\" is no field reference: every event will fail", CHUTE_STR_ARGS(self->source));
    }
    return true;
}

static enum chute_verdict fail(const struct json *self, struct chute_event *event) {
    for (size_t i = 0; i < self->tag_on_failure.count; i++) {
        chute_event_tag(event, self->tag_on_failure.items[i]);
    }
    return CHUTE_PASSED;
}

/* As Logstash: what is there but no time is kept as text under another name; null and false are nothing. */
static void take_timestamp(struct chute_event *event, const struct chute_value *value) {
    struct chute_time time;
    if (value->type == CHUTE_NULL || (value->type == CHUTE_BOOL && !value->as.boolean)) {
        return;
    }
    if (value->type == CHUTE_STRING && chute_time_parse(chute_value_str(value), &time)) {
        chute_event_set_time(event, time);
        return;
    }
    chute_event_set_time(event, event->batch->now);
    chute_event_tag(event, CHUTE_STR("_timestampparsefailure"));
    chute_event_set_field(event, CHUTE_STR("_@timestamp"),
        chute_string(chute_ruby_to_s(chute_event_arena(event), value)));
}

/* A key that is more than the name of a field: it may be a reference. */
static bool is_special(struct chute_str key, enum chute_escape_style style) {
    return key.len == 0 || style != CHUTE_ESCAPE_NONE || key.at[0] == '@' ||
           chute_str_eq(key, CHUTE_STR("tags")) || memchr(key.at, '[', key.len) != NULL ||
           memchr(key.at, ']', key.len) != NULL;
}

/* Sets one member as a field. False where the event cannot hold it. */
static bool take_member(
    struct chute_event *event, const struct chute_member *member, struct chute_run *run) {
    struct chute_str key = { member->key, member->key_len };
    if (!is_special(key, run->context->escape_style)) {
        struct chute_object *root = event->fields.as.object;
        struct chute_member *present = chute_object_find(root, key, member->head);
        if (present == NULL) {
            *chute_object_add(run->arena, root, key, member->head, member->key_is_clean) =
                member->value;
        } else {
            present->value = member->value;
        }
        return true;
    }
    struct chute_ref ref;
    return chute_ref_compile(run->arena, key, run->context->escape_style, &ref) &&
           chute_event_set(event, &ref, member->value);
}

/* The members become fields, @timestamp last. */
static bool take_members(
    struct chute_event *event, const struct chute_object *object, struct chute_run *run) {
    const struct chute_value *timestamp = NULL;
    for (uint32_t i = 0; i < object->count; i++) {
        const struct chute_member *member = &object->members[i];
        struct chute_str key = { member->key, member->key_len };
        if (chute_str_eq(key, CHUTE_STR("@timestamp"))) {
            timestamp = &member->value;
        } else if (!take_member(event, member, run)) {
            return false;
        }
    }
    if (timestamp != NULL) {
        take_timestamp(event, timestamp);
    }
    return true;
}

/* Blank text reads as null. False if `source` is no JSON text. */
static bool decode(
    const struct chute_value *source, struct chute_run *run, struct chute_value *parsed) {
    if (source->type != CHUTE_STRING) {
        return false;
    }
    *parsed = chute_null();
    enum chute_json_status status =
        chute_json_decode(run->json, run->arena, chute_value_str(source), parsed);
    return status == CHUTE_JSON_OK || status == CHUTE_JSON_END;
}

static enum chute_verdict run(
    const void *settings, struct chute_event *event, struct chute_run *run) {
    const struct json *self = settings;
    if (!self->source_is_legal) {
        return fail(self, event);
    }
    const struct chute_value *source = chute_event_get(event, &self->source_ref);
    if (source == NULL || source->type == CHUTE_NULL ||
        (source->type == CHUTE_BOOL && !source->as.boolean)) {
        return CHUTE_PASSED;
    }
    struct chute_value parsed;
    if (!decode(source, run, &parsed)) {
        return self->skip_on_invalid_json ? CHUTE_PASSED : fail(self, event);
    }
    bool is_done = self->target != NULL
                       ? chute_event_set(event, self->target, parsed)
                       : parsed.type == CHUTE_OBJECT && take_members(event, parsed.as.object, run);
    return is_done ? CHUTE_MATCHED : fail(self, event);
}

const struct chute_filter_plugin chute_filter_json = {
    .name = "json",
    .summary = "Reads JSON text in a field into the event, or into another field.",
    .settings_size = sizeof(struct json),
    .options = options,
    .prepare = prepare,
    .run = run,
};
