#include <criterion/criterion.h>
#include <poll.h>

#include "pipeline/base/wake.h"

static int ready(const struct chute_wake *wake) {
    struct pollfd fd = { .fd = wake->fd, .events = POLLIN };
    return poll(&fd, 1, 0);
}

Test(base_wake, is_readable_from_a_signal_until_cleared) {
    struct chute_wake wake = { 0 };
    cr_assert_eq(chute_wake_open(&wake, "test"), 0);
    cr_expect_eq(ready(&wake), 0);
    chute_wake_clear(&wake); /* does not wait */
    chute_wake_signal(&wake);
    chute_wake_signal(&wake);
    cr_expect_eq(ready(&wake), 1);
    chute_wake_clear(&wake);
    cr_expect_eq(ready(&wake), 0, "two signals are one");
    chute_wake_finish(&wake);
    cr_expect_not(wake.is_open);
    chute_wake_finish(&wake);
}

Test(base_wake, one_that_is_not_open_is_left_alone) {
    struct chute_wake wake = { 0 }; /* its descriptor would be standard input */
    chute_wake_signal(&wake);
    chute_wake_finish(&wake);
    cr_expect_geq(ready(&wake), 0);
}
