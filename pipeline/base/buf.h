/* pipeline/base/buf.h - bytes that grow.
 *
 * Ownership: the buffer owns its bytes; a zeroed one is empty and ready.
 * Threads: one at a time. */
#ifndef CHUTE_BASE_BUF_H
#define CHUTE_BASE_BUF_H

#include <stddef.h>

#include "pipeline/base/str.h"

struct chute_buf {
    char *at;
    size_t len;
    size_t size; /* allocated */
};

/* Makes room for `more` bytes behind `len` and returns where they start. */
char *chute_buf_reserve(struct chute_buf *buf, size_t more);

static inline void chute_buf_add(struct chute_buf *buf, const void *bytes, size_t len) {
    if (len > 0) {
        memcpy(chute_buf_reserve(buf, len), bytes, len);
        buf->len += len;
    }
}

static inline void chute_buf_add_str(struct chute_buf *buf, struct chute_str text) {
    chute_buf_add(buf, text.at, text.len);
}

static inline void chute_buf_add_char(struct chute_buf *buf, char byte) {
    *chute_buf_reserve(buf, 1) = byte;
    buf->len++;
}

/* Adds what printf would write. */
void chute_buf_printf(struct chute_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Puts a NUL behind the bytes (not counted in len) and returns them as a C string. */
const char *chute_buf_cstr(struct chute_buf *buf);
/* The bytes as a view, valid until the next change. */
static inline struct chute_str chute_buf_str(const struct chute_buf *buf) {
    return (struct chute_str){ buf->at, buf->len };
}
/* Adds what a file holds. 0, or a negative errno; -EFBIG: `buf` would be longer than `most` bytes. */
int chute_buf_read_file(struct chute_buf *buf, const char *path, size_t most);
/* Frees the bytes; the buffer is empty and ready again. */
void chute_buf_finish(struct chute_buf *buf);

#endif
