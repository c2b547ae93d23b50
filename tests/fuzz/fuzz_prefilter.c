/* A pattern, a zero byte, a text: where the regex matches, its literals must have said that it may. */
#include <stdint.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/arena.h"
#include "pipeline/base/regex.h"
#include "pipeline/base/utf8.h"
#include "pipeline/text/prefilter.h"
#include "pipeline/text/regex_literals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One of the literals stands in the match, at its distance if that is fixed. */
static void check_literals(
    struct chute_str translated, struct chute_str text, size_t start, size_t end) {
    struct chute_literals literals;
    chute_regex_literals(translated, false, &literals);
    bool is_there = literals.count == 0;
    for (uint32_t i = 0; i < literals.count; i++) {
        const struct chute_literal *literal = &literals.items[i];
        for (size_t at = start; at + literal->len <= end; at++) {
            struct chute_str there = { text.at + at, literal->len };
            struct chute_str wanted = { literal->text, literal->len };
            bool is_same = literal->is_caseless ? chute_str_eq_nocase(there, wanted)
                                                : chute_str_eq(there, wanted);
            is_there = is_there || (is_same && (literal->distance == CHUTE_LITERAL_ANYWHERE ||
                                                   literal->distance == at - start));
        }
    }
    chute_assert(is_there);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *zero = size == 0 ? NULL : memchr(data, 0, size);
    size_t len = zero == NULL ? size : (size_t)(zero - data);
    struct chute_str pattern = { (const char *)data, len };
    struct chute_arena arena = { 0 };
    struct chute_str text =
        chute_utf8_replace(&arena, (struct chute_str){ (const char *)data + len, size - len });
    struct chute_regex_options options = { .match_limit = 10000 };
    struct chute_regex_error error = { 0 };
    struct chute_regex *regex = chute_regex_compile(pattern, &options, &error);
    if (regex != NULL) {
        struct chute_str translated = chute_regex_translated(regex);
        struct chute_prefilter *prefilter = chute_prefilter_create(&translated, 1);
        struct chute_regex_scratch *scratch = chute_regex_scratch_create();
        const size_t *groups;
        uint64_t set = 0;
        bool may = chute_prefilter_scan(prefilter, text, &set);
        int found = chute_regex_match(regex, scratch, text, 0, &groups);
        chute_assert(found <= 0 || may);
        if (found > 0) {
            check_literals(translated, text, groups[0], groups[1]);
        }
        chute_regex_scratch_destroy(scratch);
        chute_prefilter_destroy(prefilter);
    }
    chute_regex_destroy(regex);
    chute_arena_finish(&arena);
    return 0;
}
