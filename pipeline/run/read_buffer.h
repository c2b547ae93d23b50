/* pipeline/run/read_buffer.h - the buffers that inputs read into, counted and used again.
 *
 * Ownership: counted by `held`; what is handed on is a slice that holds a reference.
 * Threads: any. */
#ifndef CHUTE_RUN_READ_BUFFER_H
#define CHUTE_RUN_READ_BUFFER_H

#include "pipeline/base/batch.h"

#define CHUTE_READ_BUFFER_SIZE ((size_t)256 * 1024)

struct chute_read_buffer {
    struct chute_held held;
    struct chute_read_buffer *next; /* in the pool */
    size_t size;                    /* of bytes */
    char bytes[];
};

/* A buffer of at least `size` bytes with one reference, the caller's; of the usual size from the pool. */
struct chute_read_buffer *chute_read_buffer_get(size_t size);
/* Frees what the pool keeps: at the process's end. */
void chute_read_buffer_pool_finish(void);

#endif
