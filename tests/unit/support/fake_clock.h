/* tests/unit/support/fake_clock.h - the clock and the local zone as a test wants them.
 *
 * Ownership: nothing. Threads: one at a time. */
#ifndef CHUTE_TEST_FAKE_CLOCK_H
#define CHUTE_TEST_FAKE_CLOCK_H

/* The clock shows `iso8601` and goes on from there. */
void test_clock_set(const char *iso8601);
/* The local zone is `id`. */
void test_zone_set(const char *id);

#endif
