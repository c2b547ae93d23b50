#include <criterion/criterion.h>

#include "conf/units.h"

static const struct {
    const char *text;
    long long bytes, ms; /* -1: refused */
} rows[] = {
    { "123", 123, 123000 },
    { "0", 0, 0 },
    { "0.5", 0, 500 },
    { "10 KiB", 10240, -1 },
    { "64mb", 64000000, -1 },
    { "1.5 MB", 1500000, -1 },
    { "2GiB", 2147483648, -1 },
    { "7 b", 7, -1 },
    { "1 EiB", 1152921504606846976, -1 },
    { "8 EiB", -1, -1 },
    { "10k", -1, -1 },
    { "10 xb", -1, -1 },
    { "500ms", -1, 500 },
    { "1500 usec", -1, 1 },
    { "2 weeks", -1, 1209600000 },
    { "1h", -1, 3600000 },
    { "1.5 minutes", -1, 90000 },
    { " 3 Days ", -1, 259200000 },
    { "3 fortnights", -1, -1 },
    { "-1", -1, -1 },
    { "ms", -1, -1 },
    { "", -1, -1 },
    { "1.2.3", -1, -1 },
};

Test(conf_units, reads_sizes_and_durations) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long long bytes = -1;
        long long ms = -1;
        bool is_size = chute_units_bytes(chute_str_of(rows[i].text), &bytes);
        bool is_duration = chute_units_duration(chute_str_of(rows[i].text), &ms);
        cr_expect_eq(is_size, rows[i].bytes >= 0, "%s as a size", rows[i].text);
        cr_expect_eq(is_duration, rows[i].ms >= 0, "%s as a duration", rows[i].text);
        cr_expect_eq(bytes, rows[i].bytes, "%s: got %lld bytes", rows[i].text, bytes);
        cr_expect_eq(ms, rows[i].ms, "%s: got %lld ms", rows[i].text, ms);
    }
}
