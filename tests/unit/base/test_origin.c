#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/base/json.h"
#include "pipeline/base/origin.h"

static struct chute_ref ref_of(struct chute_arena *arena, const char *text) {
    struct chute_ref ref = { 0 };
    cr_assert(chute_ref_compile(arena, chute_str_of(text), CHUTE_ESCAPE_NONE, &ref));
    return ref;
}

Test(base_origin, sets_its_fields) {
    struct chute_origin *origin = chute_origin_create();
    char host[] = "10.0.0.1";
    chute_origin_add(origin, "[host][ip]", chute_string(chute_str_of(host)), false);
    for (int i = 0; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof(name), "field%d", i);
        chute_origin_add(origin, name, chute_int(i), false);
    }
    chute_origin_add(origin, "type", chute_string(CHUTE_STR("mine")), true);
    memset(host, 'x', sizeof(host) - 1); /* it was copied */

    struct chute_batch batch = { 0 };
    struct chute_event *event = chute_batch_add_bare(&batch);
    chute_event_set_field(event, CHUTE_STR("field3"), chute_string(CHUTE_STR("own")));
    chute_event_set_field(event, CHUTE_STR("type"), chute_string(CHUTE_STR("own")));
    chute_origin_apply(origin, event);
    struct chute_buf out = { 0 };
    chute_json_encode_event(&out, event);
    cr_expect_str_eq(chute_buf_cstr(&out),
        "{\"field3\":\"own\",\"type\":\"mine\",\"host\":{\"ip\":\"10.0.0.1\"},\"field0\":0,"
        "\"field1\":1,\"field2\":2,\"field4\":4,\"field5\":5,\"field6\":6,\"field7\":7,"
        "\"field8\":8,\"field9\":9}");
    chute_buf_finish(&out);
    chute_batch_finish(&batch);
    chute_held_unref(&origin->held);
}

/* Patterns and outputs take every text of an event for UTF-8. */
Test(base_origin, makes_utf8_of_its_texts) {
    struct chute_origin *origin = chute_origin_create();
    chute_origin_add(origin, "path", chute_string(CHUTE_STR("/var/log/a\xFFz\xC3.log")), false);
    struct chute_batch batch = { 0 };
    struct chute_event *event = chute_batch_add_bare(&batch);
    chute_origin_apply(origin, event);
    struct chute_ref path = ref_of(&batch.arena, "path");
    struct chute_str text;
    cr_assert(chute_event_get_str(event, &path, &text));
    cr_expect(chute_str_eq(text, CHUTE_STR("/var/log/a\xEF\xBF\xBDz\xEF\xBF\xBD.log")), "%.*s",
        CHUTE_STR_ARGS(text));
    chute_batch_finish(&batch);
    chute_held_unref(&origin->held);
}

Test(base_origin, events_do_not_share_a_tree_of_it) {
    struct chute_origin *origin = chute_origin_create();
    struct chute_batch batch = { 0 };
    struct chute_value tree = chute_object_new(&batch.arena, 1);
    chute_object_set(&batch.arena, tree.as.object, CHUTE_STR("a"), chute_int(1));
    chute_origin_add(origin, "log", tree, false);
    struct chute_event *first = chute_batch_add_bare(&batch);
    struct chute_event *second = chute_batch_add_bare(&batch);
    chute_origin_apply(origin, first);
    chute_origin_apply(origin, second);
    struct chute_ref ref = ref_of(&batch.arena, "[log][a]");
    chute_event_set(first, &ref, chute_int(2));
    cr_expect_eq(chute_event_get(second, &ref)->as.integer, 1);
    cr_expect_eq(origin->fields[0].value.as.object->members[0].value.as.integer, 1);
    chute_batch_finish(&batch);
    chute_held_unref(&origin->held);
}

Test(base_origin, fills_metadata_when_it_is_asked_for) {
    struct chute_origin *origin = chute_origin_create();
    chute_origin_add(origin, "[@metadata][from]", chute_string(CHUTE_STR("here")), false);
    chute_origin_add(origin, "[@metadata][mine]", chute_string(CHUTE_STR("here")), true);
    struct chute_batch batch = { 0 };
    struct chute_event *event = chute_batch_add_bare(&batch);
    chute_origin_apply(origin, event);
    cr_expect_eq(event->metadata.as.object->count, 0, "not before");
    struct chute_ref fields = ref_of(&batch.arena, "x");
    chute_event_set(event, &fields, chute_int(1));
    cr_expect_not_null(event->deferred, "a field does not ask for it");

    struct chute_ref from = ref_of(&batch.arena, "[@metadata][from]");
    struct chute_ref mine = ref_of(&batch.arena, "[@metadata][mine]");
    struct chute_str text;
    cr_expect(chute_event_get_str(event, &from, &text) && chute_str_eq(text, CHUTE_STR("here")));
    cr_expect_null(event->deferred);
    chute_event_set_str(event, &mine, CHUTE_STR("later"));
    cr_expect(chute_event_get_str(event, &mine, &text) && chute_str_eq(text, CHUTE_STR("later")),
        "filled once");

    event = chute_batch_add_bare(&batch);
    event->metadata = chute_object_new(&batch.arena, 2); /* as adopt leaves it */
    chute_object_set(&batch.arena, event->metadata.as.object, CHUTE_STR("from"), chute_int(5));
    chute_object_set(&batch.arena, event->metadata.as.object, CHUTE_STR("mine"), chute_int(5));
    chute_origin_apply(origin, event);
    cr_expect_not(chute_event_get_str(event, &from, &text), "its own stays");
    cr_expect(chute_event_get_str(event, &mine, &text), "unless it is to be replaced");

    event = chute_batch_add_bare(&batch);
    chute_origin_apply(origin, event);
    struct chute_ref all = ref_of(&batch.arena, "[@metadata]");
    cr_expect(chute_event_remove(event, &all, NULL));
    cr_expect_not(chute_event_get_str(event, &from, &text), "removed is removed");
    chute_batch_finish(&batch);
    chute_held_unref(&origin->held);
}
