#include "pipeline/text/line.h"

#include "pipeline/base/charset.h"

/* An unfinished object of up to this size is looked through again whenever another may have begun; a longer
 * one only each time that it has grown by an eighth, so that a byte is read a bounded number of times. */
#define RESCAN_FREELY ((size_t)64 * 1024)

size_t chute_line_cut(struct chute_str bytes, struct chute_str delimiter, size_t seen) {
    /* A delimiter may have begun in what was seen. */
    size_t from = seen < delimiter.len ? 0 : seen - (delimiter.len - 1);
    if (bytes.len < from + delimiter.len) {
        return 0;
    }
    char last = delimiter.at[delimiter.len - 1];
    size_t end = bytes.len;
    while (end >= from + delimiter.len) {
        const char *hit = memrchr(bytes.at + from, last, end - from);
        if (hit == NULL) {
            return 0;
        }
        end = (size_t)(hit - bytes.at) + 1;
        if (end >= delimiter.len &&
            memcmp(bytes.at + end - delimiter.len, delimiter.at, delimiter.len) == 0) {
            return end;
        }
        end--;
    }
    return 0;
}

bool chute_line_next(struct chute_str *bytes, struct chute_str delimiter, struct chute_str *line) {
    if (bytes->len == 0) {
        return false;
    }
    const char *hit = delimiter.len == 1
                          ? memchr(bytes->at, delimiter.at[0], bytes->len)
                          : memmem(bytes->at, bytes->len, delimiter.at, delimiter.len);
    size_t len = hit == NULL ? bytes->len : (size_t)(hit - bytes->at);
    *line = (struct chute_str){ bytes->at, len };
    size_t taken = hit == NULL ? len : len + delimiter.len;
    bytes->at += taken;
    bytes->len -= taken;
    return true;
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static size_t skip_blanks(struct chute_str bytes, size_t at) {
    while (at < bytes.len && is_blank(bytes.at[at])) {
        at++;
    }
    return at;
}

/* The offset behind the text that begins with a quote at `at`; the length if it does not end. */
static size_t skip_quoted(struct chute_str bytes, size_t at) {
    for (at++; at < bytes.len; at++) {
        if (bytes.at[at] == '\\') {
            at++;
        } else if (bytes.at[at] == '"') {
            return at + 1;
        }
    }
    return bytes.len;
}

/* The offset behind the object that begins at `at`; 0 if it does not end. */
static size_t skip_object(struct chute_str bytes, size_t at) {
    size_t depth = 0;
    while (at < bytes.len) {
        char byte = bytes.at[at];
        if (byte == '"') {
            at = skip_quoted(bytes, at);
            continue;
        }
        at++;
        if (byte == '{') {
            depth++;
        } else if (byte == '}' && --depth == 0) {
            return at;
        }
    }
    return 0;
}

/* True if an object may have begun right behind another one in what is new. */
static bool may_begin(struct chute_str bytes, size_t seen) {
    const char *end = bytes.at + bytes.len;
    for (const char *at = bytes.at + seen;
         at < end && (at = memchr(at, '{', (size_t)(end - at))) != NULL; at++) {
        const char *before = at;
        while (before > bytes.at && is_blank(before[-1])) {
            before--;
        }
        if (before > bytes.at && before[-1] == '}') {
            return true;
        }
    }
    return false;
}

static bool has_grown(size_t seen, size_t len) {
    size_t step = 1;
    while (step <= len / 16) {
        step *= 2;
    }
    return seen / step != len / step;
}

size_t chute_line_cut_objects(struct chute_str bytes, size_t seen, bool is_idle) {
    size_t at = skip_blanks(bytes, 0);
    if (at == bytes.len || bytes.at[at] != '{') {
        return 0;
    }
    if (!is_idle &&
        (bytes.len <= RESCAN_FREELY ? !may_begin(bytes, seen) : !has_grown(seen, bytes.len))) {
        return 0;
    }
    size_t whole = 0;
    while (at < bytes.len && bytes.at[at] == '{') {
        size_t end = skip_object(bytes, at);
        if (end == 0) {
            return whole;
        }
        at = skip_blanks(bytes, end);
        if (is_idle || (at < bytes.len && bytes.at[at] == '{')) {
            whole = end;
        }
    }
    return whole;
}

size_t chute_line_first_object(struct chute_str bytes) {
    size_t at = skip_blanks(bytes, 0);
    size_t end = at < bytes.len && bytes.at[at] == '{' ? skip_object(bytes, at) : 0;
    at = skip_blanks(bytes, end);
    return end > 0 && at < bytes.len && bytes.at[at] == '{' ? end : bytes.len;
}

struct chute_str chute_line_decode(struct chute_line_charset *state, struct chute_str name,
    struct chute_arena *arena, struct chute_str text) {
    if (state->charset == NULL && name.len > 0 && !chute_str_eq_nocase(name, CHUTE_STR("UTF-8"))) {
        state->charset = chute_charset_create(name);
    }
    return chute_charset_decode(state->charset, arena, text);
}

void chute_line_charset_finish(struct chute_line_charset *state) {
    chute_charset_destroy(state->charset);
    state->charset = NULL;
}

void chute_line_fill(
    struct chute_event *event, const struct chute_ref *original, struct chute_str text) {
    chute_event_set_field(event, CHUTE_STR("message"), chute_string(text));
    if (original != NULL) {
        chute_event_set_str(event, original, text);
    }
}
