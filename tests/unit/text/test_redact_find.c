#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../support/shared.h"
#include "pipeline/base/alloc.h"
#include "pipeline/base/ascii.h"
#include "pipeline/text/redact/find.h"
#include "pipeline/text/redact/token.h"
#include "tests/unit/support/random_regex.h"

#define DEFAULT (CHUTE_REDACT_ALL & ~CHUTE_REDACT_BIT(CHUTE_REDACT_IP_ADDRESS))

struct rig {
    struct chute_redact_plan *plan;
    struct chute_redact_finder finder;
    struct chute_regex_scratch *scratch;
    struct chute_buf out;
};

static struct rig rig_of(uint32_t kinds) {
    return (struct rig){ .plan = chute_redact_plan_create(kinds),
        .scratch = chute_regex_scratch_create() };
}

static void rig_finish(struct rig *rig) {
    chute_redact_plan_destroy(rig->plan);
    chute_redact_finder_finish(&rig->finder);
    chute_regex_scratch_destroy(rig->scratch);
    chute_buf_finish(&rig->out);
}

/* The text with «kind:…» around what was found. */
static const char *shown(struct rig *rig, struct chute_str text) {
    size_t count = chute_redact_find(rig->plan, &rig->finder, rig->scratch, text);
    size_t at = 0;
    rig->out.len = 0;
    for (size_t i = 0; i < count; i++) {
        const struct chute_redact_span *span = &rig->finder.spans[i];
        chute_buf_add(&rig->out, text.at + at, span->start - at);
        chute_buf_printf(&rig->out, "«%s:", chute_redact_kinds[span->kind].name);
        chute_buf_add(&rig->out, text.at + span->start, span->end - span->start);
        chute_buf_printf(&rig->out, "»");
        at = span->end;
    }
    chute_buf_add(&rig->out, text.at + at, text.len - at);
    return chute_buf_cstr(&rig->out);
}

/* Each line of the case file is what is to come out; without the marks it is what goes in. A line that begins with
 * `#` is a comment. `\n` stands for a line feed only between marks of its own: ⏎. */
static struct chute_str without_marks(struct chute_str line, struct chute_buf *plain) {
    static const struct chute_str left = CHUTE_STR("«"), right = CHUTE_STR("»"),
                                  feed = CHUTE_STR("⏎");
    plain->len = 0;
    for (size_t i = 0; i < line.len;) {
        struct chute_str rest = { line.at + i, line.len - i };
        if (chute_str_starts_with(rest, left)) {
            const char *colon = memchr(rest.at, ':', rest.len);
            cr_assert_not_null(colon);
            i += (size_t)(colon - rest.at) + 1;
        } else if (chute_str_starts_with(rest, right)) {
            i += right.len;
        } else if (chute_str_starts_with(rest, feed)) {
            chute_buf_add_char(plain, '\n');
            i += feed.len;
        } else {
            chute_buf_add_char(plain, line.at[i++]);
        }
    }
    return chute_buf_str(plain);
}

static void replace_feeds(struct chute_buf *out, const char *shown_text) {
    out->len = 0;
    for (; *shown_text != '\0'; shown_text++) {
        if (*shown_text == '\n') {
            chute_buf_add_str(out, CHUTE_STR("⏎"));
        } else {
            chute_buf_add_char(out, *shown_text);
        }
    }
}

Test(text_redact_find, cases) {
    struct rig rig = rig_of(DEFAULT);
    size_t len;
    char *file = test_read_file("tests/unit/text/redact.cases", &len);
    cr_assert_not_null(file);
    struct chute_buf plain = { 0 }, got = { 0 };
    int number = 0, count = 0;
    for (char *line = file; *line != '\0';) {
        char *end = strchr(line, '\n');
        cr_assert_not_null(end, "the file ends with a line feed");
        *end = '\0';
        number++;
        if (*line != '#' && *line != '\0') {
            replace_feeds(&got, shown(&rig, without_marks(chute_str_of(line), &plain)));
            cr_expect_str_eq(chute_buf_cstr(&got), line, "redact.cases:%d: got  %s\n  want %s",
                number, chute_buf_cstr(&got), line);
            count++;
        }
        line = end + 1;
    }
    cr_expect_gt(count, 120);
    chute_buf_finish(&plain);
    chute_buf_finish(&got);
    chute_free(file);
    rig_finish(&rig);
}

Test(text_redact_find, ip_addresses_when_they_are_named) {
    struct rig rig = rig_of(CHUTE_REDACT_BIT(CHUTE_REDACT_IP_ADDRESS));
    static const char *const rows[][2] = {
        { "from 10.0.0.1 to 10.0.0.2:443.",
            "from «ip_address:10.0.0.1» to «ip_address:10.0.0.2»:443." },
        { "fe80::1%eth0 ::1 2001:db8::8a2e:370:7334,", "«ip_address:fe80::1»%eth0 «ip_address:::1» "
                                                       "«ip_address:2001:db8::8a2e:370:7334»," },
        { "version 1.2.3 at 12:30:01 and 1.2.3.4.5 300.1.1.1 a:b",
            "version 1.2.3 at 12:30:01 and 1.2.3.4.5 300.1.1.1 a:b" },
        { "[::ffff:10.0.0.1]:80", "[«ip_address:::ffff:10.0.0.1»]:80" },
        { "password=x a@b.example", "password=x a@b.example" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *got = shown(&rig, chute_str_of(rows[i][0]));
        cr_expect_str_eq(got, rows[i][1], "got %s", got);
    }
    rig_finish(&rig);
}

Test(text_redact_find, looks_for_nothing_else) {
    for (unsigned kind = 0; kind < CHUTE_REDACT_KINDS; kind++) {
        struct rig rig = rig_of(CHUTE_REDACT_BIT(kind));
        struct chute_str text = CHUTE_STR(
            "password=hunter2 a@b.example +1-313-582-7261 4111111111111111 DE89370400440532013000 "
            "https://u:pw@h/ AKIAABCDEFGHIJKLMNOP Authorization: Basic dXNlcjpwYXNz Cookie: "
            "a=bcdef");
        size_t count = chute_redact_find(rig.plan, &rig.finder, rig.scratch, text);
        for (size_t i = 0; i < count; i++) {
            cr_expect_eq(rig.finder.spans[i].kind, kind);
        }
        rig_finish(&rig);
    }
}

/* ------------------------------------------------------------------ one pass finds what many do */

static unsigned roll(unsigned below) {
    static struct test_chance chance = { .seed = 88172645463325252u };
    return test_chance_draw(&chance, below);
}

static const char *const parts[] = { "password", "passwd", "=", ": ", ":", "\"", "'", "\\\"", " ",
    "&", ",", ";", "hunter2", "token", "Token", "key", "api_key", "X-Api-Key", "secret", "session",
    "cookie: ", "a=b; ", "Authorization: ", "Bearer ", "Basic ", "dXNlcjpwYXNz",
    "eyJhbGciOiJIUzI1NiJ9", ".", "eyJzdWIiOiJhIn0", "AKIA", "ABCDEFGHIJKLMNOP", "ghp_",
    "0123456789abcdefABCDEF0123456789abcdef", "xoxb-1234567890-", "sk_live_", "AIza", "npm_",
    "pypi-", "SG.", "://", "https", "user", "@", "host.example", "/",
    "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----", "4111",
    "1111 1111 1111 1111", "-", "+", "1", "313-582-7261", "DE", "89 3704 0044 0532 0130 00",
    "020 7946 0958", "10.0.0.1", "::1", "\n", "é", "<", ">", "null", "***", "is ", "pin",
    "--password ", "%3D", "%22", "%40", "&quot;", "&lt;", "&gt;", "\\u0022", "<![CDATA[", "]]>",
    "</", "curl ", "-u ", "mysql ", "-p", "sshpass ", "pass:", "IDENTIFIED BY ",
    "IDENTIFIED WITH x BY ", "SET PASSWORD FOR ", ") VALUES ('", "(a, password", "@tcp(",
    ":thin:a/", "''", "name", "value", "Some(", "string(8) ", ", ", "('",
    "for user bob: ", "06 1234 5678", "phone ", "tel: ", "“", "”", "[", "]", "{", "}", "(", ")" };

static size_t random_line(char *room) {
    size_t len = 0;
    for (unsigned n = 1 + roll(10); n > 0; n--) {
        const char *part = parts[roll(sizeof(parts) / sizeof(parts[0]))];
        memcpy(room + len, part, strlen(part));
        len += strlen(part);
    }
    return len;
}

/* What a token's pattern matches anywhere, without the literals, must lie in a span. */
static void expect_tokens(struct rig *rig, struct chute_regex **loose, struct chute_str text) {
    for (size_t i = 0; i < chute_redact_token_count; i++) {
        const struct chute_redact_token *token = &chute_redact_tokens[i];
        const size_t *groups;
        for (size_t at = 0; chute_regex_match(loose[i], rig->scratch, text, at, &groups) > 0;) {
            size_t start = groups[0], end = groups[1];
            char before = start == 0 ? ' ' : text.at[start - 1];
            bool is_free =
                !((chute_is_alnum(before) || before == '_') && chute_is_alnum(text.at[start])) &&
                (token->not_behind == NULL || strchr(token->not_behind, before) == NULL);
            if (is_free && (token->check == NULL ||
                               token->check((struct chute_str){ text.at + start, end - start }))) {
                bool is_found = false;
                for (size_t k = 0; k < rig->finder.count; k++) {
                    is_found = is_found || (rig->finder.spans[k].start <= start &&
                                               rig->finder.spans[k].end >= end);
                }
                cr_assert(is_found, "%s in %.*s", token->pattern, (int)text.len, text.at);
            }
            at = start + 1;
        }
    }
}

/* Lines of random parts; CHUTE_TEST_LINES says how many. */
Test(text_redact_find, one_pass_changes_nothing, .timeout = 600) {
    const char *wanted = getenv("CHUTE_TEST_LINES");
    long lines = wanted == NULL ? 60000 : strtol(wanted, NULL, 10);
    struct rig fast = rig_of(CHUTE_REDACT_ALL), slow = rig_of(CHUTE_REDACT_ALL);
    struct chute_regex **loose = chute_calloc(chute_redact_token_count, sizeof(*loose));
    for (size_t i = 0; i < chute_redact_token_count; i++) {
        struct chute_regex_error error;
        loose[i] = chute_regex_compile(chute_str_of(chute_redact_tokens[i].pattern), NULL, &error);
        cr_assert_not_null(loose[i]);
    }
    size_t found = 0;
    for (long n = 0; n < lines; n++) {
        char room[1024];
        struct chute_str text = { room, random_line(room) };
        size_t count = chute_redact_find(fast.plan, &fast.finder, fast.scratch, text);
        size_t same = chute_redact_find_slowly(slow.plan, &slow.finder, slow.scratch, text);
        cr_assert_eq(count, same, "%zu and %zu in %.*s", count, same, (int)text.len, room);
        for (size_t i = 0; i < count; i++) {
            cr_assert_eq(fast.finder.spans[i].start, slow.finder.spans[i].start, "%.*s",
                (int)text.len, room);
            cr_assert_eq(
                fast.finder.spans[i].end, slow.finder.spans[i].end, "%.*s", (int)text.len, room);
            cr_assert_lt(fast.finder.spans[i].start, fast.finder.spans[i].end);
            cr_assert(i == 0 || fast.finder.spans[i].start >= fast.finder.spans[i - 1].end);
        }
        found += count;
        if (n % 4 == 0) {
            expect_tokens(&fast, loose, text);
        }
    }
    cr_expect_gt(found, (size_t)lines / 4);
    fprintf(stderr, "%ld lines, %zu secrets found by both\n", lines, found);
    for (size_t i = 0; i < chute_redact_token_count; i++) {
        chute_regex_destroy(loose[i]);
    }
    chute_free(loose);
    rig_finish(&fast);
    rig_finish(&slow);
}

/* ------------------------------------------------------------------ no text makes it slow */

static double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static const char *const units[] = { "a@", "1", "password=", "1 ", "1-", "1111-", "1111 ",
    "4111 1111 1111 111", "key=", "key=a", "token ", "password: must ", "password=${",
    "://a:", "a://a:b/", "eyJ", "eyJ.", "eyJhbGciOiJ.eyJ", "AKIA", "xoxb-1 ", "-----BEGIN ",
    "-----BEGIN RSA PRIVATE KEY-----", "+1", "+1 ", "0171 ", "(555) ", "authorization: null ",
    "authorization: ", "cookie: ", "cookie: null ", "cookie=a; ", "bearer ", "basic ", "basic YQ ",
    "password=\"", "password=\\\"is ", "password=[\"null\",", "<password>", "<password>null",
    "DE00", "DE12 3456 ", "x@y.", "@", "sk-", "https://hooks.slack.com/services/",
    "session=38b6ccce-fb8a,", "pass", "--password ", "password is ", "pwd:,", "password=*",
    "password=x", "identified by '", "key\\\"", "key\\", "passwordpassword", "0", "+",
    "(password) values (", "(password) values ('", ") values (", "@tcp(", "a:b@tcp(", ":thin:a/",
    "dial (1", "otp 1", "%20", "%20411", "curl -H 'X-Token: ", "'' ", "password=''", "cookie [",
    "::", "curl ", "curl -u ", "curl \"", "curl '-u", "mysql -p", "sshpass -p \\\"",
    "openssl pass:", "identified by password ", "identified with a ", "set password for ",
    "password for ", "password for a: ", "<password a", "<password a>", "<password>a",
    "<password><![CDATA[", "&lt;password&gt;", "password&quot;", "password\\u0022",
    "password\\u0022:\\u0022", "\"password\",", "('password', 'a", "\"--password\", \"",
    "\"password\";s:", "name=\"password\">", "name: password\n value",
    "name: password, value: ", "password: N'", "password=string(", "password(", "password('",
    "password: \"", "password “", "token “a", "session id ", "api key provided: ", "phone 1",
    "phone 12 ", "call me ", "phone=1 ", "phone: 1", "%40", "a%40", "%41%40", "06-1234567",
    "card 4", "visa ", "password=/a", "password=****", "password=a.", "password=$a", "password={",
    "1.1.1.1", "%3Dpassword%3D", "\xC3\xA9" };

/* A megabyte of each takes as long per byte as sixteen times less of it, so it takes no square of the time; that is
 * what an attacker would look for. The bound is wide: sanitizers and busy machines are slow. */
Test(text_redact_find, takes_time_in_proportion, .timeout = 600) {
    struct rig rig = rig_of(CHUTE_REDACT_ALL);
    enum { LONG = 1 << 20, SHORT = LONG / 16 };
    char *text = chute_alloc(LONG);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t unit = strlen(units[i]);
        for (size_t at = 0; at < LONG; at++) {
            text[at] = units[i][at % unit];
        }
        double before = milliseconds();
        chute_redact_find(rig.plan, &rig.finder, rig.scratch, (struct chute_str){ text, SHORT });
        double little = milliseconds() - before;
        before = milliseconds();
        chute_redact_find(rig.plan, &rig.finder, rig.scratch, (struct chute_str){ text, LONG });
        double much = milliseconds() - before;
        cr_expect_lt(much, 16 * 5 * little + 20, "%s: %.1f ms for a megabyte, %.1f for a sixteenth",
            units[i], much, little);
    }
    chute_free(text);
    rig_finish(&rig);
}
