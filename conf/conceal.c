#include "conf/conceal.h"

#include <stdbool.h>
#include <string.h>

#include "pipeline/base/ascii.h"
#include "pipeline/base/str.h"
#include "pipeline/base/user_info.h"

/* What a name holds whose value is a secret, in any case. */
static const char *const names[] = { "pass", "secret", "token", "api_key", "apikey", "cloud_auth",
    "auth_type", "authorization", "credential" };

static bool is_word(char byte) {
    return chute_is_alnum(byte) || byte == '_' || byte == '-' || byte == '.';
}

static bool holds(struct chute_str word, const char *part) {
    size_t len = strlen(part);
    for (size_t i = 0; i + len <= word.len; i++) {
        struct chute_str here = { word.at + i, len };
        if (chute_str_eq_nocase(here, chute_str_of(part))) {
            return true;
        }
    }
    return false;
}

static bool is_secret(struct chute_str word) {
    bool is_found = chute_str_eq_nocase(word, CHUTE_STR("key"));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        is_found |= holds(word, names[i]);
    }
    return is_found;
}

static size_t skip_blanks(const char *line, size_t len, size_t at) {
    while (at < len && (line[at] == ' ' || line[at] == '\t')) {
        at++;
    }
    return at;
}

/* Where the value of the name that ends before `at` begins; 0 if none follows. */
static size_t value_behind(const char *line, size_t len, size_t at) {
    at += at < len && (line[at] == '"' || line[at] == '\'');
    at = skip_blanks(line, len, at);
    if (at >= len || (line[at] != '=' && line[at] != ':')) {
        return 0;
    }
    bool is_arrow = line[at] == '=' && at + 1 < len && line[at + 1] == '>';
    return skip_blanks(line, len, at + 1 + is_arrow);
}

/* Where the value that begins at `at` ends: its closing quote or bracket, or the end of a word; else the line's. */
static size_t end_of_value(const char *line, size_t len, size_t at) {
    char close = line[at] == '[' ? ']' : line[at] == '{' ? '}' : line[at];
    bool is_quoted = line[at] == '"' || line[at] == '\'' || close != line[at];
    for (size_t i = at + 1; i < len; i++) {
        bool is_end =
            is_quoted ? line[i] == close && line[i - 1] != '\\' : strchr(" \t,}]", line[i]) != NULL;
        if (is_end) {
            return i + is_quoted;
        }
    }
    return len;
}

static void hide(char *line, size_t from, size_t to) {
    memset(line + from, '*', to - from);
}

/* The value, but for its quotes. Returns where it ends. */
static size_t hide_value(char *line, size_t len, size_t at) {
    size_t end = end_of_value(line, len, at);
    bool has_quote = line[at] == '"' || line[at] == '\'';
    bool is_closed = has_quote && end > at + 1 && line[end - 1] == line[at];
    hide(line, at + has_quote, end - is_closed);
    return end;
}

void chute_conceal(char *line, size_t len) {
    chute_user_info_hide(line, len);
    for (size_t at = 0; at < len;) {
        size_t start = at;
        while (at < len && is_word(line[at])) {
            at++;
        }
        if (at == start) {
            at++;
            continue;
        }
        size_t value = is_secret((struct chute_str){ line + start, at - start })
                           ? value_behind(line, len, at)
                           : 0;
        if (value > 0 && value < len) {
            at = hide_value(line, len, value);
        }
    }
}
