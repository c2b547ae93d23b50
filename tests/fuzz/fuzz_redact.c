/* Any text: the pass over the literals finds what comparing them at every place finds, spans are in order and lie between whole
 * characters, and what every token's regex matches without its literals lies in one. */
#include <stdint.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/arena.h"
#include "pipeline/base/ascii.h"
#include "pipeline/base/utf8.h"
#include "pipeline/text/redact/find.h"
#include "pipeline/text/redact/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct chute_redact_plan *plan;
static struct chute_redact_finder fast, slow;
static struct chute_regex_scratch *scratch;
static struct chute_regex **loose;

static void prepare(void) {
    plan = chute_redact_plan_create(CHUTE_REDACT_ALL);
    scratch = chute_regex_scratch_create();
    loose = chute_calloc(chute_redact_token_count, sizeof(*loose));
    for (size_t i = 0; i < chute_redact_token_count; i++) {
        struct chute_regex_error error;
        loose[i] = chute_regex_compile(chute_str_of(chute_redact_tokens[i].pattern), NULL, &error);
        chute_assert(loose[i] != NULL);
    }
}

static bool is_hidden(size_t start, size_t end) {
    for (size_t i = 0; i < fast.count; i++) {
        if (fast.spans[i].start <= start && fast.spans[i].end >= end) {
            return true;
        }
    }
    return false;
}

static void check_tokens(struct chute_str text) {
    for (size_t i = 0; i < chute_redact_token_count; i++) {
        const struct chute_redact_token *token = &chute_redact_tokens[i];
        const size_t *groups;
        for (size_t at = 0; chute_regex_match(loose[i], scratch, text, at, &groups) > 0;) {
            size_t start = groups[0], end = groups[1];
            char before = start == 0 ? ' ' : text.at[start - 1];
            bool is_free =
                !((chute_is_alnum(before) || before == '_') && chute_is_alnum(text.at[start])) &&
                (token->not_behind == NULL || before == '\0' ||
                    strchr(token->not_behind, before) == NULL);
            struct chute_str found = { text.at + start, end - start };
            chute_assert(!is_free || (token->check != NULL && !token->check(found)) ||
                         is_hidden(start, end));
            at = start + 1;
            while (at < text.len && chute_utf8_floor(text, at) != at) {
                at++;
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (plan == NULL) {
        prepare();
    }
    struct chute_arena arena = { 0 };
    struct chute_str text =
        chute_utf8_replace(&arena, (struct chute_str){ (const char *)data, size });
    size_t count = chute_redact_find(plan, &fast, scratch, text);
    chute_assert(chute_redact_find_slowly(plan, &slow, scratch, text) == count);
    for (size_t i = 0; i < count; i++) {
        const struct chute_redact_span *span = &fast.spans[i];
        chute_assert(span->start == slow.spans[i].start && span->end == slow.spans[i].end);
        chute_assert(span->start < span->end && span->end <= text.len);
        chute_assert(i == 0 || span->start >= fast.spans[i - 1].end);
        chute_assert(chute_utf8_floor(text, span->start) == span->start);
        chute_assert(chute_utf8_floor(text, span->end) == span->end);
    }
    if (!fast.is_undecided) {
        check_tokens(text);
    }
    chute_arena_finish(&arena);
    return 0;
}
