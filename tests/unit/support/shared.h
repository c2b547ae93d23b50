/* tests/unit/support/shared.h - test data that is not part of the repository: public configurations, events.
 *
 * Ownership: paths and texts returned are new, freed with chute_free.
 * Threads: any. */
#ifndef CHUTE_TEST_SHARED_H
#define CHUTE_TEST_SHARED_H

#include <stddef.h>

/* Returns the new path of `name` below $CHUTE_SHARED or, without it, ../shared; NULL, and says so on
 * standard error, where there is none: the test then passes without having looked. */
char *test_shared_path(const char *name);
/* Returns the new, NUL-terminated content of a file; NULL if it cannot be read. */
char *test_read_file(const char *path, size_t *len);
/* Calls `visit` with name and path of every file of `folder`, in order of name; returns how many. */
size_t test_each_file(const char *folder,
    void (*visit)(const char *name, const char *path, void *context), void *context);

#endif
