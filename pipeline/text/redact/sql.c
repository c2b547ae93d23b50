/* pipeline/text/redact/sql.c - passwords in statements that name nobody's field: `IDENTIFIED BY '…'`,
 * `IDENTIFIED WITH plugin BY '…'`, `SET PASSWORD FOR user = '…'` (MySQL, MariaDB, Oracle), and in those that name it
 * far from the value: `INSERT INTO users (name, password) VALUES ('bob', '…')`. */
#include <stdint.h>

#include "pipeline/text/redact/pair.h"
#include "pipeline/text/redact/quote.h"
#include "pipeline/text/redact/value.h"

#define USER_MOST 96      /* bytes of `'user'@'host'` */
#define COLUMNS_MOST 1024 /* bytes of the names of columns */
#define VALUE_MOST 512    /* bytes of a value that is no text in quotes */

/* The quoted text at `at`, or in brackets of a function there. */
static void read_text(struct chute_redact_finder *finder, size_t at) {
    size_t function = at;
    while (chute_redact_is_name_byte(chute_redact_byte(finder, function)) && function - at < 24) {
        function++;
    }
    bool is_call = chute_redact_byte(finder, function) == '(' && function > at;
    at = is_call ? function + 1 : at;
    struct chute_redact_quote quote = chute_redact_read_quote(finder, at);
    if (quote.len == 0) {
        return;
    }
    bool is_closed;
    size_t start = at + quote.len;
    size_t end = chute_redact_quoted_end(finder, start, &quote, &is_closed);
    if (!chute_redact_is_blank(chute_redact_slice(finder, start, end))) {
        chute_redact_add(finder, start, end, CHUTE_REDACT_KEY_VALUE);
    }
}

/* Behind the word `word` at `at` and the blanks around it; 0 if it does not stand there. */
static size_t read_keyword(
    const struct chute_redact_finder *finder, size_t at, struct chute_str word) {
    if (!chute_redact_is_at_nocase(finder, at, word) ||
        !chute_is_space(chute_redact_byte(finder, at + word.len))) {
        return 0;
    }
    return chute_redact_skip_blanks(finder, at + word.len, true);
}

void chute_redact_identified_by(struct chute_redact_finder *finder, size_t at, size_t len) {
    at = chute_redact_skip_blanks(finder, at + len, true);
    size_t plugin = read_keyword(finder, at, CHUTE_STR("with"));
    if (plugin != 0) {
        for (at = plugin; !chute_is_space(chute_redact_byte(finder, at)) && at - plugin < 64;) {
            at++;
        }
        at = chute_redact_skip_blanks(finder, at, true);
    }
    size_t by = read_keyword(finder, at, CHUTE_STR("by"));
    by = by != 0 ? by : read_keyword(finder, at, CHUTE_STR("as"));
    if (by == 0) {
        return;
    }
    /* what may precede a hash */
    size_t hash = read_keyword(finder, by, CHUTE_STR("password"));
    hash = hash != 0 ? hash : read_keyword(finder, by, CHUTE_STR("values"));
    read_text(finder, hash != 0 ? hash : by);
}

void chute_redact_set_password(struct chute_redact_finder *finder, size_t at, size_t len) {
    size_t start = at + len;
    for (at = start; at - start < USER_MOST; at++) {
        char byte = chute_redact_byte(finder, at);
        if (byte == '=') {
            read_text(finder, chute_redact_skip_blanks(finder, at + 1, true));
            return;
        }
        if (byte == '\0' || byte == '\n' || byte == ';') {
            return;
        }
    }
}

/* ------------------------------------------------------------------ INSERT */

/* The columns between `(` and the `)` at `end`, those with secrets as bits; 0: none, or no list of columns. */
static uint64_t secret_columns(const struct chute_redact_finder *finder, size_t end) {
    size_t start = end;
    while (start > 0 && end - start < COLUMNS_MOST && finder->text.at[start - 1] != '(' &&
           finder->text.at[start - 1] != ')') {
        start--;
    }
    if (chute_redact_byte(finder, start - 1) != '(') {
        return 0;
    }
    struct chute_str names = chute_redact_slice(finder, start, end);
    uint64_t columns = 0;
    for (size_t i = 0; i < 64 && names.len > 0; i++) {
        bool is_secret = chute_redact_name(chute_str_cut(&names, ',')) == CHUTE_NAME_SECRET;
        columns |= (uint64_t)is_secret << i;
    }
    return columns;
}

/* The end of a value at `at` that is no text in quotes: a number, NULL, a function. */
static size_t value_end(const struct chute_redact_finder *finder, size_t at) {
    size_t limit = at + VALUE_MOST;
    for (int depth = 0; at < limit; at++) {
        char byte = chute_redact_byte(finder, at);
        if (byte == '\'') {
            struct chute_redact_quote quote = chute_redact_read_quote(finder, at);
            bool is_closed;
            at = chute_redact_quoted_end(finder, at + 1, &quote, &is_closed);
            continue;
        }
        if (byte == '\0' || (depth == 0 && (byte == ',' || byte == ')'))) {
            break;
        }
        depth += (byte == '(') - (byte == ')');
    }
    return at;
}

/* One value of a row; returns where it ends. */
static size_t read_column(struct chute_redact_finder *finder, size_t at, bool is_secret) {
    struct chute_redact_quote quote = chute_redact_read_quote(finder, at);
    size_t start = at + quote.len, end;
    bool is_closed = true;
    if (quote.len > 0) {
        end = chute_redact_quoted_end(finder, start, &quote, &is_closed);
    } else {
        end = value_end(finder, start);
    }
    struct chute_str value = chute_redact_slice(finder, start, end);
    bool is_call = quote.len == 0 && memchr(value.at, '(', value.len) != NULL;
    if (is_secret && is_call) {
        read_text(finder, start);
    } else if (is_secret && !chute_redact_is_blank(value) &&
               !chute_str_eq_nocase(value, CHUTE_STR("default"))) {
        chute_redact_add(finder, start, end, CHUTE_REDACT_KEY_VALUE);
    }
    return end + (is_closed ? quote.len : 0);
}

/* `at` is of VALUES. */
void chute_redact_values(struct chute_redact_finder *finder, size_t at, size_t len) {
    size_t before = at;
    while (before > 0 && at - before < 8 && chute_is_space(finder->text.at[before - 1])) {
        before--;
    }
    uint64_t columns =
        chute_redact_byte(finder, before - 1) == ')' ? secret_columns(finder, before - 1) : 0;
    at = chute_redact_skip_blanks(finder, at + len, true);
    while (columns != 0 && chute_redact_byte(finder, at) == '(') {
        for (size_t i = 0; chute_redact_byte(finder, at) == (i == 0 ? '(' : ','); i++) {
            at = chute_redact_skip_blanks(finder, at + 1, true);
            at = read_column(finder, at, i < 64 && (columns >> i & 1) != 0);
            at = chute_redact_skip_blanks(finder, at, true);
        }
        at += chute_redact_byte(finder, at) == ')';
        at = chute_redact_skip_blanks(finder, at, true);
        if (chute_redact_byte(finder, at) != ',') {
            return;
        }
        at = chute_redact_skip_blanks(finder, at + 1, true);
    }
}
