#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/base/json.h"
#include "pipeline/text/syslog.h"

static const struct {
    const char *text;
    int priority, version;
    const char *timestamp, *host, *program, *pid, *id, *data, *message;
} rows[] = {
    /* RFC 3164, as it is really sent */
    { "<164>Oct 26 15:19:25 1.2.3.4 %ASA-4-106023: Deny udp src", 164, 0, "Oct 26 15:19:25",
        "1.2.3.4", "%ASA-4-106023", "", "", "", "Deny udp src" },
    { "<133>Mar 11 08:44:43 precision kernel: [765135.424096] mce: CPU6", 133, 0, "Mar 11 08:44:43",
        "precision", "kernel", "", "", "", "[765135.424096] mce: CPU6" },
    { "<38>Mar  1 08:44:43 box sshd[4711]: Accepted publickey", 38, 0, "Mar  1 08:44:43", "box",
        "sshd", "4711", "", "", "Accepted publickey" },
    { "<38>Mar  1 08:44:43 box sshd(pam_unix)[4711]:   two blanks", 38, 0, "Mar  1 08:44:43", "box",
        "sshd(pam_unix)", "4711", "", "", "  two blanks" },
    { "<164>Oct 26 15:19:25 1.2.3.4 a sample message", 164, 0, "Oct 26 15:19:25", "1.2.3.4", "", "",
        "", "", "a sample message" },
    { "<13>Oct 26 15:19:25 fe80::1 app: x", 13, 0, "Oct 26 15:19:25", "fe80::1", "app", "", "", "",
        "x" },
    { "<13>Oct 26 15:19:25 app: x", 13, 0, "Oct 26 15:19:25", "", "app", "", "", "", "x" },
    { "<13>Oct 26 15:19:25 app[12]: x", 13, 0, "Oct 26 15:19:25", "", "app", "12", "", "", "x" },
    { "<13>Oct 26 15:19:25 box app[user]: x", 13, 0, "Oct 26 15:19:25", "box", "", "", "", "",
        "app[user]: x" },
    { "<13>Oct 26 15:19:25 box systemd-logind[1]:", 13, 0, "Oct 26 15:19:25", "box",
        "systemd-logind", "1", "", "", "" },
    { "<13>Oct 26 15:19:25 box http://x/ is down", 13, 0, "Oct 26 15:19:25", "box", "", "", "", "",
        "http://x/ is down" },
    { "<13>Oct 26 15:19:25 hello", 13, 0, "Oct 26 15:19:25", "", "", "", "", "", "hello" },
    { "<13>Oct 26 15:19:25.123 box a: b", 13, 0, "Oct 26 15:19:25.123", "box", "a", "", "", "",
        "b" },
    { "<13>Oct 26 2024 15:19:25 box a: b", 13, 0, "Oct 26 2024 15:19:25", "box", "a", "", "", "",
        "b" },
    { "<13>2024 Oct 26 15:19:25 box a: b", 13, 0, "2024 Oct 26 15:19:25", "box", "a", "", "", "",
        "b" },
    { "<166>Oct 26 2024 15:19:25: %ASA-6-302013: Built", 166, 0, "Oct 26 2024 15:19:25", "",
        "%ASA-6-302013", "", "", "", "Built" },
    { "<30>2024-10-26T15:19:25.123456+02:00 box tag: hi", 30, 0, "2024-10-26T15:19:25.123456+02:00",
        "box", "tag", "", "", "", "hi" },
    { "<30>2024-10-26 15:19:25 box tag: hi", 30, 0, "2024-10-26 15:19:25", "box", "tag", "", "", "",
        "hi" },
    { "<0>boom", 0, 0, "", "", "", "", "", "", "boom" },
    { "<13>app[3]: no time and no host", 13, 0, "", "", "app", "3", "", "", "no time and no host" },
    { "<13>Octopus is no month", 13, 0, "", "", "", "", "", "", "Octopus is no month" },
    { "<189>29: *Mar  1 18:48:50.483 UTC: %SYS-5: x", 189, 0, "", "", "29", "", "", "",
        "*Mar  1 18:48:50.483 UTC: %SYS-5: x" },
    { "<13>", 13, 0, "", "", "", "", "", "", "" },
    { "<13>Oct 26 15:19:25", 13, 0, "Oct 26 15:19:25", "", "", "", "", "", "" },
    { "<999>x", 999, 0, "", "", "", "", "", "", "x" },
    { "<13>1 is not a version here", 13, 0, "", "", "", "", "", "", "1 is not a version here" },
    /* RFC 5424 */
    { "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xEF\xBB\xBF'su root' "
      "failed",
        34, 1, "2003-10-11T22:14:15.003Z", "mymachine.example.com", "su", "", "ID47", "",
        "'su root' failed" },
    { "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time", 165, 1,
        "2003-08-24T05:14:15.000003-07:00", "192.0.2.1", "myproc", "8710", "", "", "%% It's time" },
    { "<165>1 2003-10-11T22:14:15.003Z h e - ID47 [a@32473 iut=\"3\" e=\"A\\\"\\]\"][b] msg", 165,
        1, "2003-10-11T22:14:15.003Z", "h", "e", "", "ID47",
        "[a@32473 iut=\"3\" e=\"A\\\"\\]\"][b]", "msg" },
    { "<165>1 2003-10-11T22:14:15.003Z h e - ID47 [a k=\"v\"]", 165, 1, "2003-10-11T22:14:15.003Z",
        "h", "e", "", "ID47", "[a k=\"v\"]", "" },
    { "<165>1 - - - - - -", 165, 1, "", "", "", "", "", "", "" },
    { "<165>1 - - - - - - m", 165, 1, "", "", "", "", "", "", "m" },
    { "<165>1 - - - - - [broken m", 165, 1, "", "", "", "", "", "", "[broken m" },
    { "<165>1 2003-10-11T22:14:15Z h app worker-3 - - m", 165, 1, "2003-10-11T22:14:15Z", "h",
        "app", "worker-3", "", "", "m" },
};

#define CHECK(member, row_member)                                                                  \
    cr_expect(chute_str_eq(got.member, chute_str_of(rows[i].row_member)),                          \
        "%s: " #member " is '%.*s'", rows[i].text, CHUTE_STR_ARGS(got.member))

Test(text_syslog, parses) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_syslog got;
        cr_assert(chute_syslog_parse(chute_str_of(rows[i].text), &got), "%s", rows[i].text);
        cr_expect(got.priority == rows[i].priority && got.version == rows[i].version,
            "%s: priority %d, version %d", rows[i].text, got.priority, got.version);
        CHECK(timestamp, timestamp);
        CHECK(host, host);
        CHECK(program, program);
        CHECK(pid, pid);
        CHECK(message_id, id);
        CHECK(structured_data, data);
        CHECK(message, message);
    }
}

Test(text_syslog, refuses_what_has_no_priority) {
    static const char *const texts[] = { "", "<", "<>", "<a>", "13>x", "<13 x", "<1234>x", "< 13>x",
        "message", "\x16\x03\x01", " <13>x" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct chute_syslog got;
        cr_expect_not(chute_syslog_parse(chute_str_of(texts[i]), &got), "%s", texts[i]);
    }
}

static const struct {
    const char *timestamp, *zone, *now, *want; /* want "": none */
} times[] = {
    { "Oct 26 15:19:25", "UTC", "2024-11-02T00:00:00Z", "2024-10-26T15:19:25.000Z" },
    { "Oct 26 15:19:25", "-05:00", "2024-11-02T00:00:00Z", "2024-10-26T20:19:25.000Z" },
    { "Oct 26 15:19:25", "Europe/Berlin", "2024-11-02T00:00:00Z", "2024-10-26T13:19:25.000Z" },
    { "Dec 31 23:59:59", "UTC", "2025-01-01T00:00:05Z", "2024-12-31T23:59:59.000Z" },
    { "Jan  1 00:00:03", "UTC", "2024-12-31T23:59:59Z", "2025-01-01T00:00:03.000Z" },
    { "Dec 31 20:00:00", "-05:00", "2025-01-01T01:00:05Z", "2025-01-01T01:00:00.000Z" },
    { "Feb 29 12:00:00", "UTC", "2025-03-01T00:00:00Z", "2024-02-29T12:00:00.000Z" },
    { "Feb 29 12:00:00", "UTC", "2027-06-01T00:00:00Z", "2028-02-29T12:00:00.000Z" },
    { "Feb 30 12:00:00", "UTC", "2024-11-02T00:00:00Z", "" },
    { "Oct 26 2019 15:19:25", "UTC", "2024-11-02T00:00:00Z", "2019-10-26T15:19:25.000Z" },
    { "Feb 29 2023 15:19:25", "UTC", "2024-11-02T00:00:00Z", "" },
    { "2003-08-24T05:14:15.000003-07:00", "UTC", "2024-11-02T00:00:00Z",
        "2003-08-24T12:14:15.000003Z" },
    { "2003-08-24 05:14:15", "+02:00", "2024-11-02T00:00:00Z", "2003-08-24T03:14:15.000Z" },
    { "Oct 26 15:19:25.25", "UTC", "2024-11-02T00:00:00Z", "2024-10-26T15:19:25.250Z" },
    { "Oct 26 24:19:25", "UTC", "2024-11-02T00:00:00Z", "" },
    { "", "UTC", "2024-11-02T00:00:00Z", "" },
};

Test(text_syslog, tells_the_time) {
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct chute_zone zone;
        struct chute_time now, got;
        char text[CHUTE_TIME_TEXT_SIZE] = "";
        cr_assert(chute_zone_find(chute_str_of(times[i].zone), &zone));
        cr_assert(chute_time_parse(chute_str_of(times[i].now), &now));
        if (chute_syslog_time(chute_str_of(times[i].timestamp), zone, now, &got)) {
            chute_time_format(got, text);
        }
        cr_expect_str_eq(text, times[i].want, "%s: got '%s'", times[i].timestamp, text);
    }
}

/* Around the turn of the year, with the sender's clock an hour early or late, in every zone. */
Test(text_syslog, finds_the_year_in_all_zones) {
    struct chute_time start;
    cr_assert(chute_time_parse(CHUTE_STR("2023-12-29T00:30:00Z"), &start));
    for (int offset = -12; offset <= 14; offset++) {
        struct chute_zone zone = { .offset = offset * 3600 };
        for (int hour = 0; hour < 24 * 6; hour++) {
            struct chute_time sent = { start.seconds + hour * 3600, 0 };
            struct chute_civil civil = chute_civil_from_seconds(sent.seconds + zone.offset);
            char text[64];
            snprintf(text, sizeof(text), "%s %2d %02d:%02d:%02d", civil.month == 1 ? "Jan" : "Dec",
                civil.day, civil.hour, civil.minute, civil.second);
            for (int skew = -1; skew <= 1; skew++) {
                struct chute_time now = { sent.seconds + skew * 3600, 0 }, got = { 0 };
                cr_assert(chute_syslog_time(chute_str_of(text), zone, now, &got) &&
                              got.seconds == sent.seconds,
                    "%s at %+d, skew %d", text, offset, skew);
            }
        }
    }
}

static const struct {
    const char *data, *want;
} structured[] = {
    { "", "{}" },
    { "[a]", "{\"a\":{}}" },
    { "[a k=\"v\" l=\"\"][b@1 m=\"x y\"]",
        "{\"a\":{\"k\":\"v\",\"l\":\"\"},\"b@1\":{\"m\":\"x y\"}}" },
    { "[a k=\"1\" k=\"2\" k=\"3\"]", "{\"a\":{\"k\":[\"1\",\"2\",\"3\"]}}" },
    { "[a k=\"\\\"\\\\\\]\\n\"]", "{\"a\":{\"k\":\"\\\"\\\\]\\\\n\"}}" },
    { "[a k=\"1\"][a l=\"2\"]", "{\"a\":{\"k\":\"1\",\"l\":\"2\"}}" },
    { "[a k=\"1\"", "{}" },
};

Test(text_syslog, reads_structured_data) {
    for (size_t i = 0; i < sizeof(structured) / sizeof(structured[0]); i++) {
        struct chute_arena arena = { 0 };
        struct chute_buf buf = { 0 };
        struct chute_value got = chute_syslog_structured(&arena, chute_str_of(structured[i].data));
        chute_json_encode(&buf, &got);
        cr_expect_str_eq(chute_buf_cstr(&buf), structured[i].want, "%s: got %s", structured[i].data,
            chute_buf_cstr(&buf));
        chute_buf_finish(&buf);
        chute_arena_finish(&arena);
    }
}
