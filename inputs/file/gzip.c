/* inputs/file/gzip.c - archives in read mode, as a stream; several members follow one another. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "inputs/file/file.h"
#include "pipeline/base/alloc.h"

#define INPUT_SIZE ((size_t)64 * 1024)

struct chute_file_gzip {
    z_stream stream;
    uint64_t offset; /* of what is read next */
    bool is_inside;  /* a member has begun and not ended */
    bool is_over;
    unsigned char input[INPUT_SIZE];
};

bool chute_file_is_archive(const char *path) {
    struct chute_str name = chute_str_of(path);
    return chute_str_ends_with(name, CHUTE_STR(".gz")) ||
           chute_str_ends_with(name, CHUTE_STR(".gzip"));
}

static struct chute_file_gzip *create(void) {
    struct chute_file_gzip *gzip = chute_calloc(1, sizeof(*gzip));
    chute_assert(inflateInit2(&gzip->stream, 16 + MAX_WBITS) == Z_OK);
    return gzip;
}

void chute_file_gzip_destroy(struct chute_file_gzip *gzip) {
    if (gzip != NULL) {
        inflateEnd(&gzip->stream);
        chute_free(gzip);
    }
}

/* Reads more of the archive. Bytes, 0 at its end, negative: an errno. */
static ssize_t fill(struct chute_file_gzip *gzip, int fd) {
    ssize_t len;
    do {
        len = pread(fd, gzip->input, INPUT_SIZE, (off_t)gzip->offset);
    } while (len < 0 && errno == EINTR);
    if (len <= 0) {
        return len < 0 ? -errno : 0;
    }
    gzip->offset += (uint64_t)len;
    gzip->stream.next_in = gzip->input;
    gzip->stream.avail_in = (uInt)len;
    return len;
}

/* As chute_file_inflate; *why is set where it is negative. */
static ssize_t inflate_some(
    struct chute_file_gzip *gzip, int fd, char *at, size_t size, const char **why) {
    z_stream *stream = &gzip->stream;
    stream->next_out = (unsigned char *)at;
    stream->avail_out = (uInt)size;
    while (stream->avail_out == size && !gzip->is_over) {
        ssize_t len = stream->avail_in > 0 ? 1 : fill(gzip, fd);
        if (len < 0) {
            *why = strerror((int)-len);
            return -1;
        }
        if (len == 0 && gzip->is_inside) {
            *why = "it ends too early";
            return -1;
        }
        if (len == 0) {
            return 0;
        }
        if (!gzip->is_inside && gzip->offset > INPUT_SIZE && stream->next_in[0] != 0x1f) {
            gzip->is_over = true; /* what stands behind the last member is no archive */
            return 0;
        }
        gzip->is_inside = true;
        int status = inflate(stream, Z_NO_FLUSH);
        if (status == Z_STREAM_END) {
            gzip->is_inside = false;
            gzip->is_over = stream->avail_in > 0 && stream->next_in[0] != 0x1f;
            inflateReset(stream);
        } else if (status != Z_OK && status != Z_BUF_ERROR) {
            *why = stream->msg == NULL ? "it is no gzip archive" : stream->msg;
            return -1;
        }
    }
    return (ssize_t)(size - stream->avail_out);
}

ssize_t chute_file_inflate(struct chute_file *file, char *at, size_t size) {
    const char *why = "";
    if (file->gzip == NULL) {
        file->gzip = create();
    }
    ssize_t len = inflate_some(file->gzip, file->fd, at, size, &why);
    if (len < 0) {
        chute_log(CHUTE_LOG_ERROR, chute_input_id(file->state->input),
            "an archive cannot be read to its end", "path", file->path, "reason", why, NULL);
    }
    return len;
}

bool chute_file_archive_is_whole(int fd) {
    struct chute_file_gzip *gzip = create();
    const char *why;
    char *out = chute_alloc(INPUT_SIZE);
    ssize_t len;
    while ((len = inflate_some(gzip, fd, out, INPUT_SIZE, &why)) > 0) {
    }
    chute_free(out);
    chute_file_gzip_destroy(gzip);
    return len == 0;
}
