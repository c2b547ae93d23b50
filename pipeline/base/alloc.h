/* pipeline/base/alloc.h - memory that cannot fail, and assertions that stay on.
 *
 * Ownership: what is returned is the caller's, freed with chute_free.
 * Threads: any. */
#ifndef CHUTE_BASE_ALLOC_H
#define CHUTE_BASE_ALLOC_H

#include <stddef.h>

/* Returns new memory, uninitialised; the process aborts when there is none. */
void *chute_alloc(size_t size);
/* Returns new memory, zeroed. */
void *chute_calloc(size_t count, size_t size);
/* Like realloc, without failure. */
void *chute_realloc(void *memory, size_t size);
/* Returns a new NUL-terminated copy of `text` of `len` bytes. */
char *chute_strndup(const char *text, size_t len);
/* Returns a new copy of a NUL-terminated text; NULL stays NULL. */
char *chute_strdup(const char *text);
/* Accepts NULL. */
void chute_free(void *memory);

/* A bug in our own code: says where and aborts, in every build. */
_Noreturn void chute_panic(const char *file, int line, const char *what);
#define chute_assert(condition)                                                                    \
    ((condition) ? (void)0 : chute_panic(__FILE__, __LINE__, #condition))

#endif
