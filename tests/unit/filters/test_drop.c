#include <criterion/criterion.h>

#include "../support/filter.h"

static int dropped_of(const char *options, int events) {
    struct test_filter rig = { 0 };
    cr_assert(test_filter_open(&rig, "drop", options));
    int dropped = 0;
    for (int i = 0; i < events; i++) {
        const char *got = test_filter_run(&rig, "{\"a\":1}");
        dropped += strcmp(got, "dropped") == 0;
        cr_assert(strcmp(got, "dropped") == 0 || strcmp(got, "{\"a\":1} matched") == 0, "%s", got);
    }
    test_filter_finish(&rig);
    return dropped;
}

Test(filter_drop, drops_all_or_none) {
    cr_expect_eq(dropped_of("", 100), 100);
    cr_expect_eq(dropped_of("percentage => 0", 100), 0);
    cr_expect_eq(dropped_of("percentage => 250", 100), 100);
}

/* Of 2,000 events 30 % are 600; nine standard deviations are 185. */
Test(filter_drop, drops_a_share) {
    int dropped = dropped_of("percentage => 30", 2000);
    cr_expect(dropped > 415 && dropped < 785, "%d", dropped);
}
