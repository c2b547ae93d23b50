/* tests/unit/support/random_regex.h - regular expressions by chance, each with a text that it mostly matches.
 *
 * Ownership: the buffers are the caller's.
 * Threads: one at a time. */
#ifndef CHUTE_TEST_RANDOM_REGEX_H
#define CHUTE_TEST_RANDOM_REGEX_H

#include <stdint.h>

#include "pipeline/base/buf.h"

/* Where chance comes from: first the bytes, then the numbers that follow `seed`, if it is not 0. */
struct test_chance {
    const uint8_t *bytes;
    size_t len;
    uint64_t seed;
};

/* A number below `below`, which is at most 256; 0 when there is no chance left. */
unsigned test_chance_draw(struct test_chance *chance, unsigned below);

/* Appends a pattern in Ruby's syntax and a text for it. */
void test_random_regex(
    struct test_chance *chance, struct chute_buf *pattern, struct chute_buf *sample);

/* Appends up to nine of the characters that such patterns are made of. */
void test_random_noise(struct test_chance *chance, struct chute_buf *text);

#endif
