/* A byte of flags, a pattern, a zero byte, a text: what a regex matches must be what its literals said that it may. By a
 * flag the bytes are choices that make a pattern and its text, of which far more match than of bytes as they come. */
#include <stdint.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/arena.h"
#include "pipeline/base/buf.h"
#include "pipeline/base/utf8.h"
#include "pipeline/text/regex_literals.h"
#include "tests/unit/support/prefilter_check.h"
#include "tests/unit/support/random_regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IS_CASELESS = 1, DOT_TAKES_ALL = 2, IS_CHANCE = 4 };

static void run(const struct chute_regex *regex, struct chute_str text) {
    struct test_prefilter_check *check = test_prefilter_check_create(regex);
    struct chute_regex_scratch *scratch = chute_regex_scratch_create();
    size_t matches = 0;
    chute_assert(test_prefilter_check_text(check, scratch, text, &matches) == NULL);
    chute_regex_scratch_destroy(scratch);
    test_prefilter_check_destroy(check);
}

static void make(
    const uint8_t *data, size_t size, struct chute_buf *pattern, struct chute_buf *text) {
    const uint8_t *zero = size == 0 ? NULL : memchr(data, 0, size);
    size_t len = zero == NULL ? size : (size_t)(zero - data);
    struct chute_arena arena = { 0 };
    struct chute_str rest = { (const char *)data + len, size - len };
    chute_buf_add(pattern, data, len);
    chute_buf_add_str(text, chute_utf8_replace(&arena, rest));
    chute_arena_finish(&arena);
}

static void make_by_chance(
    const uint8_t *data, size_t size, struct chute_buf *pattern, struct chute_buf *text) {
    struct test_chance chance = { .bytes = data, .len = size };
    struct chute_buf sample = { 0 };
    test_random_regex(&chance, pattern, &sample);
    test_random_noise(&chance, text);
    chute_buf_add_str(text, chute_buf_str(&sample));
    test_random_noise(&chance, text);
    chute_buf_finish(&sample);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t flags = size == 0 ? 0 : *data++;
    size -= size > 0;
    struct chute_buf pattern = { 0 }, text = { 0 };
    if ((flags & IS_CHANCE) != 0) {
        make_by_chance(data, size, &pattern, &text);
    } else {
        make(data, size, &pattern, &text);
    }
    struct chute_regex_options options = { .is_caseless = (flags & IS_CASELESS) != 0,
        .dot_takes_all = (flags & DOT_TAKES_ALL) != 0,
        .match_limit = 10000 };
    struct chute_regex_error error = { 0 };
    struct chute_regex *regex = chute_regex_compile(chute_buf_str(&pattern), &options, &error);
    if (regex != NULL) {
        run(regex, chute_buf_str(&text));
    }
    chute_regex_destroy(regex);
    /* Also what is no regex must be read without a fault. */
    struct chute_literals literals;
    chute_regex_literals(chute_buf_str(&pattern), options.is_caseless, &literals);
    chute_buf_finish(&pattern);
    chute_buf_finish(&text);
    return 0;
}
