#include "tests/unit/support/fake_clock.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/time.h"
#include "pipeline/base/zone.h"

void test_clock_set(const char *iso8601) {
    struct chute_time now;
    bool is_read = chute_time_parse(chute_str_of(iso8601), &now);
    chute_assert(is_read);
    chute_clock_set(now);
}

void test_zone_set(const char *id) {
    struct chute_zone zone;
    bool is_found = chute_zone_find(chute_str_of(id), &zone);
    chute_assert(is_found);
    chute_zone_set_local(zone);
}
