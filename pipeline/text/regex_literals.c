#include "pipeline/text/regex_literals.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/ascii.h"

#define CLASS_MOST 8    /* characters of a set that are tried one by one */
#define REPEATS_MOST 32 /* of one part */
#define DEPTH_MOST 40
#define VARIES (~0u)

/* What a part of a pattern matches. */
struct part {
    struct chute_literals exact; /* all that it matches, as far as is_exact */
    bool is_exact;
    struct chute_literals best; /* one of these is in each match; count 0: none known */
    uint32_t width;             /* bytes of each match; VARIES if they differ */
};

struct reader {
    struct chute_str in;
    size_t at;
    unsigned depth;
    bool is_caseless;
    bool has_failed;
};

/* ------------------------------------------------------------------ sets of literals */

/* How rare a literal is in log lines: long ones, and those of other things than small letters. */
static unsigned rarity(const struct chute_literal *literal) {
    unsigned sum = 0;
    for (unsigned i = 0; i < literal->len; i++) {
        char byte = literal->text[i];
        sum += byte == ' ' ? 1 : chute_is_lower(byte) || chute_is_digit(byte) ? 2 : 3;
    }
    return sum;
}

/* That of the most common one, less for each to look for; a byte alone is worth nothing. */
static unsigned worth(const struct chute_literals *set) {
    unsigned least = set->count == 0 ? 0 : ~0u;
    for (uint32_t i = 0; i < set->count; i++) {
        unsigned is = set->items[i].len < 2 ? 0 : rarity(&set->items[i]) * 4;
        least = is < least ? is : least;
    }
    return least > set->count ? least - set->count : least > 0;
}

/* Takes `set` for the best if it is better; its distances count from `from`. */
static void offer(struct part *part, const struct chute_literals *set, uint32_t from) {
    if (set->count == 0 || worth(set) <= worth(&part->best)) {
        return;
    }
    part->best = *set;
    for (uint32_t i = 0; i < set->count; i++) {
        uint32_t *distance = &part->best.items[i].distance;
        *distance = from == VARIES || *distance == CHUTE_LITERAL_ANYWHERE ? CHUTE_LITERAL_ANYWHERE
                                                                          : *distance + from;
    }
}

static bool is_empty(const struct chute_literals *set) {
    return set->count == 1 && set->items[0].len == 0;
}

static const struct chute_literals one_empty = { .count = 1 };

/* Every one of `a` with every one of `b` behind it. False, and nothing changed, if they get too many or too long. */
static bool append(struct chute_literals *a, const struct chute_literals *b) {
    if (a->count * b->count > CHUTE_LITERALS_MAX) {
        return false;
    }
    struct chute_literals sum = { 0 };
    for (uint32_t i = 0; i < a->count; i++) {
        for (uint32_t k = 0; k < b->count; k++) {
            struct chute_literal made = a->items[i];
            const struct chute_literal *more = &b->items[k];
            if (made.len + more->len > CHUTE_LITERAL_LONGEST) {
                return false;
            }
            memcpy(made.text + made.len, more->text, more->len);
            made.len = (uint8_t)(made.len + more->len);
            made.is_caseless = made.is_caseless || more->is_caseless;
            sum.items[sum.count++] = made;
        }
    }
    *a = sum;
    return true;
}

/* Both together. False if they get too many. */
static bool unite(struct chute_literals *a, const struct chute_literals *b) {
    if (a->count + b->count > CHUTE_LITERALS_MAX) {
        return false;
    }
    memcpy(a->items + a->count, b->items, sizeof(b->items[0]) * b->count);
    a->count += b->count;
    return true;
}

static struct part part_of_nothing(void) {
    return (struct part){ .is_exact = true, .exact = one_empty };
}

/* Something unknown, of `width` bytes. */
static struct part part_unknown(uint32_t width) {
    return (struct part){ .width = width };
}

/* Beside its own other case, k has the Kelvin sign and s the long s, both of more than one byte. */
static struct part part_of_byte(char byte, bool is_caseless) {
    char small = (char)(byte | 0x20);
    if (is_caseless && (small == 'k' || small == 's')) {
        return part_unknown(VARIES);
    }
    struct part part = { .is_exact = true, .width = 1 };
    part.exact.count = 1;
    part.exact.items[0] = (struct chute_literal){ .text = { byte }, .len = 1 };
    part.exact.items[0].is_caseless = is_caseless && chute_is_alpha(byte);
    return part;
}

/* ------------------------------------------------------------------ a sequence of parts */

/* `run` is the literal text just before the next part, which starts at `run_at`. */
struct sequence {
    struct part part;
    struct chute_literals run;
    uint32_t run_at;
};

static uint32_t add_width(uint32_t a, uint32_t b) {
    return a == VARIES || b == VARIES || a + b < a ? VARIES : a + b;
}

static void end_run(struct sequence *sequence) {
    if (!is_empty(&sequence->run)) {
        offer(&sequence->part, &sequence->run, sequence->run_at);
    }
    sequence->run = one_empty;
    sequence->run_at = sequence->part.width;
}

static void add_part(struct sequence *sequence, const struct part *more) {
    struct part *part = &sequence->part;
    if (more->is_exact && append(&sequence->run, &more->exact)) {
        part->width = add_width(part->width, more->width);
        return;
    }
    end_run(sequence);
    part->is_exact = false;
    if (more->is_exact) { /* too much to go on with: it begins anew */
        sequence->run = more->exact;
    } else {
        offer(part, &more->best, part->width);
    }
    part->width = add_width(part->width, more->width);
    if (!more->is_exact) {
        sequence->run_at = part->width;
    }
}

static struct part finish_sequence(struct sequence *sequence) {
    if (sequence->part.is_exact) {
        sequence->part.exact = sequence->run;
    }
    end_run(sequence);
    return sequence->part;
}

/* ------------------------------------------------------------------ reading a pattern */

static struct part read_branches(struct reader *reader);

static bool is_next(const struct reader *reader, const char *text) {
    struct chute_str rest = { reader->in.at + reader->at, reader->in.len - reader->at };
    return chute_str_starts_with(rest, chute_str_of(text));
}

static struct part fail(struct reader *reader) {
    reader->has_failed = true;
    reader->at = reader->in.len;
    return part_unknown(VARIES);
}

/* Bytes of the UTF-8 character that starts with `byte`. */
static uint32_t char_width(char byte) {
    unsigned char first = (unsigned char)byte;
    return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* A character of several bytes has to stay whole. */
static struct part read_char(struct reader *reader) {
    uint32_t width = char_width(reader->in.at[reader->at]);
    struct part part = part_of_byte(reader->in.at[reader->at++], reader->is_caseless);
    for (; width > 1 && reader->at < reader->in.len; width--) {
        struct part next = part_of_byte(reader->in.at[reader->at++], false);
        append(&part.exact, &next.exact);
        part.width++;
    }
    /* a letter that is not ASCII may have another form of another width */
    return part.width > 1 && reader->is_caseless ? part_unknown(VARIES) : part;
}

/* The character that an escape stands for, if it is one of a few. -1: none. */
static int simple_escape(char letter) {
    switch (letter) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'f':
        return '\f';
    case 'e':
        return 27;
    case 'a':
        return 7;
    default:
        return chute_is_alnum(letter) ? -1 : letter;
    }
}

/* \x2d and \x{2d}; -1 for what is no ASCII character. */
static int read_hex(struct reader *reader) {
    int value = 0;
    bool is_braced = is_next(reader, "{");
    reader->at += is_braced;
    for (int i = 0; is_braced ? i < 8 : i < 2; i++) {
        char byte = reader->at < reader->in.len ? reader->in.at[reader->at] : '\0';
        if (!chute_is_hex(byte)) {
            break;
        }
        int digit = chute_is_digit(byte) ? byte - '0' : (byte | 0x20) - 'a' + 10;
        value = value < 0x1000 ? value * 16 + digit : value;
        reader->at++;
    }
    if (is_braced) {
        if (!is_next(reader, "}")) {
            fail(reader);
            return -1;
        }
        reader->at++;
    }
    return value < 0x80 ? value : -1;
}

static struct part read_escape(struct reader *reader) {
    if (++reader->at >= reader->in.len) {
        return fail(reader);
    }
    char letter = reader->in.at[reader->at++];
    if (letter == 'x') {
        int value = read_hex(reader);
        return value < 0 ? part_unknown(VARIES) : part_of_byte((char)value, reader->is_caseless);
    }
    if (strchr("bBAzZG", letter) != NULL) {
        return part_of_nothing();
    }
    if (strchr("dDwWsSvVhHNR", letter) != NULL) {
        return part_unknown(VARIES); /* of one byte or more: that is up to the regex's flags */
    }
    int value = simple_escape(letter);
    return value < 0 || value >= 0x80 ? fail(reader)
                                      : part_of_byte((char)value, reader->is_caseless);
}

/* A set: its characters if they are few and ASCII; else only that it is one of them. */
static struct part read_set(struct reader *reader) {
    struct part part = { .is_exact = !reader->is_caseless,
        .width = reader->is_caseless ? VARIES : 1 };
    reader->at++;
    bool is_open = is_next(reader, "^");
    reader->at += is_open;
    size_t first = reader->at;
    for (; reader->at < reader->in.len; reader->at++) {
        char byte = reader->in.at[reader->at];
        if (byte == ']' && reader->at > first) {
            reader->at++;
            part.width = is_open ? VARIES : part.width;
            part.is_exact = part.is_exact && !is_open && part.exact.count > 0;
            return part;
        }
        if (byte == '[' && reader->at + 1 < reader->in.len &&
            reader->in.at[reader->at + 1] == ':') {
            return fail(reader);
        }
        bool is_range = byte == '-' && reader->at > first && !is_next(reader, "-]");
        if (byte == '\\') {
            char letter = reader->at + 1 < reader->in.len ? reader->in.at[reader->at + 1] : '\0';
            int value = letter == '\0' ? -1 : simple_escape(letter);
            part.is_exact = part.is_exact && value >= 0;
            part.width = value < 0 ? VARIES : part.width; /* \w, \x{e9}, \p{L} */
            byte = (char)value;
            reader->at++;
        }
        if (is_range || (unsigned char)byte >= 0x80 || part.exact.count == CLASS_MOST) {
            part.width = (unsigned char)byte >= 0x80 ? VARIES : part.width;
            part.is_exact = false;
        }
        if (part.is_exact) {
            part.exact.items[part.exact.count++] =
                (struct chute_literal){ .text = { byte }, .len = 1 };
        }
    }
    return fail(reader);
}

/* (?i) and (?i: … ; other flags do not change what a letter is, but x changes what is read. */
static bool read_flags(struct reader *reader) {
    bool is_on = true;
    for (; reader->at < reader->in.len; reader->at++) {
        char byte = reader->in.at[reader->at];
        if (byte == 'i') {
            reader->is_caseless = is_on;
        } else if (byte == '-') {
            is_on = false;
        } else if (byte == '^') {
            reader->is_caseless = false;
        } else if (byte == ':' || byte == ')') {
            return true;
        } else if (strchr("msnJ", byte) == NULL) {
            return false;
        }
    }
    return false;
}

/* Behind the `)` that ends the branches. */
static struct part read_inside(struct reader *reader) {
    struct part part = read_branches(reader);
    if (!is_next(reader, ")")) {
        return fail(reader);
    }
    reader->at++;
    return part;
}

/* `has_set` is set by (?i), which holds to the end of the group around it. */
static struct part read_group(struct reader *reader, bool *has_set) {
    bool was_caseless = reader->is_caseless;
    struct part part;
    reader->at++;
    if (is_next(reader, "*")) {
        return fail(reader); /* (*VERB) */
    }
    if (!is_next(reader, "?")) {
        part = read_inside(reader);
    } else if (is_next(reader, "?=") || is_next(reader, "?!") || is_next(reader, "?<=") ||
               is_next(reader, "?<!")) {
        reader->at += is_next(reader, "?<") ? 3 : 2;
        read_inside(reader);
        part = part_of_nothing();
    } else if (is_next(reader, "?<") || is_next(reader, "?P<") || is_next(reader, "?'")) {
        char close = is_next(reader, "?'") ? '\'' : '>';
        reader->at += is_next(reader, "?P<") ? 3 : 2;
        const char *end = memchr(reader->in.at + reader->at, close, reader->in.len - reader->at);
        if (end == NULL) {
            return fail(reader);
        }
        reader->at = (size_t)(end - reader->in.at) + 1;
        part = read_inside(reader);
    } else if (is_next(reader, "?>") || is_next(reader, "?:")) {
        reader->at += 2;
        part = read_inside(reader);
    } else {
        reader->at++;
        if (!read_flags(reader)) {
            return fail(reader);
        }
        if (reader->in.at[reader->at++] == ')') {
            *has_set = true;
            return part_of_nothing();
        }
        part = read_inside(reader);
    }
    reader->is_caseless = was_caseless;
    return part;
}

static struct part read_atom(struct reader *reader, bool *has_set) {
    switch (reader->in.at[reader->at]) {
    case '(':
        return read_group(reader, has_set);
    case '[':
        return read_set(reader);
    case '\\':
        return read_escape(reader);
    case '.':
        reader->at++;
        return part_unknown(VARIES);
    case '^':
    case '$':
        reader->at++;
        return part_of_nothing();
    case '*':
    case '+':
    case '?':
        return fail(reader);
    default:
        return read_char(reader);
    }
}

static uint32_t read_count(struct reader *reader) {
    uint32_t count = 0;
    while (reader->at < reader->in.len && chute_is_digit(reader->in.at[reader->at])) {
        count = count < 100000 ? count * 10 + (uint32_t)(reader->in.at[reader->at] - '0') : count;
        reader->at++;
    }
    return count;
}

/* How often the atom before is meant. False if there is no quantifier. */
static bool read_quantifier(struct reader *reader, uint32_t *least, uint32_t *most) {
    size_t start = reader->at;
    char byte = start < reader->in.len ? reader->in.at[start] : '\0';
    if (byte == '*' || byte == '+' || byte == '?') {
        *least = byte == '+';
        *most = byte == '?' ? 1 : VARIES;
        reader->at++;
    } else if (byte == '{' && start + 1 < reader->in.len &&
               chute_is_digit(reader->in.at[start + 1])) {
        reader->at++;
        *least = *most = read_count(reader);
        if (is_next(reader, ",")) {
            reader->at++;
            *most = is_next(reader, "}") ? VARIES : read_count(reader);
        }
        if (!is_next(reader, "}")) {
            reader->at = start; /* a brace that stands for itself */
            return false;
        }
        reader->at++;
    } else {
        return false;
    }
    if (is_next(reader, "?") || is_next(reader, "+")) {
        reader->at++;
    }
    return true;
}

static void add_repeated(
    struct sequence *sequence, const struct part *atom, uint32_t least, uint32_t most) {
    if (least == most && atom->width != VARIES && !atom->is_exact && atom->best.count == 0) {
        uint64_t width = (uint64_t)atom->width * least;
        struct part all = part_unknown(width < VARIES ? (uint32_t)width : VARIES);
        add_part(sequence, &all);
        return;
    }
    for (uint32_t i = 0; i < least && i < REPEATS_MOST; i++) {
        add_part(sequence, atom);
    }
    if (most > least || least > REPEATS_MOST) {
        struct part more = part_unknown(VARIES);
        add_part(sequence, &more);
    }
}

static struct part read_sequence(struct reader *reader, bool *has_set) {
    struct sequence sequence = { .part = { .is_exact = true }, .run = one_empty };
    while (reader->at < reader->in.len && reader->in.at[reader->at] != '|' &&
           reader->in.at[reader->at] != ')') {
        struct part atom = read_atom(reader, has_set);
        uint32_t least = 1, most = 1;
        if (!reader->has_failed && read_quantifier(reader, &least, &most)) {
            add_repeated(&sequence, &atom, least, most);
        } else {
            add_part(&sequence, &atom);
        }
    }
    return finish_sequence(&sequence);
}

static struct part join_branches(const struct part *a, const struct part *b) {
    struct part joined = { .is_exact = a->is_exact && b->is_exact };
    joined.width = a->width == b->width ? a->width : VARIES;
    joined.exact = a->exact;
    joined.is_exact = joined.is_exact && unite(&joined.exact, &b->exact);
    struct chute_literals best = a->best;
    if (best.count > 0 && b->best.count > 0 && unite(&best, &b->best)) {
        joined.best = best;
    }
    return joined;
}

static struct part read_branches(struct reader *reader) {
    if (++reader->depth > DEPTH_MOST) {
        return fail(reader);
    }
    bool was_caseless = reader->is_caseless;
    bool has_set = false;
    struct part part = read_sequence(reader, &has_set);
    while (reader->at < reader->in.len && reader->in.at[reader->at] == '|') {
        reader->at++;
        struct part next = read_sequence(reader, &has_set);
        part = join_branches(&part, &next);
    }
    reader->is_caseless = was_caseless;
    reader->depth--;
    return part;
}

void chute_regex_literals(
    struct chute_str pattern, bool is_caseless, struct chute_literals *literals) {
    struct reader reader = { .in = pattern, .is_caseless = is_caseless };
    struct part part = read_branches(&reader);
    *literals = (struct chute_literals){ 0 };
    if (reader.has_failed || reader.at < pattern.len) {
        return;
    }
    if (part.is_exact && part.exact.count > 0) {
        offer(&part, &part.exact, 0);
    }
    for (uint32_t i = 0; i < part.best.count; i++) {
        if (part.best.items[i].len == 0) {
            return;
        }
    }
    *literals = part.best;
}
