#include "tests/unit/support/random_regex.h"

#include <stdbool.h>

#define DEEPEST 4

unsigned test_chance_draw(struct test_chance *chance, unsigned below) {
    if (chance->len > 0) {
        chance->len--;
        return *chance->bytes++ % below;
    }
    chance->seed ^= chance->seed << 13;
    chance->seed ^= chance->seed >> 7;
    chance->seed ^= chance->seed << 17;
    return (unsigned)(chance->seed >> 20) % below;
}

struct maker {
    struct test_chance *chance;
    struct chute_buf *pattern, *sample;
    unsigned depth;
};

static bool is_one_in(struct maker *maker, unsigned of) {
    return test_chance_draw(maker->chance, of) == of - 1;
}

/* Few letters, so that a literal is soon somewhere else, too; k and s have cases of several bytes. */
static const char *const letters[] = { "a", "b", "A", "B", "k", "K", "s", "S", "x", "0", "1", "-",
    "_", " ", "é", "É", "ſ", "\xE2\x84\xAA", "\n", ":" };
#define LETTER_COUNT (sizeof(letters) / sizeof(letters[0]))

static const char *a_letter(struct maker *maker) {
    bool is_common = !is_one_in(maker, 8);
    return letters[test_chance_draw(maker->chance, is_common ? 8 : LETTER_COUNT)];
}

/* In a case that the letter has as well. */
static void put_in_any_case(struct maker *maker, const char *letter) {
    char byte = letter[1] == '\0' ? letter[0] : '\0';
    bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
    if (is_letter && is_one_in(maker, 2)) {
        byte ^= 0x20;
    }
    if ((byte | 0x20) == 's' && is_one_in(maker, 6)) {
        letter = "ſ";
    } else if ((byte | 0x20) == 'k' && is_one_in(maker, 6)) {
        letter = "\xE2\x84\xAA";
    } else if (is_letter) {
        chute_buf_add_char(maker->sample, byte);
        return;
    }
    chute_buf_add_str(maker->sample, chute_str_of(letter));
}

static void put_letter(struct maker *maker, bool is_caseless) {
    const char *letter = a_letter(maker);
    chute_buf_add_str(maker->pattern, chute_str_of(letter));
    if (is_caseless) {
        put_in_any_case(maker, letter);
    } else {
        chute_buf_add_str(maker->sample, chute_str_of(letter));
    }
}

/* What matches one of several characters, and those of them that are tried. */
static const struct {
    const char *pattern;
    const char *samples[4];
} sets[] = {
    { "[ab]", { "a", "b", "a", "b" } },
    { "[a-c]", { "a", "b", "c", "c" } },
    { "[ks]", { "k", "s", "s", "k" } },
    { "[K-b]", { "S", "a", "_", "K" } },
    { "[a-z]", { "k", "s", "a", "z" } },
    { "[^a]", { "é", "b", "\n", "A" } },
    { "[0-9]", { "0", "1", "9", "5" } },
    { "[0-35-7]", { "0", "3", "5", "7" } },
    { "[0-3-5]", { "0", "-", "5", "3" } },
    { "[1-4]", { "1", "2", "3", "4" } },
    { "[]a]", { "]", "a", "a", "]" } },
    { "[a\\]-]", { "]", "a", "-", "a" } },
    { "[+--]", { "+", ",", "-", "-" } },
    { "[éa]", { "é", "a", "a", "é" } },
    { "[\\w-]", { "-", "a", "0", "_" } },
    { "[[:digit:]x]", { "x", "0", "1", "x" } },
    { "[a-k&&[^b]]", { "a", "c", "k", "k" } },
    { "[\\x41\\t]", { "A", "\t", "A", "A" } },
    { "\\d", { "0", "1", "2", "9" } },
    { "\\D", { "a", "é", "-", "\xE2\x84\xAA" } },
    { "\\w", { "a", "K", "0", "_" } },
    { "\\W", { "-", "é", " ", "ſ" } },
    { "\\s", { " ", "\t", "\n", " " } },
    { "\\S", { "a", "é", "-", "0" } },
    { "\\h", { "a", "0", "F", "b" } },
    { "\\R", { "\n", "\r\n", "\n", "\n" } },
    { "\\X", { "a", "é", "-", "k" } },
    { "\\p{L}", { "a", "é", "S", "ſ" } },
    { "\\p{Lu}", { "A", "É", "S", "K" } },
    { ".", { "a", "é", "0", "-" } },
    { "\\x61", { "a", "a", "a", "a" } },
    { "\\x{212A}", { "\xE2\x84\xAA", "\xE2\x84\xAA", "\xE2\x84\xAA", "\xE2\x84\xAA" } },
    { "\\.", { ".", ".", ".", "." } },
    { "\\{", { "{", "{", "{", "{" } },
    { "\\101", { "A", "A", "A", "A" } },
};

/* What matches no character; not all of it holds everywhere. */
static const char *const points[] = { "(?=.|\\z)", "(?!zz)", "(?<=.|\\A)", "(?<!zz)", "(?=ab)",
    "(?<=a)", "\\b", "\\B", "^", "$", "\\A", "\\z", "\\G", "(?!ab12)", "(?#ab)", "(?<!ab)" };

static void put_set(struct maker *maker, bool is_caseless) {
    unsigned which = test_chance_draw(maker->chance, sizeof(sets) / sizeof(sets[0]));
    const char *sample = sets[which].samples[test_chance_draw(maker->chance, 4)];
    chute_buf_add_str(maker->pattern, chute_str_of(sets[which].pattern));
    if (is_caseless) {
        put_in_any_case(maker, sample);
    } else {
        chute_buf_add_str(maker->sample, chute_str_of(sample));
    }
}

static void put_branches(struct maker *maker, bool is_caseless);

static void put_group(struct maker *maker, bool is_caseless) {
    static const struct {
        const char *open;
        int caseless; /* -1: as it was */
    } kinds[] = { { "(", -1 }, { "(?:", -1 }, { "(?:", -1 }, { "(?<n>", -1 }, { "(?>", -1 },
        { "(?i:", 1 }, { "(?-i:", 0 }, { "(?m-i:", 0 }, { "(?mi:", 1 } };
    unsigned kind = test_chance_draw(maker->chance, sizeof(kinds) / sizeof(kinds[0]));
    chute_buf_add_str(maker->pattern, chute_str_of(kinds[kind].open));
    put_branches(maker, kinds[kind].caseless < 0 ? is_caseless : kinds[kind].caseless == 1);
    chute_buf_add_char(maker->pattern, ')');
}

/* The atom's text, which starts at `from`, as often as it is meant. */
static void put_quantifier(struct maker *maker, size_t from) {
    static const struct {
        const char *text;
        unsigned least, most;
    } kinds[] = { { "?", 0, 1 }, { "?", 0, 1 }, { "*", 0, 3 }, { "+", 1, 3 }, { "{2}", 2, 2 },
        { "{1,2}", 1, 2 }, { "{,2}", 0, 2 }, { "{0}", 0, 0 }, { "{2,}", 2, 4 }, { "*?", 0, 2 },
        { "+?", 1, 2 }, { "??", 0, 1 }, { "++", 1, 2 }, { "{2}{3}", 6, 6 }, { "{33}", 33, 33 } };
    unsigned kind = test_chance_draw(maker->chance, sizeof(kinds) / sizeof(kinds[0]));
    unsigned least = kinds[kind].least;
    unsigned times = least + test_chance_draw(maker->chance, kinds[kind].most - least + 1);
    chute_buf_add_str(maker->pattern, chute_str_of(kinds[kind].text));
    size_t len = maker->sample->len - from;
    if (len * times > 2000) {
        return;
    }
    chute_buf_reserve(maker->sample, len * times);
    for (unsigned i = 1; i < times; i++) {
        memcpy(maker->sample->at + maker->sample->len, maker->sample->at + from, len);
        maker->sample->len += len;
    }
    maker->sample->len = times == 0 ? from : maker->sample->len;
}

static void put_atom(struct maker *maker, bool *is_caseless) {
    unsigned kind = test_chance_draw(maker->chance, 24);
    size_t from = maker->sample->len;
    if (kind < 12) {
        put_letter(maker, *is_caseless);
    } else if (kind < 16) {
        put_set(maker, *is_caseless);
    } else if (kind < 21 && maker->depth < DEEPEST) {
        put_group(maker, *is_caseless);
    } else if (kind == 21) {
        unsigned which = test_chance_draw(maker->chance, sizeof(points) / sizeof(points[0]));
        chute_buf_add_str(maker->pattern, chute_str_of(points[which]));
        return;
    } else if (kind == 22) {
        *is_caseless = !is_one_in(maker, 3);
        chute_buf_add_str(maker->pattern, chute_str_of(*is_caseless ? "(?i)" : "(?-i)"));
        return;
    } else if (kind == 23 && is_one_in(maker, 4)) {
        static const char *const odd[] = { "\\1", "\\k<n>", "\\g<n>", "\\K", "(?(1)a|b)",
            "(?x: a )" };
        chute_buf_add_str(maker->pattern, chute_str_of(odd[test_chance_draw(maker->chance, 6)]));
        return;
    } else {
        put_letter(maker, *is_caseless);
    }
    if (is_one_in(maker, 5)) {
        put_quantifier(maker, from);
    }
}

/* One of the branches goes to the sample. */
static void put_branches(struct maker *maker, bool is_caseless) {
    maker->depth++;
    unsigned count = is_one_in(maker, 3) ? 1 + test_chance_draw(maker->chance, 4) : 1;
    unsigned chosen = test_chance_draw(maker->chance, count);
    for (unsigned i = 0; i < count; i++) {
        size_t from = maker->sample->len;
        if (i > 0) {
            chute_buf_add_char(maker->pattern, '|');
        }
        for (unsigned atoms = test_chance_draw(maker->chance, 7); atoms > 0; atoms--) {
            put_atom(maker, &is_caseless);
        }
        maker->sample->len = i == chosen ? maker->sample->len : from;
    }
    maker->depth--;
}

void test_random_regex(
    struct test_chance *chance, struct chute_buf *pattern, struct chute_buf *sample) {
    struct maker maker = { .chance = chance, .pattern = pattern, .sample = sample };
    put_branches(&maker, false);
}

void test_random_noise(struct test_chance *chance, struct chute_buf *text) {
    for (unsigned count = test_chance_draw(chance, 10); count > 0; count--) {
        chute_buf_add_str(text, chute_str_of(letters[test_chance_draw(chance, LETTER_COUNT)]));
    }
}
