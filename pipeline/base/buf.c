#include "pipeline/base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "pipeline/base/alloc.h"

#define READ_SIZE ((size_t)64 * 1024)

char *chute_buf_reserve(struct chute_buf *buf, size_t more) {
    if (more > buf->size - buf->len) {
        size_t size = buf->size < 256 ? 256 : buf->size * 2;
        if (size < buf->len + more) {
            size = buf->len + more;
        }
        buf->at = chute_realloc(buf->at, size);
        buf->size = size;
    }
    return buf->at + buf->len;
}

void chute_buf_printf(struct chute_buf *buf, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    chute_assert(len >= 0);
    vsnprintf(chute_buf_reserve(buf, (size_t)len + 1), (size_t)len + 1, format, again);
    va_end(again);
    buf->len += (size_t)len;
}

const char *chute_buf_cstr(struct chute_buf *buf) {
    *chute_buf_reserve(buf, 1) = '\0';
    return buf->at;
}

int chute_buf_read_file(struct chute_buf *buf, const char *path, size_t most) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return -errno;
    }
    int result = 0;
    size_t got;
    do {
        got = fread(chute_buf_reserve(buf, READ_SIZE), 1, READ_SIZE, file);
        buf->len += got;
    } while (got > 0 && buf->len <= most);
    if (ferror(file)) {
        result = errno == 0 ? -EIO : -errno;
    } else if (buf->len > most) {
        result = -EFBIG;
    }
    fclose(file);
    return result;
}

void chute_buf_finish(struct chute_buf *buf) {
    chute_free(buf->at);
    *buf = (struct chute_buf){ 0 };
}
