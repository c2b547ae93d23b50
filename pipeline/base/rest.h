/* pipeline/base/rest.h - what is left to read of a text that is taken apart from its start.
 *
 * Ownership: a view of somebody's bytes.
 * Threads: any. */
#ifndef CHUTE_BASE_REST_H
#define CHUTE_BASE_REST_H

#include "pipeline/base/str.h"

struct chute_rest {
    const char *at;
    const char *end;
};

/* Moves over `byte` if it comes next. */
static inline bool chute_rest_take(struct chute_rest *rest, char byte) {
    if (rest->at < rest->end && *rest->at == byte) {
        rest->at++;
        return true;
    }
    return false;
}

#endif
