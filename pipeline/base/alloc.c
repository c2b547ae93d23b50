#include "pipeline/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory, size_t size) {
    if (memory == NULL && size > 0) {
        fprintf(stderr, "logchute: out of memory (%zu bytes asked for)\n", size);
        abort();
    }
    return memory;
}

void *chute_alloc(size_t size) {
    return checked(malloc(size), size);
}

void *chute_calloc(size_t count, size_t size) {
    return checked(calloc(count, size), count * size);
}

void *chute_realloc(void *memory, size_t size) {
    return checked(realloc(memory, size), size);
}

char *chute_strndup(const char *text, size_t len) {
    char *copy = chute_alloc(len + 1);
    if (len > 0) {
        memcpy(copy, text, len);
    }
    copy[len] = '\0';
    return copy;
}

char *chute_strdup(const char *text) {
    return text == NULL ? NULL : chute_strndup(text, strlen(text));
}

void chute_free(void *memory) {
    free(memory);
}

void chute_panic(const char *file, int line, const char *what) {
    fprintf(stderr, "logchute: bug at %s:%d: %s\n", file, line, what);
    abort();
}
