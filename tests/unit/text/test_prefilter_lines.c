/* A million lines as they stand in logs, some with secrets and some with what looks like one, and many patterns: what each
 * pattern finds is the same whether the prefilter was asked before or not. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/regex.h"
#include "pipeline/text/prefilter.h"
#include "pipeline/text/redact/token.h"
#include "tests/unit/support/random_regex.h"

#define LINES 1000000

/* As people write them; those of the tokens that we know come on top. */
static const char *const written[] = { "password=\\S+", "[Bb]earer [A-Za-z0-9._-]+",
    "\\b\\d{4}[- ]?\\d{4}[- ]?\\d{4}[- ]?\\d{4}\\b", "(?i)secret\\s*[:=]\\s*\\w+",
    "(?i)pass(?:w(?:or)?d|phrase)?[\"']?\\s*[:=]", "(?i)api[_-]?key[=:]\\s*(\\w+)",
    "[a-z.]+@[a-z]+\\.(?:com|org|net)", "^(?:4\\d{12}|5[1-5]\\d{14})$",
    "\\b\\d{3}-\\d{2}-\\d{4}\\b", "(?i)\\bssn\\b", "(?i)task[_ ]?token",
    "(?:sess|session)[_-]?id=(?<id>[0-9a-f]{8,})", "Set-Cookie: ?[^;]+", "://[^:/@ ]+:[^@/ ]+@",
    "-----BEGIN (?:RSA |EC )?PRIVATE KEY-----", "(?<=user=)\\w+",
    "\\b(?:10|192\\.168)(?:\\.\\d{1,3}){2,3}\\b", "DE\\d{2}(?: ?\\d{4}){4} ?\\d{2}",
    "card(?:_?no|number)?[=:]\\s*\\d+", "(?i)kennwort|(?i)senha|contraseña",
    "é+\\w=", "\\+49[ -]?\\d{2,4}[ -]?\\d{4,8}", "(?i)authorization: ?(?:basic|digest) \\S+",
    "pin[=:] ?\\d{4,6}(?!\\d)", "\\d{40,}" };
enum { WRITTEN = sizeof(written) / sizeof(written[0]) };

static const char *const heads[] = {
    "192.0.2.17 - - [24/Nov/2026:10:11:12 +0000] \"GET /api/orders",
    "Nov 24 10:11:12 web-07 sshd[2211]: ", "2026-11-24T10:11:12.345Z INFO  checkout.Cart ",
    "{\"level\":\"warn\",\"took_ms\":12,\"msg\":\"", "\tat org.example.Store.load(Store.java:118) ",
    "level=info ts=1795515072 caller=main.go:88 ", ""
};
static const char *const middles[] = { "user 4711 logged in ", "order 20261124-0815 paid ",
    "/42?page=3&sort=asc ", "connection reset by peer ", "GET https://example.org/a/b.html ",
    "cache miss for key item ", "Accepted publickey for deploy ", "retry 3 of 5 in 200ms ",
    "trace=4bf92f3577b34da6 ",
    "temperature 21.5 \xC2\xB0"
    "C ",
    "caf\xC3\xA9 " };
static const char *const secrets[] = { "password=hunter2", "Bearer ab.cd-ef", "bearer XYZ",
    "4111 1111 1111 1111", "5105105105105100", "SECRET: x9", "ſecret=1", "Passwd=abc",
    "passphrase: q", "API-KEY=zz9", "apikey: abc", "me.too@example.com", "123-45-6789", "SSN",
    "sSn", "\xC5\xBF\xC5\xBFn", "TASK_TOKEN", "tas\xE2\x84\xAA toKen", "session_id=0123abcd",
    "sessid=deadbeef01", "Set-Cookie:a=b", "mysql://root:pw@db/x", "-----BEGIN EC PRIVATE KEY-----",
    "user=anna", "192.168.3.4", "10.1.2.3", "DE89 3704 0044 0532 0130 00", "cardnumber: 42",
    "card_no=1", "KENNWORT", "Senha", "contraseña", "éé_=", "+49 171 1234567",
    "Authorization: Basic eA==", "pin: 1234", "1234567890123456789012345678901234567890",
    "AKIAIOSFODNN7EXAMPLE", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "xoxb-123456789012-abcdef",
    "sk_live_0123456789ab", "AIzaSyA0123456789abcdefghijklmnopqrstuv",
    "npm_0123456789abcdefghijABCDEFGHIJ012345", "eyJhbGciOi.eyJzdWI.x",
    "0123456789abcdef0123456789abcdef-us12" };
static const char *const lookalikes[] = { "password =", "passw0rd=x", "Bearer", "bearerx y",
    "4111 1111 1111 111", "51051051051051", "secretary: none", "ecret=1", "passwords", "api--key=1",
    "api key", "me.too@example", "@example.com", "12-345-6789", "ssnake", "task-token", "token",
    "session_id=xyz", "Set-Cookie", "://db/x", "-----BEGIN CERTIFICATE-----", "user =", "192.168.x",
    "10.x", "DE89 3704", "card number 1", "kennwor", "contrasena", "\xC3\xA8=", "+49", "+4917",
    "Authorization: none", "pin=12", "AKIAIOSFODNN7", "ghp_short", "xoxb-", "xoxq-0123456789",
    "sk_life_0123456789", "AIza", "npm_", "eyJ.", "0123456789abcdef-us12", "ghp-", "\xC5\xBF",
    "\xE2\x84\xAA", "123456789012345678901234567890123456789" };

#define PICK(chance, from) (from)[test_chance_draw((chance), sizeof(from) / sizeof((from)[0]))]

static void add(struct chute_buf *line, const char *text) {
    chute_buf_add(line, text, strlen(text));
}

static void make_line(struct test_chance *chance, struct chute_buf *line) {
    line->len = 0;
    add(line, PICK(chance, heads));
    for (unsigned count = 1 + test_chance_draw(chance, 4); count > 0; count--) {
        unsigned kind = test_chance_draw(chance, 12);
        if (kind == 0) {
            add(line, PICK(chance, secrets));
        } else if (kind < 3) {
            add(line, PICK(chance, lookalikes));
        } else {
            add(line, PICK(chance, middles));
            continue;
        }
        if (test_chance_draw(chance, 8) > 0) { /* else what follows adjoins it */
            chute_buf_add_char(line, " ,;\"&\n"[test_chance_draw(chance, 6)]);
        }
    }
}

struct set {
    struct chute_regex **regexes;
    struct chute_str *patterns;
    size_t count;
};

static struct set make_set(void) {
    struct set set = { .count = WRITTEN + chute_redact_token_count };
    set.regexes = chute_calloc(set.count, sizeof(*set.regexes));
    set.patterns = chute_calloc(set.count, sizeof(*set.patterns));
    for (size_t i = 0; i < set.count; i++) {
        const char *pattern = i < WRITTEN ? written[i] : chute_redact_tokens[i - WRITTEN].pattern;
        struct chute_regex_options options = { .is_hot = true };
        struct chute_regex_error error;
        set.regexes[i] = chute_regex_compile(chute_str_of(pattern), &options, &error);
        cr_assert_not_null(set.regexes[i], "%s: %s", pattern, error.text);
        set.patterns[i] = chute_regex_translated(set.regexes[i]);
    }
    return set;
}

static void set_finish(struct set *set) {
    for (size_t i = 0; i < set->count; i++) {
        chute_regex_destroy(set->regexes[i]);
    }
    chute_free(set->regexes);
    chute_free(set->patterns);
}

Test(text_prefilter_lines, changes_no_result, .timeout = 280) {
    struct set set = make_set();
    struct chute_prefilter *prefilter = chute_prefilter_create(set.patterns, set.count);
    size_t words = chute_prefilter_words(prefilter);
    uint64_t *candidates = chute_calloc(words, sizeof(*candidates));
    size_t *found_by = chute_calloc(set.count, sizeof(*found_by));
    struct chute_regex_scratch *scratch = chute_regex_scratch_create();
    struct test_chance chance = { .seed = 0x9E3779B97F4A7C15u };
    struct chute_buf line = { 0 };
    size_t hits = 0, lines_hit = 0, tried = 0;
    for (unsigned n = 0; n < LINES; n++) {
        make_line(&chance, &line);
        struct chute_str text = chute_buf_str(&line);
        chute_prefilter_scan(prefilter, text, candidates);
        size_t before = hits;
        for (size_t i = 0; i < set.count; i++) {
            bool is_tried = (candidates[i / 64] >> (i % 64) & 1) != 0;
            int result = chute_regex_test(set.regexes[i], scratch, text);
            int with_prefilter = is_tried ? result : 0;
            cr_assert_eq(with_prefilter, result, "%.*s: not tried in %.*s",
                CHUTE_STR_ARGS(set.patterns[i]), CHUTE_STR_ARGS(text));
            tried += is_tried;
            hits += result > 0;
            found_by[i] += result > 0;
        }
        lines_hit += hits > before;
    }
    fprintf(stderr, "%d lines, %zu of them with hits; %zu patterns, %zu hits in %zu of %zu runs\n",
        LINES, lines_hit, set.count, hits, tried, set.count * LINES);
    cr_expect_gt(lines_hit, LINES / 20);
    cr_expect_lt(lines_hit, LINES / 2);
    cr_expect_lt(tried, set.count * LINES / 10);
    for (size_t i = 0; i < WRITTEN; i++) {
        cr_expect_gt(found_by[i], 20, "%s matches %zu lines", written[i], found_by[i]);
    }
    chute_buf_finish(&line);
    chute_regex_scratch_destroy(scratch);
    chute_free(found_by);
    chute_free(candidates);
    chute_prefilter_destroy(prefilter);
    set_finish(&set);
}
