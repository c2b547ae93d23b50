#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/net/proxy.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"

static const struct {
    struct chute_str bytes;
    int want;
    const char *says; /* source ip port, proxy ip port */
} rows[] = {
    { CHUTE_STR("PROXY TCP4 1.2.3.4 5.6.7.8 1234 5678\r\nrest"), 38, "1.2.3.4 1234 5.6.7.8 5678" },
    { CHUTE_STR("PROXY TCP4 1.2.3.4 5.6.7.8 1234 5678\n"), 37, "1.2.3.4 1234 5.6.7.8 5678" },
    { CHUTE_STR("PROXY TCP6 ::1 fe80::2 1 2\r\n"), 28, "::1 1 fe80::2 2" },
    { CHUTE_STR("PROXY UNKNOWN\r\n"), 15, "   " },
    { CHUTE_STR("PROXY UNKNOWN ff ff 1 2\r\n"), 25, "   " },
    { CHUTE_STR("PROXY TCP4 1.2.3.4 5.6.7.8 1234\r\n"), -1, "   " },
    { CHUTE_STR("PROXY TCP4 1.2.3.4 5.6.7.8 1234 99999\r\n"), -1, "   " },
    { CHUTE_STR("PROXY TCP4 ::1 5.6.7.8 1234 5678\r\n"), -1, "   " },
    { CHUTE_STR("PROXY UDP4 1.2.3.4 5.6.7.8 1234 5678\r\n"), -1, "   " },
    { CHUTE_STR("PROXY TCP4 1.2.3.4 5.6"), 0, "   " },
    { CHUTE_STR("PRO"), 0, "   " },
    { CHUTE_STR(""), 0, "   " },
    { CHUTE_STR("hello\n"), -1, "   " },
    { CHUTE_STR(
          "PROXY "
          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        -1, "   " },
    { CHUTE_STR(V2), 0, "   " },
    { CHUTE_STR(V2 "\x21\x11\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x04\xd2\x16\x2erest"), 28,
        "1.2.3.4 1234 5.6.7.8 5678" },
    { CHUTE_STR(V2 "\x21\x11\x00\x0c\x01\x02"), 0, "   " },
    { CHUTE_STR(
          V2 "\x21\x21\x00\x24\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2"
             "\0\1\0\2"),
        52, "::1 1 ::2 2" },
    { CHUTE_STR(V2 "\x20\x00\x00\x00"), 16, "   " }, /* LOCAL: a health check */
    { CHUTE_STR(V2 "\x21\x11\x00\x04"
                   "abcd"),
        20, "   " },                                 /* too short for its family */
    { CHUTE_STR(V2 "\x11\x11\x00\x00"), -1, "   " }, /* not version 2 */
    { CHUTE_STR(V2 "\x21\x11\xff\xff"), -1, "   " },
};

Test(net_proxy, parses) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_proxy said;
        int got = chute_proxy_parse(rows[i].bytes, &said);
        char text[160];
        snprintf(text, sizeof(text), "%s %s %s %s", said.source_ip, said.source_port, said.proxy_ip,
            said.proxy_port);
        cr_expect(got == rows[i].want, "row %zu: got %d", i, got);
        cr_expect_str_eq(text, rows[i].says, "row %zu: got '%s'", i, text);
    }
}

Test(net_proxy, needs_more_until_the_header_is_whole) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_proxy said;
        for (int len = 0; len < rows[i].want; len++) {
            int got = chute_proxy_parse((struct chute_str){ rows[i].bytes.at, (size_t)len }, &said);
            cr_expect(got == 0, "row %zu, %d bytes: got %d", i, len, got);
        }
    }
}
