#include <criterion/criterion.h>

#include "pipeline/base/hash.h"

Test(base_hash, is_fnv_1a) {
    static const struct {
        const char *text;
        uint64_t hash;
    } rows[] = { { "", 0xcbf29ce484222325u }, { "a", 0xaf63dc4c8601ec8cu },
        { "foobar", 0x85944171f73967e8u } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect_eq(chute_hash(CHUTE_HASH_START, chute_str_of(rows[i].text)), rows[i].hash, "%s",
            rows[i].text);
    }
    uint64_t first = chute_hash(CHUTE_HASH_START, CHUTE_STR("foo"));
    cr_expect_eq(chute_hash(first, CHUTE_STR("bar")), rows[2].hash);
}
