#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pipeline/base/json.h"
#include "pipeline/base/log.h"

static int fd;
static char *written;

static void open_log(void) {
    fd = memfd_create("log", 0);
    cr_assert_geq(fd, 0);
    chute_log_set_fd(fd);
    chute_log_set_level(CHUTE_LOG_INFO);
    chute_log_set_json(false);
}
static void close_log(void) {
    chute_log_set_fd(2);
    close(fd);
    free(written);
    written = NULL;
}
TestSuite(base_log, .init = open_log, .fini = close_log);

/* All written since the last call. */
static char *lines(void) {
    off_t len = lseek(fd, 0, SEEK_END);
    free(written);
    written = calloc(1, (size_t)len + 1);
    cr_assert_eq(pread(fd, written, (size_t)len, 0), len);
    cr_assert_eq(ftruncate(fd, 0), 0);
    lseek(fd, 0, SEEK_SET);
    return written;
}

/* The one line written, behind its time. */
static const char *plain_line(void) {
    char *line = lines();
    int year, month, day, hour, minute, second, millis, end = 0;
    cr_assert_eq(sscanf(line, "[%4d-%2d-%2dT%2d:%2d:%2d,%3d]%n", &year, &month, &day, &hour,
                     &minute, &second, &millis, &end),
        7, "%s", line);
    return line + end;
}

Test(base_log, plain_lines) {
    static const struct {
        const char *value, *want;
    } rows[] = {
        { "simple", "simple" },
        { "", "\"\"" },
        { "two words", "\"two words\"" },
        { "say \"x\"", "\"say \\\"x\\\"\"" },
        { "back\\slash", "back\\slash" },
        { "a back\\slash", "\"a back\\\\slash\"" },
        { "tab\there", "\"tab\\there\"" },
        { "two\nlines", "\"two\\nlines\"" },
        { "http://ann:pw@h/a@b", "http://******@h/a@b" },
        { "\x1b[2J", "\\x1B[2J" },
        { "\x7f", "\\x7F" },
        { "\xC3\xA4", "\xC3\xA4" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        chute_log(
            CHUTE_LOG_WARN, "inputs.tcp", "lost it", "left", NULL, "key", rows[i].value, NULL);
        char want[256];
        snprintf(want, sizeof(want), "[WARN ][inputs.tcp] lost it key=%s\n", rows[i].want);
        const char *got = plain_line();
        cr_expect_str_eq(got, want, "%s: %s", rows[i].value, got);
    }
    chute_logf(CHUTE_LOG_ERROR, "m", "%d of %s", 3, "four");
    cr_expect_str_eq(plain_line(), "[ERROR][m] 3 of four\n");
    chute_log(CHUTE_LOG_FATAL, "m", "a \"message\" stays", NULL);
    cr_expect_str_eq(plain_line(), "[FATAL][m] a \"message\" stays\n");
}

Test(base_log, json_lines_hold_any_text) {
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "simple", "simple" },
        { "say \"x\" \\", "say \"x\" \\" },
        { "line\n\ttab\x01\x7f", "line\n\ttab\x01\x7f" },
        { "\xC3\xA4\xE2\x82\xAC", "\xC3\xA4\xE2\x82\xAC" },
        { "bad\xff\xC3", "bad\xEF\xBF\xBD\xEF\xBF\xBD" },
    };
    chute_log_set_json(true);
    struct chute_json_parser *parser = chute_json_parser_create();
    struct chute_arena arena = { 0 };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        chute_log(
            CHUTE_LOG_INFO, rows[i].text, rows[i].text, "left", NULL, "key", rows[i].text, NULL);
        const char *line = lines();
        size_t len = strlen(line);
        cr_assert(len > 0 && strchr(line, '\n') == line + len - 1, "one line: %s", line);
        struct chute_value value;
        cr_assert_eq(chute_json_decode(parser, &arena, chute_str_of(line), &value), CHUTE_JSON_OK,
            "%s", line);
        static const char *const keys[] = { "module", "message", "key" };
        for (size_t k = 0; k < 3; k++) {
            const struct chute_value *text =
                chute_object_get(value.as.object, chute_str_of(keys[k]));
            cr_assert_not_null(text);
            cr_expect(chute_str_eq(chute_value_str(text), chute_str_of(rows[i].want)), "%s", line);
        }
        const struct chute_value *level = chute_object_get(value.as.object, CHUTE_STR("level"));
        cr_expect(chute_str_eq(chute_value_str(level), CHUTE_STR("info")));
        cr_expect_null(chute_object_get(value.as.object, CHUTE_STR("left")));
    }
    chute_json_parser_destroy(parser);
    chute_arena_finish(&arena);
}

Test(base_log, writes_what_is_not_below_the_level) {
    for (int level = CHUTE_LOG_TRACE; level <= CHUTE_LOG_FATAL; level++) {
        chute_log_set_level((enum chute_log_level)level);
        size_t count = 0;
        for (int line = CHUTE_LOG_TRACE; line <= CHUTE_LOG_FATAL; line++) {
            chute_log((enum chute_log_level)line, "m", "x", NULL);
            chute_logf((enum chute_log_level)line, "m", "%s", "x");
            cr_expect_eq(chute_log_is_on((enum chute_log_level)line), line >= level);
        }
        for (const char *at = lines(); (at = strchr(at, '\n')) != NULL; at++) {
            count++;
        }
        cr_expect_eq(count, 2 * (size_t)(CHUTE_LOG_FATAL - level + 1));
    }
    cr_expect_eq(chute_log_level_of("WARN"), CHUTE_LOG_WARN);
    cr_expect_eq(chute_log_level_of("trace"), CHUTE_LOG_TRACE);
    cr_expect_eq(chute_log_level_of("warning"), -1);
}

Test(base_log, a_long_message_is_cut_between_characters) {
    char text[5000];
    memset(text, 'x', sizeof(text));
    for (size_t i = 1; i + 3 < sizeof(text); i += 2) {
        memcpy(text + i, "\xC3\xA4", 2);
    }
    text[sizeof(text) - 1] = '\0';
    chute_log_set_json(true);
    chute_logf(CHUTE_LOG_INFO, "m", "%s", text);
    cr_expect_null(strstr(lines(), "\xEF\xBF\xBD"));
    cr_expect_null(strstr(written, "ufffd"));
    cr_expect_gt(strlen(written), 1000);
}

Test(base_log, a_limiter_holds_repetitions_back) {
    struct chute_log_limiter limiter = { 0 };
    uint64_t suppressed = 99;
    cr_expect(chute_log_limit(&limiter, 3600 * 1000, &suppressed));
    cr_expect_eq(suppressed, 0);
    for (int i = 0; i < 5; i++) {
        cr_expect_not(chute_log_limit(&limiter, 3600 * 1000, &suppressed));
    }
    limiter.next_ms = 1; /* the hour is over */
    cr_expect(chute_log_limit(&limiter, 3600 * 1000, &suppressed));
    cr_expect_eq(suppressed, 5);
    cr_expect_not(chute_log_limit(&limiter, 3600 * 1000, &suppressed));
    limiter.next_ms = 1;
    cr_expect(chute_log_limit(&limiter, 0, &suppressed));
    cr_expect_eq(suppressed, 1);
    cr_expect(chute_log_limit(&limiter, 0, &suppressed), "no interval, no limit");
    cr_expect_eq(suppressed, 0);
}

static struct chute_log_record recent[CHUTE_LOG_RECENT];

Test(base_log, the_latest_warnings_are_kept_whatever_is_written) {
    chute_log_set_level(CHUTE_LOG_FATAL);
    chute_log(CHUTE_LOG_INFO, "m", "nothing to keep", NULL);
    chute_log(CHUTE_LOG_WARN, "outputs.x", "away", "output", "x_1", "reason", "it is\noff",
        "left_out", NULL, NULL);
    chute_logf(CHUTE_LOG_ERROR, "m", "number %d", 7);
    cr_assert_eq(chute_log_recent(recent), 2);
    cr_expect_str_eq(recent[0].message, "number 7");
    cr_expect_str_eq(recent[0].plugin, "");
    cr_expect_str_eq(recent[1].message, "away output=x_1 reason=\"it is\\noff\"");
    cr_expect_str_eq(recent[1].module, "outputs.x");
    cr_expect_str_eq(recent[1].plugin, "x_1");
    cr_expect_eq(recent[1].level, CHUTE_LOG_WARN);
    cr_expect_gt(recent[1].at_ms, INT64_C(1600000000000));
    cr_expect_str_eq(lines(), "");
}

Test(base_log, what_is_kept_has_no_user_of_an_url) {
    chute_log_set_level(CHUTE_LOG_FATAL);
    chute_log(CHUTE_LOG_WARN, "m", "no http://ann:pw@h/a", "node", "http://ann:pw@h/b", NULL);
    cr_assert_eq(chute_log_recent(recent), 1);
    cr_expect_str_eq(recent[0].message, "no http://******@h/a node=http://******@h/b");
}

Test(base_log, what_repeats_is_kept_once_and_the_oldest_goes) {
    chute_log_set_level(CHUTE_LOG_FATAL);
    for (int i = 0; i < 3; i++) {
        chute_log(CHUTE_LOG_WARN, "m", "again", NULL);
    }
    cr_assert_eq(chute_log_recent(recent), 1);
    cr_expect_eq(recent[0].count, 3);
    for (int i = 0; i < CHUTE_LOG_RECENT + 5; i++) {
        chute_logf(CHUTE_LOG_WARN, "m", "number %d", i);
    }
    cr_assert_eq(chute_log_recent(recent), CHUTE_LOG_RECENT);
    cr_expect_str_eq(recent[0].message, "number 54");
    cr_expect_str_eq(recent[CHUTE_LOG_RECENT - 1].message, "number 5");
}

Test(base_log, a_kept_message_is_cut_between_characters) {
    char text[2001];
    for (size_t i = 0; i + 1 < sizeof(text); i += 2) {
        memcpy(text + i, "\xC3\xA4", 2);
    }
    text[sizeof(text) - 1] = '\0';
    chute_log_set_level(CHUTE_LOG_FATAL);
    chute_log(CHUTE_LOG_WARN, text, text, "output", text, NULL);
    cr_assert_eq(chute_log_recent(recent), 1);
    cr_expect_eq(strlen(recent[0].message), sizeof(recent[0].message) / 2 * 2 - 2);
    cr_expect_eq(strlen(recent[0].plugin), sizeof(recent[0].plugin) / 2 * 2 - 2);
    cr_expect_eq(recent[0].module[61], '\xA4');
}
