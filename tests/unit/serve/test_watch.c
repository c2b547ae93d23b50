/* What grew, and when, at times that the test makes up. */
#include <criterion/criterion.h>

#include "pipeline/serve/watch.h"

static struct chute_input inputs[2];
static struct chute_output outputs[2];
static struct chute_input *input_list[] = { &inputs[0], &inputs[1] };
static struct chute_output *output_list[] = { &outputs[0], &outputs[1] };
static struct chute_pipeline pipeline = {
    .inputs = input_list, .input_count = 2, .outputs = output_list, .output_count = 2
};

Test(watch, an_input_is_quiet_since_its_last_event) {
    struct chute_watch *watch = chute_watch_create(&pipeline, 1000);
    cr_expect_eq(chute_watch_quiet_ms(watch, CHUTE_SIGN_GIVEN, 0), 0);
    chute_watch_look(watch, 3601000);
    cr_expect_eq(chute_watch_quiet_ms(watch, CHUTE_SIGN_GIVEN, 0), 3600000, "since the beginning");
    inputs[1].head.counters.out = 5;
    chute_watch_look(watch, 3602000);
    cr_expect_eq(chute_watch_quiet_ms(watch, CHUTE_SIGN_GIVEN, 0), 3601000);
    cr_expect_eq(chute_watch_quiet_ms(watch, CHUTE_SIGN_GIVEN, 1), 0);
    chute_watch_look(watch, 3604000);
    cr_expect_eq(chute_watch_quiet_ms(watch, CHUTE_SIGN_GIVEN, 1), 2000);
    chute_watch_destroy(watch);
}

Test(watch, what_grew_is_forgotten_after_a_while) {
    static const enum chute_sign signs[] = { CHUTE_SIGN_RETRIED, CHUTE_SIGN_DEAD_LETTERED,
        CHUTE_SIGN_UNKEPT };
    struct chute_watch *watch = chute_watch_create(&pipeline, 1000);
    chute_watch_look(watch, 1001);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_not(chute_watch_grew(watch, signs[i], 1, 5000), "it never did");
    }
    outputs[1].head.counters.retried = 1;
    outputs[1].head.counters.dead_lettered = 1;
    outputs[1].head.counters.unkept = 1;
    chute_watch_look(watch, 2000);
    for (size_t i = 0; i < 3; i++) {
        cr_expect(chute_watch_grew(watch, signs[i], 1, 5000));
        cr_expect_not(chute_watch_grew(watch, signs[i], 0, 5000), "the other one did not");
    }
    cr_expect_not(chute_watch_grew(watch, CHUTE_SIGN_DROPPED_LETTERS, 0, 5000));
    chute_watch_look(watch, 6999);
    cr_expect(chute_watch_grew(watch, CHUTE_SIGN_UNKEPT, 1, 5000));
    chute_watch_look(watch, 7000);
    cr_expect_not(chute_watch_grew(watch, CHUTE_SIGN_UNKEPT, 1, 5000));
    outputs[1].head.counters.unkept = 2;
    chute_watch_look(watch, 8000);
    cr_expect(chute_watch_grew(watch, CHUTE_SIGN_UNKEPT, 1, 5000), "and again");
    chute_watch_destroy(watch);
    chute_watch_destroy(NULL);
}
