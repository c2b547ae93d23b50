#include <criterion/criterion.h>

#include "conf/java_hash.h"
#include "pipeline/base/buf.h"

static const struct {
    const char *text;
    int32_t want;
} hashes[] = {
    { "", 0 },
    { "a", 97 },
    { "message", 954925063 },
    { "\xc3\xa9t\xc3\xa9", 227742 },
    { "\xf0\x9f\x98\x80", 1772899 },
    { "[http][response][status_code]", 265825827 },
};

Test(conf_java_hash, is_string_hash_code) {
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        cr_expect_eq(
            chute_java_hash(chute_str_of(hashes[i].text)), hashes[i].want, "%s", hashes[i].text);
    }
}

/* What a Java program printed for a HashMap of these keys. */
static const struct {
    const char *says, *keys, *want;
} orders[] = {
    { "letters", "a|b|c", "a|b|c" },
    { "nine usual names", "status|bytes|took|host|message|port|pid|user|level",
        "took|port|level|bytes|host|pid|message|user|status" },
    { "twelve keys stay in 16 slots", "k1|k2|k3|k4|k5|k6|k7|k8|k9|k10|k11|k12",
        "k1|k2|k3|k4|k5|k11|k6|k10|k7|k8|k12|k9" },
    { "thirteen take 32", "k1|k2|k3|k4|k5|k6|k7|k8|k9|k10|k11|k12|k13",
        "k1|k2|k3|k4|k5|k11|k6|k10|k7|k13|k8|k12|k9" },
    { "one slot, references, other scripts, the empty key",
        "[http][status]|[http][bytes]|client_ip|BB|Aa|\xc3\xa9t\xc3\xa9|\xf0\x9f\x98\x80|zz|",
        "BB|Aa|zz||[http][bytes]|\xf0\x9f\x98\x80|client_ip|[http][status]|\xc3\xa9t\xc3\xa9" },
    { "nine in one slot make a small table grow",
        "AaAaAa|AaAaBB|AaBBAa|AaBBBB|BBAaAa|BBAaBB|BBBBAa|BBBBBB|x|AaAaC#|y|z",
        "AaAaAa|AaAaBB|AaBBAa|AaBBBB|BBAaAa|BBAaBB|BBBBAa|BBBBBB|AaAaC#|x|y|z" },
    { "grown twice, order within a slot kept",
        "f01|f02|f03|f04|f05|f06|f07|f08|f09|f10|f11|f12|f13|f14|f15|f16|f17|f18|f19|f20|f21|"
        "f22|f23|f24|f25|AaAa|BBBB|AaBB|BBAa",
        "f10|f12|f11|f14|f13|f16|f15|f18|f17|f19|AaAa|BBBB|AaBB|BBAa|f21|f20|f01|f23|f22|f03|"
        "f25|f02|f24|f05|f04|f07|f06|f09|f08" },
    { "no key at all is one empty key", "", "" },
};

Test(conf_java_hash, walks_as_a_hash_map) {
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        struct chute_str keys[64];
        size_t order[64];
        size_t count = 0;
        struct chute_str rest = chute_str_of(orders[i].keys);
        for (;;) {
            ptrdiff_t bar = chute_str_find(rest, CHUTE_STR("|"));
            keys[count++] = (struct chute_str){ rest.at, bar < 0 ? rest.len : (size_t)bar };
            if (bar < 0) {
                break;
            }
            rest = (struct chute_str){ rest.at + bar + 1, rest.len - (size_t)bar - 1 };
        }
        chute_java_hash_order(keys, count, order);
        struct chute_buf got = { 0 };
        for (size_t n = 0; n < count; n++) {
            chute_buf_printf(&got, "%s%.*s", n == 0 ? "" : "|", CHUTE_STR_ARGS(keys[order[n]]));
        }
        cr_expect_str_eq(
            chute_buf_cstr(&got), orders[i].want, "%s: got %s", orders[i].says, got.at);
        chute_buf_finish(&got);
    }
}
