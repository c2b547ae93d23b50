#include "pipeline/text/regex_literals.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/ascii.h"

#define SET_MOST (CHUTE_LITERALS_MAX - 2) /* the long s and the Kelvin sign come on top */
#define CLASS_MOST 8                      /* characters of a set that are tried one by one */
#define REPEATS_MOST 32                   /* of one part */
#define DEPTH_MOST 40
#define DIGITS_MOST 100000
#define VARIES (~0u)

/* What a part of a pattern matches. */
struct part {
    struct chute_literals exact; /* all that it matches, as far as is_exact */
    bool is_exact;
    struct chute_literals best; /* one of these is in each match; count 0: none known */
    uint32_t width;             /* bytes of each match; VARIES if they differ */
    uint32_t digits;            /* that each match holds at least */
};

struct reader {
    struct chute_str in;
    size_t at;
    unsigned depth;
    bool is_caseless;
    bool has_failed;
    /* Beside its own other case, s has the long s and k the Kelvin sign, of more than one byte. What is told of either
     * holds for texts without these two, which are then literals themselves. */
    bool has_long_s, has_kelvin;
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

static uint32_t add_width(uint32_t a, uint32_t b) {
    return a == VARIES || b == VARIES || a + b < a ? VARIES : a + b;
}

/* Takes `set` for the best if it is better; its distances count from `from`. */
static void offer(struct part *part, const struct chute_literals *set, uint32_t from) {
    if (set->count == 0 || worth(set) <= worth(&part->best)) {
        return;
    }
    part->best = *set;
    for (uint32_t i = 0; i < set->count; i++) {
        uint32_t *distance = &part->best.items[i].distance;
        *distance = add_width(*distance, from); /* ANYWHERE if one VARIES */
    }
}

static const struct chute_literals one_empty = { .count = 1 };

/* Every one of `a` with every one of `b` behind it. False, and nothing changed, if they get too many or too long. */
static bool append(struct chute_literals *a, const struct chute_literals *b) {
    if (a->count * b->count > SET_MOST) {
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
    if (a->count + b->count > SET_MOST) {
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

static struct chute_literal literal_of(struct reader *reader, char byte) {
    struct chute_literal literal = { .text = { byte }, .len = 1 };
    literal.is_caseless = reader->is_caseless && chute_is_alpha(byte);
    reader->has_long_s = reader->has_long_s || (literal.is_caseless && (byte | 0x20) == 's');
    reader->has_kelvin = reader->has_kelvin || (literal.is_caseless && (byte | 0x20) == 'k');
    return literal;
}

static struct part part_of_byte(struct reader *reader, char byte) {
    struct part part = { .is_exact = true, .width = 1, .digits = chute_is_digit(byte) };
    part.exact.count = 1;
    part.exact.items[0] = literal_of(reader, byte);
    return part;
}

/* ------------------------------------------------------------------ a sequence of parts */

/* `run` is the literal text just before the next part, which starts at `run_at`. */
struct sequence {
    struct part part;
    struct chute_literals run;
    uint32_t run_at;
};

static void end_run(struct sequence *sequence) {
    offer(&sequence->part, &sequence->run, sequence->run_at);
    sequence->run = one_empty;
    sequence->run_at = sequence->part.width;
}

static void add_part(struct sequence *sequence, const struct part *more) {
    struct part *part = &sequence->part;
    offer(part, &more->best, part->width);
    part->digits =
        more->digits > DIGITS_MOST - part->digits ? DIGITS_MOST : part->digits + more->digits;
    if (more->is_exact && more->exact.count > 1) { /* one may be worth more than many longer ones */
        offer(part, &sequence->run, sequence->run_at);
    }
    if (more->is_exact && append(&sequence->run, &more->exact)) {
        part->width = add_width(part->width, more->width);
        return;
    }
    end_run(sequence);
    part->is_exact = false;
    part->width = add_width(part->width, more->width);
    if (more->is_exact) { /* too much to go on with: it begins anew */
        sequence->run = more->exact;
    } else {
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
    struct part part = part_of_byte(reader, reader->in.at[reader->at++]);
    for (; width > 1 && reader->at < reader->in.len; width--) {
        struct part next = part_of_byte(reader, reader->in.at[reader->at++]);
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
        value = value < 0x1000 ? value * 16 + chute_hex_value(byte) : value;
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
        return value < 0 ? part_unknown(VARIES) : part_of_byte(reader, (char)value);
    }
    if (letter == 'd' || letter == 'w' || letter == 's') {
        struct part part = part_unknown(1);
        part.digits = letter == 'd';
        return part;
    }
    if (letter != '\0' && strchr("bBAzZG", letter) != NULL) {
        return part_of_nothing();
    }
    if (letter != '\0' && strchr("DWSvVhHR", letter) != NULL) {
        return part_unknown(VARIES);
    }
    int value = simple_escape(letter);
    return value < 0 || value >= 0x80 ? fail(reader) : part_of_byte(reader, (char)value);
}

/* ------------------------------------------------------------------ sets */

/* One character of a set; -1 for one that is not ASCII and for several, as \w is. */
static int read_set_item(struct reader *reader) {
    char byte = reader->in.at[reader->at++];
    if (reader->at == reader->in.len || (byte == '[' && is_next(reader, ":"))) {
        fail(reader); /* not closed, or a class of POSIX */
        return -1;
    }
    if (byte != '\\') {
        return (unsigned char)byte < 0x80 ? byte : -1;
    }
    char letter = reader->in.at[reader->at++];
    if (letter == 'x') {
        return read_hex(reader);
    }
    int value = letter == 'b' ? '\b' : simple_escape(letter);
    if ((value < 0 && (letter == '\0' || strchr("dDwWsSvVhHpP", letter) == NULL)) ||
        value >= 0x80) {
        fail(reader);
    }
    return value;
}

static bool has_literal(const struct chute_literals *set, const struct chute_literal *literal) {
    for (uint32_t i = 0; i < set->count; i++) {
        char differ = set->items[i].text[0] ^ literal->text[0];
        if (differ == 0 || (differ == 0x20 && literal->is_caseless)) {
            return true;
        }
    }
    return false;
}

/* The characters from `low` to `high` are in the set that `part` is. */
static void add_range(struct reader *reader, struct part *part, int low, int high) {
    if (low < '0' || low > high || high > '9') {
        part->digits = 0;
    }
    if (low < 0 || low > high) {
        *part = part_unknown(VARIES);
        return;
    }
    for (int value = low; value <= high; value++) {
        struct chute_literal literal = literal_of(reader, (char)value);
        if (!part->is_exact || has_literal(&part->exact, &literal)) {
            continue;
        }
        part->is_exact = part->exact.count < CLASS_MOST;
        if (part->is_exact) {
            part->exact.items[part->exact.count++] = literal;
        }
    }
}

/* A set: its characters if they are few and ASCII; else only that it is one of them. */
static struct part read_set(struct reader *reader) {
    struct part part = { .is_exact = true, .width = 1, .digits = 1 };
    reader->at++;
    bool is_open = is_next(reader, "^");
    reader->at += is_open;
    bool is_first = true;
    for (; reader->at < reader->in.len && (is_first || !is_next(reader, "]")); is_first = false) {
        int low = read_set_item(reader);
        int high = low;
        if (is_next(reader, "-") && !is_next(reader, "-]")) {
            reader->at++;
            high = reader->at < reader->in.len ? read_set_item(reader) : -1;
        }
        add_range(reader, &part, low, high);
    }
    if (reader->has_failed || reader->at == reader->in.len) {
        return fail(reader);
    }
    reader->at++;
    return is_open ? part_unknown(VARIES) : part;
}

/* ------------------------------------------------------------------ groups */

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

/* Also as later versions of PCRE2 have it: {,3} and { 3 }. */
static bool is_quantifier(const struct reader *reader) {
    return reader->at + 1 < reader->in.len && (chute_is_digit(reader->in.at[reader->at + 1]) ||
                                                  is_next(reader, "{,") || is_next(reader, "{ "));
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
    case '{':
        return is_quantifier(reader) ? fail(reader) : read_char(reader);
    default:
        return read_char(reader);
    }
}

static uint32_t times_digits(const struct part *atom, uint32_t times) {
    uint64_t digits = (uint64_t)atom->digits * times;
    return digits < DIGITS_MOST ? (uint32_t)digits : DIGITS_MOST;
}

static void add_repeated(
    struct sequence *sequence, const struct part *atom, uint32_t least, uint32_t most) {
    if (least == 0 && most == 1 && atom->is_exact) {
        struct part maybe = *atom;
        if (unite(&maybe.exact, &one_empty)) {
            maybe.width = atom->width == 0 ? 0 : VARIES;
            maybe.best.count = maybe.digits = 0;
            add_part(sequence, &maybe);
            return;
        }
    }
    if (least == most && !atom->is_exact && atom->best.count == 0) {
        uint64_t width = (uint64_t)atom->width * least;
        struct part all =
            part_unknown(atom->width != VARIES && width < VARIES ? (uint32_t)width : VARIES);
        all.digits = times_digits(atom, least);
        add_part(sequence, &all);
        return;
    }
    for (uint32_t i = 0; i < least && i < REPEATS_MOST; i++) {
        add_part(sequence, atom);
    }
    if (most > least || least > REPEATS_MOST) {
        struct part more = part_unknown(VARIES);
        more.digits = least > REPEATS_MOST ? times_digits(atom, least - REPEATS_MOST) : 0;
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
    joined.digits = a->digits < b->digits ? a->digits : b->digits;
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

/* A match that holds one of the two characters may hold no other literal. */
static void add_folded(const struct reader *reader, struct chute_literals *literals) {
    static const struct chute_literal long_s = { "\xC5\xBF", 2, false, CHUTE_LITERAL_ANYWHERE };
    static const struct chute_literal kelvin = { "\xE2\x84\xAA", 3, false, CHUTE_LITERAL_ANYWHERE };
    if (literals->count > 0 && reader->has_long_s) {
        literals->items[literals->count++] = long_s;
    }
    if (literals->count > 0 && reader->has_kelvin) {
        literals->items[literals->count++] = kelvin;
    }
}

void chute_regex_literals(
    struct chute_str pattern, bool is_caseless, struct chute_literals *literals) {
    struct reader reader = { .in = pattern, .is_caseless = is_caseless };
    struct part part = read_branches(&reader);
    *literals = (struct chute_literals){ 0 };
    if (reader.has_failed || reader.at < pattern.len) {
        return;
    }
    if (part.is_exact) {
        offer(&part, &part.exact, 0);
    }
    *literals = part.best;
    literals->digits = part.digits;
    add_folded(&reader, literals);
}
