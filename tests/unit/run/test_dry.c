/* A pipeline run by hand: what goes in comes to the outputs, through the same steps as in a process. */
#include "test_plugins.h"

#include "pipeline/run/dry.h"
#include "pipeline/run/read_buffer.h"
#include "pipeline/run/steps.h"

/* What came to outputs: "id:message" a line, with "+" behind what on_event has seen. */
struct rig {
    struct chute_process process;
    struct chute_pipeline *pipeline;
    struct chute_dry *dry;
    struct chute_buf out;
    unsigned events;
};

static void on_event(void *arg, struct chute_input *input, struct chute_event *event) {
    struct rig *rig = arg;
    rig->events++;
    cr_expect_eq(input, rig->pipeline->inputs[0]);
    chute_event_set_field(event, CHUTE_STR("mark"), chute_clean_string(CHUTE_STR("+")));
}

static void on_output(void *arg, struct chute_output *output, struct chute_event *event) {
    struct rig *rig = arg;
    const struct chute_value *message = chute_event_field(event, CHUTE_STR("message"));
    struct chute_str text = message == NULL ? CHUTE_STR("none") : chute_value_str(message);
    bool is_marked = chute_event_field(event, CHUTE_STR("mark")) != NULL;
    chute_buf_printf(
        &rig->out, "%s:%.*s%s\n", output->head.id, CHUTE_STR_ARGS(text), is_marked ? "+" : "");
}

static void open_rig(struct rig *rig, const char *config) {
    rig->pipeline = load(&rig->process, config, 4);
    struct chute_dry_hooks hooks = { on_event, on_output, rig };
    rig->dry = chute_dry_create(rig->pipeline, &hooks);
}

static void expect(struct rig *rig, const char *want) {
    cr_expect_str_eq(chute_buf_cstr(&rig->out), want);
    rig->out.len = 0;
}

static void close_rig(struct rig *rig) {
    const struct chute_counters *all = &rig->pipeline->counters;
    cr_expect_eq(all->in + all->created, all->out + all->dropped);
    cr_expect_eq(all->in_flight, 0);
    chute_dry_destroy(rig->dry);
    chute_pipeline_destroy(rig->pipeline);
    chute_read_buffer_pool_finish();
    chute_buf_finish(&rig->out);
}

#define INPUT "input { lines { } } "

Test(dry, bytes_come_through_as_soon_as_they_are_whole, .timeout = 60) {
    struct rig rig = { 0 };
    open_rig(&rig, INPUT "output { collect { id => \"a\" } }");
    struct chute_input *input = rig.pipeline->inputs[0];
    chute_dry_read(rig.dry, input, NULL, CHUTE_STR("one\ntw"));
    expect(&rig, "a:one+\n");
    chute_dry_read(rig.dry, input, NULL, CHUTE_STR("o\n"));
    expect(&rig, "a:two+\n");
    chute_dry_read(rig.dry, input, NULL, CHUTE_STR("rest"));
    expect(&rig, "");
    chute_dry_end(rig.dry, input);
    expect(&rig, "a:rest+\n");
    cr_expect_eq(rig.events, 3);
    close_rig(&rig);
}

Test(dry, a_message_is_whole_and_an_event_is_copied, .timeout = 60) {
    struct rig rig = { 0 };
    open_rig(&rig, INPUT "output { collect { id => \"a\" } }");
    struct chute_input *input = rig.pipeline->inputs[0];
    chute_dry_message(rig.dry, input, CHUTE_STR("one\ntwo"));
    expect(&rig, "a:one+\na:two+\n");
    chute_dry_event(rig.dry, input, NULL, NULL);
    expect(&rig, "a:none+\n");
    struct chute_arena arena = { 0 };
    struct chute_value fields = chute_object_new(&arena, 1), metadata = chute_object_new(&arena, 0);
    chute_object_set(
        &arena, fields.as.object, CHUTE_STR("message"), chute_string(CHUTE_STR("made")));
    chute_dry_event(rig.dry, input, &fields, &metadata);
    cr_expect_eq(fields.as.object->count, 1, "its fields are copied");
    chute_arena_finish(&arena);
    expect(&rig, "a:made+\n");
    close_rig(&rig);
}

Test(dry, outputs_take_what_their_conditions_let_through, .timeout = 60) {
    struct rig rig = { 0 };
    open_rig(&rig,
        INPUT "filter { copies { } if [copy] == 1 { drop_every { every => 1 } } }"
              " output { if [message] == \"x\" { collect { id => \"x\" } } else { collect { id => "
              "\"other\" } } collect { id => \"all\" } }");
    struct chute_input *input = rig.pipeline->inputs[0];
    chute_dry_message(rig.dry, input, CHUTE_STR("x"));
    expect(&rig, "x:x+\nx:x+\nall:x+\nall:x+\n");
    chute_dry_message(rig.dry, input, CHUTE_STR("y"));
    expect(&rig, "other:y+\nother:y+\nall:y+\nall:y+\n");
    close_rig(&rig);
}

Test(dry, filters_that_work_elsewhere_are_waited_for, .timeout = 60) {
    struct rig rig = { 0 };
    open_rig(&rig, INPUT "filter { later { } } output { collect { id => \"a\" } }");
    for (int i = 0; i < 50; i++) {
        chute_dry_message(rig.dry, rig.pipeline->inputs[0], CHUTE_STR("1\n2\n10"));
        expect(&rig, "a:1+\na:2+\n");
    }
    close_rig(&rig);
}

Test(dry, a_flush_brings_what_filters_hold, .timeout = 60) {
    struct rig rig = { 0 };
    open_rig(&rig, INPUT "filter { held { } } output { collect { id => \"a\" } }");
    chute_dry_message(rig.dry, rig.pipeline->inputs[0], CHUTE_STR("1\n2"));
    expect(&rig, "a:1+\na:2+\n");
    cr_expect_eq(seen.final_flushes, 0);
    chute_dry_flush(rig.dry);
    expect(&rig, "a:total 2\n");
    close_rig(&rig);
}

Test(dry, what_branches_take_is_counted, .timeout = 60) {
    struct rig rig = { 0 };
    open_rig(&rig, INPUT
        "filter { if [message] == \"x\" { drop_every { every => 1 } } } output { collect { } }");
    uint64_t taken[2] = { 0 };
    cr_assert_eq(rig.pipeline->filter_steps->items[0].kind, CHUTE_STEP_SPLIT);
    rig.pipeline->filter_steps->items[0].taken = taken;
    chute_dry_message(rig.dry, rig.pipeline->inputs[0], CHUTE_STR("x\ny\nz"));
    cr_expect_eq(taken[0], 1, "dropped inside, and counted");
    cr_expect_eq(taken[1], 2);
    close_rig(&rig);
}
