#include <criterion/criterion.h>

#include "pipeline/base/json.h"
#include "pipeline/base/origin.h"

static int released;
static void release(struct chute_held *held) {
    (void)held;
    released++;
}

Test(base_batch, holds_what_its_events_point_into) {
    struct chute_batch batch = { 0 };
    struct chute_held held[40];
    released = 0;
    for (int i = 0; i < 40; i++) {
        held[i] = (struct chute_held){ .references = 1, .release = release };
        chute_batch_hold(&batch, &held[i]);
        chute_batch_hold(&batch, &held[i]); /* twice in a row: once */
        cr_expect_eq(held[i].references, 2);
        chute_held_unref(&held[i]);
    }
    chute_batch_hold(&batch, NULL);
    cr_expect_eq(released, 0);
    chute_batch_reset(&batch);
    cr_expect_eq(released, 40);
    chute_batch_reset(&batch);
    cr_expect_eq(released, 40);
    chute_batch_finish(&batch);
}

Test(base_batch, an_event_begins_with_the_batch_s_time) {
    struct chute_batch batch = { 0 };
    chute_batch_reset(&batch);
    cr_expect_gt(batch.now.seconds, 0);
    struct chute_time time;
    for (uint32_t i = 0; i < 1000; i++) {
        const struct chute_event *event = chute_batch_add(&batch);
        cr_assert(chute_event_time(event, &time));
        cr_expect_eq(chute_time_cmp(time, batch.now), 0);
        cr_expect_eq(event->position, i);
        cr_expect_eq(batch.events[i], event);
    }
    const struct chute_event *bare = chute_batch_add_bare(&batch);
    cr_expect_eq(bare->fields.as.object->count, 0);
    const struct chute_event *made = chute_batch_make(&batch);
    cr_expect(chute_event_time(made, &time));
    cr_expect_eq(batch.count, 1001, "what is only made is not among them");
    chute_batch_reset(&batch);
    cr_expect_eq(batch.count, 0);
    chute_batch_finish(&batch);
}

Test(base_batch, a_clone_is_independent) {
    struct chute_batch batch = { 0 };
    struct chute_json_parser *parser = chute_json_parser_create();
    struct chute_event *event = chute_batch_add_bare(&batch);
    cr_assert_eq(chute_json_decode(parser, &batch.arena,
                     CHUTE_STR("{\"a\":{\"b\":[1]},\"tags\":[\"x\"]}"), &event->fields),
        CHUTE_JSON_OK);
    struct chute_ref deep, meta;
    chute_ref_compile(&batch.arena, CHUTE_STR("[a][b][0]"), CHUTE_ESCAPE_NONE, &deep);
    chute_ref_compile(&batch.arena, CHUTE_STR("[@metadata][m]"), CHUTE_ESCAPE_NONE, &meta);
    chute_event_set(event, &meta, chute_int(1));
    event->is_cancelled = true;
    struct chute_event *clone = chute_event_clone(event);
    cr_expect_eq(batch.count, 1);
    cr_expect_not(clone->is_cancelled);

    chute_event_set(event, &deep, chute_int(2));
    chute_event_set(event, &meta, chute_int(2));
    chute_event_tag(event, CHUTE_STR("original"));
    chute_event_tag(clone, CHUTE_STR("clone"));
    chute_event_set_field(clone, CHUTE_STR("new"), chute_bool(true));
    struct chute_buf out = { 0 };
    chute_json_encode_event(&out, event);
    chute_json_encode(&out, chute_event_metadata(event));
    chute_json_encode_event(&out, clone);
    chute_json_encode(&out, chute_event_metadata(clone));
    cr_expect_str_eq(chute_buf_cstr(&out), "{\"a\":{\"b\":[2]},\"tags\":[\"x\",\"original\"]}"
                                           "{\"m\":2}"
                                           "{\"a\":{\"b\":[1]},\"tags\":[\"x\",\"clone\"],"
                                           "\"new\":true}{\"m\":1}");
    chute_buf_finish(&out);
    chute_json_parser_destroy(parser);
    chute_batch_finish(&batch);
}

Test(base_batch, a_clone_fills_its_own_deferred_metadata) {
    struct chute_batch batch = { 0 };
    struct chute_origin *origin = chute_origin_create();
    chute_origin_add(origin, "[@metadata][from]", chute_string(CHUTE_STR("here")), false);
    struct chute_event *event = chute_batch_add(&batch);
    chute_origin_apply(origin, event);
    struct chute_event *clone = chute_event_clone(event);
    struct chute_ref from;
    chute_ref_compile(&batch.arena, CHUTE_STR("[@metadata][from]"), CHUTE_ESCAPE_NONE, &from);
    chute_event_set_str(event, &from, CHUTE_STR("elsewhere"));
    struct chute_str text;
    cr_expect(chute_event_get_str(clone, &from, &text) && chute_str_eq(text, CHUTE_STR("here")));
    cr_expect(
        chute_event_get_str(event, &from, &text) && chute_str_eq(text, CHUTE_STR("elsewhere")));
    chute_batch_finish(&batch);
    chute_held_unref(&origin->held);
}
