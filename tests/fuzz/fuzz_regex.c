/* The pattern, a zero byte, the subject: whatever is translated must compile or be refused with words, a match lies in
 * its subject between whole characters, holds the literal, and a replacement is valid UTF-8. */
#include <stdint.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/arena.h"
#include "pipeline/base/regex.h"
#include "pipeline/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void match(const struct chute_regex *regex, struct chute_str subject) {
    struct chute_regex_scratch *scratch = chute_regex_scratch_create();
    const size_t *groups;
    if (chute_regex_match(regex, scratch, subject, 0, &groups) > 0) {
        struct chute_str literal = chute_regex_literal(regex);
        chute_assert(chute_str_find(subject, literal) >= 0);
        for (uint32_t i = 0; i <= chute_regex_group_count(regex); i++) {
            if (groups[2 * i] != CHUTE_REGEX_UNSET) {
                chute_assert(groups[2 * i + 1] <= subject.len);
                chute_assert(chute_utf8_floor(subject, groups[2 * i]) == groups[2 * i]);
                chute_assert(chute_utf8_floor(subject, groups[2 * i + 1]) == groups[2 * i + 1]);
            }
        }
    }
    struct chute_buf out = { 0 };
    chute_regex_replace_all(regex, scratch, subject, CHUTE_STR("<\\0\\1\\k<a>>"), &out);
    chute_assert(chute_utf8_is_valid(chute_buf_str(&out)));
    chute_buf_finish(&out);
    chute_regex_scratch_destroy(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *zero = size == 0 ? NULL : memchr(data, 0, size);
    size_t len = zero == NULL ? size : (size_t)(zero - data);
    struct chute_str pattern = { (const char *)data, len };
    struct chute_str rest = { (const char *)data + len, size - len };
    struct chute_arena arena = { 0 };
    struct chute_regex_options options = { .match_limit = 10000 };
    struct chute_regex_error error = { 0 };
    struct chute_regex *regex = chute_regex_compile(pattern, &options, &error);
    if (regex != NULL) {
        match(regex, chute_utf8_replace(&arena, rest));
    } else {
        chute_assert(error.text[0] != '\0' && error.offset <= pattern.len);
    }
    chute_regex_destroy(regex);
    chute_arena_finish(&arena);
    return 0;
}
