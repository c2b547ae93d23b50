#include "pipeline/text/syslog_framing.h"

#define COUNT_DIGITS 9

static struct chute_str skip(struct chute_str text, size_t len) {
    return (struct chute_str){ text.at + len, text.len - len };
}

static bool is_end_byte(char byte) {
    return byte == '\n' || byte == '\r' || byte == '\0';
}

/* Without the line end that some senders put inside their count. */
static struct chute_str trim_end(struct chute_str frame) {
    while (frame.len > 0 && is_end_byte(frame.at[frame.len - 1])) {
        frame.len--;
    }
    return frame;
}

/* The first line feed or NUL at `from` or later; NULL if there is none. */
static const char *find_end(struct chute_str bytes, size_t from) {
    const char *line = memchr(bytes.at + from, '\n', bytes.len - from);
    size_t len = line == NULL ? bytes.len - from : (size_t)(line - bytes.at) - from;
    const char *nul = memchr(bytes.at + from, '\0', len);
    return nul != NULL ? nul : line;
}

enum count_kind {
    COUNT_NONE,
    COUNT_UNSURE, /* more bytes are needed to tell */
    COUNT_FOUND,
};

/* Reads `123 <`: the number goes to `count`, the bytes before the message to `head`. */
static enum count_kind read_count(struct chute_str bytes, size_t *count, size_t *head) {
    size_t len = 0;
    *count = 0;
    while (len < bytes.len && len <= COUNT_DIGITS && bytes.at[len] >= '0' && bytes.at[len] <= '9') {
        *count = *count * 10 + (size_t)(bytes.at[len++] - '0');
    }
    if (len == 0 || len > COUNT_DIGITS || bytes.at[0] == '0') {
        return bytes.len == 0 ? COUNT_UNSURE : COUNT_NONE;
    }
    *head = len + 1;
    if (bytes.len < len + 2) {
        return bytes.len == len || bytes.at[len] == ' ' ? COUNT_UNSURE : COUNT_NONE;
    }
    return bytes.at[len] == ' ' && bytes.at[len + 1] == '<' ? COUNT_FOUND : COUNT_NONE;
}

/* Drops what is left of a frame that was too long. False if it has not ended yet. */
static bool skip_rest(struct chute_syslog_framing *framing, struct chute_str *bytes) {
    size_t len = framing->to_skip < bytes->len ? framing->to_skip : bytes->len;
    framing->to_skip -= len;
    *bytes = skip(*bytes, len);
    if (framing->to_skip > 0) {
        return false;
    }
    if (framing->is_skipping) {
        const char *end = find_end(*bytes, 0);
        size_t taken = end == NULL ? bytes->len : (size_t)(end - bytes->at) + 1;
        *bytes = skip(*bytes, taken);
        framing->is_skipping = end == NULL;
    }
    return !framing->is_skipping;
}

static bool take_counted(struct chute_syslog_framing *framing, struct chute_str *bytes, size_t head,
    size_t count, size_t limit, bool is_end, struct chute_str *frame) {
    size_t there = bytes->len - head;
    size_t want = count < limit ? count : limit;
    if (there < want && !is_end) {
        return false;
    }
    size_t len = there < want ? there : want;
    *frame = trim_end((struct chute_str){ bytes->at + head, len });
    *bytes = skip(*bytes, head + len);
    framing->to_skip = count > limit ? count - limit : 0;
    return true;
}

static bool take_line(struct chute_syslog_framing *framing, struct chute_str *bytes, size_t limit,
    bool is_end, struct chute_str *frame) {
    const char *end = find_end(*bytes, framing->seen);
    size_t len = end == NULL ? bytes->len : (size_t)(end - bytes->at);
    if (len > limit) {
        *frame = (struct chute_str){ bytes->at, limit };
        *bytes = skip(*bytes, limit);
        framing->seen = 0;
        framing->is_skipping = true;
        return true;
    }
    if (end == NULL && !is_end) {
        framing->seen = len;
        return false;
    }
    framing->seen = 0;
    *frame = trim_end((struct chute_str){ bytes->at, len });
    *bytes = skip(*bytes, end == NULL ? len : len + 1);
    return true;
}

bool chute_syslog_frame_next(struct chute_syslog_framing *framing, struct chute_str *bytes,
    size_t limit, bool is_end, struct chute_str *frame) {
    do {
        if (!skip_rest(framing, bytes)) {
            return false;
        }
        while (framing->seen == 0 && bytes->len > 0 && is_end_byte(bytes->at[0])) {
            *bytes = skip(*bytes, 1);
        }
        if (bytes->len == 0) {
            return false;
        }
        size_t count = 0, head = 0;
        enum count_kind kind = framing->seen == 0 ? read_count(*bytes, &count, &head) : COUNT_NONE;
        if (kind == COUNT_UNSURE && !is_end) {
            return false;
        }
        if (!(kind == COUNT_FOUND ? take_counted(framing, bytes, head, count, limit, is_end, frame)
                                  : take_line(framing, bytes, limit, is_end, frame))) {
            return false;
        }
    } while (frame->len == 0);
    return true;
}
