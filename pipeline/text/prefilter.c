#include "pipeline/text/prefilter.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "pipeline/base/alloc.h"
#include "pipeline/text/regex_literals.h"
#include "pipeline/text/scan.h"

struct chute_prefilter {
    struct chute_scan *scan; /* NULL: no pattern has a literal */
    uint32_t *owners;        /* the pattern of each needle */
    uint64_t *always;        /* the set to start from */
    size_t words;
    bool has_always;
    struct digit_need {
        uint32_t index;
        unsigned digits;
    } * digit_needs;
    size_t digit_need_count;
};

static void make_scan(struct chute_prefilter *self, const struct chute_literals *literals,
    size_t count, size_t total) {
    struct chute_needle *needles = chute_calloc(total, sizeof(*needles));
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < literals[i].count; k++) {
            const struct chute_literal *literal = &literals[i].items[k];
            needles[made].text = (struct chute_str){ literal->text, literal->len };
            needles[made].is_caseless = literal->is_caseless;
            self->owners[made++] = (uint32_t)i;
        }
    }
    self->scan = chute_scan_create(needles, made, false);
    chute_free(needles);
}

struct chute_prefilter *chute_prefilter_create(const struct chute_str *patterns, size_t count) {
    struct chute_prefilter *self = chute_calloc(1, sizeof(*self));
    self->words = (count + 63) / 64;
    self->always = chute_calloc(self->words + 1, sizeof(*self->always));
    self->digit_needs = chute_calloc(count + 1, sizeof(*self->digit_needs));
    struct chute_literals *literals = chute_calloc(count + 1, sizeof(*literals));
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        chute_regex_literals(patterns[i], false, &literals[i]);
        total += literals[i].count;
        if (literals[i].count == 0 && literals[i].digits > 0) {
            self->digit_needs[self->digit_need_count++] =
                (struct digit_need){ (uint32_t)i, literals[i].digits };
        } else if (literals[i].count == 0) {
            self->always[i / 64] |= UINT64_C(1) << (i % 64);
            self->has_always = true;
        }
    }
    self->owners = chute_calloc(total + 1, sizeof(*self->owners));
    if (total > 0) {
        make_scan(self, literals, count, total);
    }
    chute_free(literals);
    return self;
}

void chute_prefilter_destroy(struct chute_prefilter *self) {
    if (self == NULL) {
        return;
    }
    chute_scan_destroy(self->scan);
    chute_free(self->owners);
    chute_free(self->always);
    chute_free(self->digit_needs);
    chute_free(self);
}

size_t chute_prefilter_words(const struct chute_prefilter *self) {
    return self->words;
}

static size_t count_digits(struct chute_str text) {
    size_t count = 0;
    size_t at = 0;
#ifdef __SSE2__
    const __m128i zero = _mm_setzero_si128();
    __m128i sums = zero;
    for (; text.len - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text.at + at));
        __m128i from_0 = _mm_sub_epi8(block, _mm_set1_epi8('0'));
        __m128i is_one = _mm_cmpeq_epi8(_mm_min_epu8(from_0, _mm_set1_epi8(9)), from_0);
        sums = _mm_add_epi64(sums, _mm_sad_epu8(_mm_sub_epi8(zero, is_one), zero));
    }
    count =
        (size_t)_mm_cvtsi128_si64(sums) + (size_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums));
#endif
    for (; at < text.len; at++) {
        count += chute_is_digit(text.at[at]);
    }
    return count;
}

static bool meet_digits(const struct chute_prefilter *self, struct chute_str text, uint64_t *set) {
    bool has_found = false;
    size_t digits = count_digits(text);
    for (size_t i = 0; i < self->digit_need_count; i++) {
        const struct digit_need *need = &self->digit_needs[i];
        if (digits >= need->digits) {
            set[need->index / 64] |= UINT64_C(1) << (need->index % 64);
            has_found = true;
        }
    }
    return has_found;
}

bool chute_prefilter_scan(
    const struct chute_prefilter *self, struct chute_str text, uint64_t *set) {
    memcpy(set, self->always, self->words * sizeof(*set));
    bool has_found = self->has_always;
    if (self->scan != NULL) {
        struct chute_scanner scanner = chute_scan_begin(self->scan, text);
        struct chute_hit hit;
        while (chute_scan_next(&scanner, &hit)) {
            uint32_t index = self->owners[hit.needle];
            set[index / 64] |= UINT64_C(1) << (index % 64);
            has_found = true;
        }
    }
    if (self->digit_need_count > 0 && meet_digits(self, text, set)) {
        has_found = true;
    }
    return has_found;
}
