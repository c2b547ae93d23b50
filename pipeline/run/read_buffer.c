#include "pipeline/run/read_buffer.h"

#include <pthread.h>

#include "pipeline/base/alloc.h"

#define MOST_KEPT 16 /* buffers in the pool: 4 MiB */

/* One pool for the process: buffers of all inputs are alike. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct chute_read_buffer *kept;
static int kept_count;

static void release(struct chute_held *held) {
    struct chute_read_buffer *buffer = (struct chute_read_buffer *)held;
    if (buffer->size == CHUTE_READ_BUFFER_SIZE) {
        pthread_mutex_lock(&lock);
        if (kept_count < MOST_KEPT) {
            buffer->next = kept;
            kept = buffer;
            kept_count++;
            buffer = NULL;
        }
        pthread_mutex_unlock(&lock);
    }
    chute_free(buffer);
}

struct chute_read_buffer *chute_read_buffer_get(size_t size) {
    struct chute_read_buffer *buffer = NULL;
    if (size <= CHUTE_READ_BUFFER_SIZE) {
        size = CHUTE_READ_BUFFER_SIZE;
        pthread_mutex_lock(&lock);
        buffer = kept;
        if (buffer != NULL) {
            kept = buffer->next;
            kept_count--;
        }
        pthread_mutex_unlock(&lock);
    }
    if (buffer == NULL) {
        buffer = chute_alloc(sizeof(*buffer) + size);
        buffer->size = size;
        buffer->held.release = release;
    }
    buffer->held.references = 1;
    buffer->next = NULL;
    return buffer;
}

void chute_read_buffer_pool_finish(void) {
    pthread_mutex_lock(&lock);
    while (kept != NULL) {
        struct chute_read_buffer *next = kept->next;
        chute_free(kept);
        kept = next;
    }
    kept_count = 0;
    pthread_mutex_unlock(&lock);
}
