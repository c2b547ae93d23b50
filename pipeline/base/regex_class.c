/* Sets in brackets, and the names of properties. */
#include "pipeline/base/regex_translate.h"
#include "pipeline/base/utf8.h"

/* Oniguruma's named properties are Unicode's. The ASCII ranges in front are there for speed: PCRE2 looks them up in a
 * bitmap before it asks for properties. */
static const struct {
    const char *name, *content;
} properties[] = {
    { "alnum", "0-9A-Za-z\\p{Alphabetic}\\p{Nd}" },
    { "alpha", "A-Za-z\\p{Alphabetic}" },
    { "blank", " \\t\\p{Zs}" },
    { "cntrl", "\\x00-\\x1F\\p{Cc}" },
    { "digit", "0-9\\p{Nd}" },
    { "graph", "!-~\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}" },
    { "lower", "a-z\\p{Lowercase}" },
    { "print", " -~\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}\\p{Zs}" },
    { "punct", "!-/:-@\\[-`{-~\\p{P}" },
    { "space", " \\t-\\r\\p{White_Space}" },
    { "upper", "A-Z\\p{Uppercase}" },
    { "xdigit", "0-9A-Fa-f" },
    { "word", "0-9A-Za-z_\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}" },
    { "ascii", "\\x00-\\x7F" },
};

/* Long names of Unicode's general categories, which PCRE2 knows by their letters only. */
static const struct {
    const char *name, *letters;
} categories[] = {
    { "letter", "L" },
    { "uppercase_letter", "Lu" },
    { "lowercase_letter", "Ll" },
    { "titlecase_letter", "Lt" },
    { "modifier_letter", "Lm" },
    { "other_letter", "Lo" },
    { "mark", "M" },
    { "number", "N" },
    { "decimal_number", "Nd" },
    { "letter_number", "Nl" },
    { "other_number", "No" },
    { "punctuation", "P" },
    { "connector_punctuation", "Pc" },
    { "dash_punctuation", "Pd" },
    { "symbol", "S" },
    { "math_symbol", "Sm" },
    { "currency_symbol", "Sc" },
    { "separator", "Z" },
    { "space_separator", "Zs" },
    { "other", "C" },
    { "control", "Cc" },
    { "format", "Cf" },
    { "private_use", "Co" },
    { "surrogate", "Cs" },
    { "unassigned", "Cn" },
};

static const char *find_posix(struct chute_str name) {
    for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
        if (chute_str_eq_nocase(name, chute_str_of(properties[i].name))) {
            return properties[i].content;
        }
    }
    return NULL;
}

bool chute_regex_put_property(struct chute_buf *out, struct chute_str name, bool is_negated) {
    if (name.len > 0 && name.at[0] == '^') {
        name.at++;
        name.len--;
        is_negated = !is_negated;
    }
    const char *content = find_posix(name);
    if (content != NULL) {
        chute_buf_printf(out, is_negated ? "[^%s]" : "[%s]", content);
        return true;
    }
    if (name.len == 0) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.at[i];
        bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        if (!is_letter && byte != '_' && byte != ' ' && byte != '-' && byte != '=') {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        if (chute_str_eq_nocase(name, chute_str_of(categories[i].name))) {
            name = chute_str_of(categories[i].letters);
        }
    }
    chute_buf_printf(out, "[\\%c{%.*s}]", is_negated ? 'P' : 'p', CHUTE_STR_ARGS(name));
    return true;
}

/* A set is a union of plain content and of patterns of one character that cannot be part of it; several of them
 * joined by && intersect. */
struct set {
    struct chute_buf content; /* of one [] */
    struct chute_buf others;  /* |-separated, with a | in front of each */
};

static void put_union(struct chute_buf *out, const struct set *set) {
    bool has_content = set->content.len > 0 || set->others.len == 0;
    chute_buf_add_str(out, CHUTE_STR("(?:"));
    if (has_content && set->content.len == 0) {
        chute_buf_add_str(out, CHUTE_STR("(?!)")); /* nothing at all: [&&a] */
    } else if (has_content) {
        chute_buf_add_char(out, '[');
        chute_buf_add_str(out, chute_buf_str(&set->content));
        chute_buf_add_char(out, ']');
    }
    struct chute_str others = chute_buf_str(&set->others);
    if (!has_content) {
        others.at++;
        others.len--;
    }
    chute_buf_add_str(out, others);
    chute_buf_add_char(out, ')');
}

/* Adds a pattern of one character; a set that is not negated becomes content, which is faster. */
static void add_other(struct set *set, struct chute_str pattern) {
    if (pattern.len > 2 && pattern.at[0] == '[' && pattern.at[1] != '^') {
        chute_buf_add(&set->content, pattern.at + 1, pattern.len - 2);
        return;
    }
    chute_buf_add_char(&set->others, '|');
    chute_buf_add_str(&set->others, pattern);
}

/* Reads [:alpha:] or [:^alpha:] at the bracket; 0 if there is none. */
static int read_posix(struct chute_regex_translation *self, struct set *set) {
    struct chute_str rest = { self->in.at + self->at, self->in.len - self->at };
    if (!chute_str_starts_with(rest, CHUTE_STR("[:"))) {
        return 0;
    }
    ptrdiff_t end = chute_str_find(rest, CHUTE_STR(":]"));
    if (end < 2) {
        return 0;
    }
    struct chute_str name = { rest.at + 2, (size_t)end - 2 };
    bool is_negated = name.len > 0 && name.at[0] == '^';
    if (is_negated) {
        name.at++;
        name.len--;
    }
    const char *content = find_posix(name);
    if (content == NULL) {
        return 0;
    }
    if (is_negated) {
        struct chute_buf other = { 0 };
        chute_buf_printf(&other, "[^%s]", content);
        add_other(set, chute_buf_str(&other));
        chute_buf_finish(&other);
    } else {
        chute_buf_add_str(&set->content, chute_str_of(content));
    }
    self->at += (size_t)end + 2;
    return 1;
}

const char *chute_regex_shorthand(char letter) {
    switch (letter) {
    case 'd':
        return "0-9";
    case 'D':
        return "\\x00-/:-\\x{10FFFF}";
    case 'w':
        return "0-9A-Z_a-z";
    case 'W':
        return "\\x00-/:-@\\[-\\^`{-\\x{10FFFF}";
    case 's':
        return "\\t-\\r ";
    case 'S':
        return "\\x00-\\x08\\x0E-\\x1F!-\\x{10FFFF}";
    case 'h':
        return "0-9A-Fa-f";
    case 'H':
        return "\\x00-/:-@G-`g-\\x{10FFFF}";
    default:
        return NULL;
    }
}

static int fail_item(struct chute_regex_translation *self, const char *what) {
    chute_regex_fail(self, self->at, what);
    return -1;
}

/* \p{…} behind the backslash, or the shorthands that are sets themselves. 1: read, 0: none, -1: wrong. */
static int read_shorthand(struct chute_regex_translation *self, struct set *set) {
    char letter = self->in.at[self->at];
    const char *shorthand = chute_regex_shorthand(letter);
    if (shorthand != NULL) {
        chute_buf_add_str(&set->content, chute_str_of(shorthand));
        self->at++;
        return 1;
    }
    if ((letter == 'p' || letter == 'P') && self->at + 1 < self->in.len &&
        self->in.at[self->at + 1] == '{') {
        struct chute_str rest = { self->in.at + self->at + 2, self->in.len - self->at - 2 };
        ptrdiff_t end = chute_str_find(rest, CHUTE_STR("}"));
        struct chute_buf other = { 0 };
        bool is_good = end >= 0 && chute_regex_put_property(&other,
                                       (struct chute_str){ rest.at, (size_t)end }, letter == 'P');
        if (is_good) {
            add_other(set, chute_buf_str(&other));
            self->at += (size_t)end + 3;
        }
        chute_buf_finish(&other);
        return is_good ? 1 : fail_item(self, "unknown property name");
    }
    return 0;
}

/* Reads one character, or what stands for many. 1: a character in `point`; 2: many, already added; -1: wrong. */
static int read_item(struct chute_regex_translation *self, struct set *set, uint32_t *point) {
    if (self->in.at[self->at] != '\\') {
        self->at += chute_utf8_decode(
            (struct chute_str){ self->in.at + self->at, self->in.len - self->at }, point);
        return 1;
    }
    self->at++;
    if (self->at == self->in.len) {
        return fail_item(self, "nothing behind the last backslash");
    }
    int got = read_shorthand(self, set);
    if (got != 0) {
        return got > 0 ? 2 : -1;
    }
    return chute_regex_read_escape(self, true, point);
}

/* Whether a dash and one character follow, which make a range of the one just read. */
static bool is_range(const struct chute_regex_translation *self) {
    if (!chute_regex_is_next(self, "-") || self->at + 1 == self->in.len ||
        chute_regex_is_next(self, "-]") || chute_regex_is_next(self, "-[") ||
        chute_regex_is_next(self, "-&&")) {
        return false;
    }
    if (!chute_regex_is_next(self, "-\\") || self->at + 2 == self->in.len) {
        return true;
    }
    char letter = self->in.at[self->at + 2];
    return letter == '\0' || strchr("dDwWsShHpP", letter) == NULL; /* [a-\d]: the dash is itself */
}

/* Reads a character, a range or a shorthand. */
static bool read_range(struct chute_regex_translation *self, struct set *set) {
    uint32_t first, last;
    int got = read_item(self, set, &first);
    if (got < 0) {
        return false;
    }
    if (got == 1) {
        chute_regex_put_point(&set->content, first);
        if (!is_range(self)) {
            return true;
        }
        self->at++;
        chute_buf_add_char(&set->content, '-');
        if (read_item(self, set, &last) < 0) {
            return false;
        }
        if (last < first) {
            return chute_regex_fail(self, self->at, "empty range in a set");
        }
        chute_regex_put_point(&set->content, last);
    }
    if (chute_regex_is_next(self, "-") && !chute_regex_is_next(self, "-]") &&
        !chute_regex_is_next(self, "-&&")) {
        chute_buf_add_str(
            &set->content, CHUTE_STR("\\-")); /* [\w-.] and [0-9-a]: no range starts here */
        self->at++;
    }
    return true;
}

static bool put_set(struct chute_regex_translation *self, struct chute_buf *out, int depth);

/* Reads up to && or the closing bracket, which is left. */
static bool read_union(struct chute_regex_translation *self, struct set *set, int depth) {
    bool is_first = true;
    for (;; is_first = false) {
        if (self->at == self->in.len) {
            return chute_regex_fail(self, self->at, "a set is not closed");
        }
        if (chute_regex_is_next(self, "&&")) {
            return true;
        }
        if (self->in.at[self->at] == ']') {
            struct chute_str rest = { self->in.at + self->at + 1, self->in.len - self->at - 1 };
            if (!is_first || depth > 0 || chute_str_find(rest, CHUTE_STR("]")) < 0) {
                return true;
            }
            chute_buf_add_str(&set->content, CHUTE_STR("\\]")); /* []a] */
            self->at++;
            continue;
        }
        if (self->in.at[self->at] == '[') {
            if (read_posix(self, set) != 0) {
                continue;
            }
            struct chute_buf inner = { 0 };
            self->at++;
            bool is_good = put_set(self, &inner, depth + 1);
            if (is_good) {
                add_other(set, chute_buf_str(&inner));
            }
            chute_buf_finish(&inner);
            if (!is_good) {
                return false;
            }
            continue;
        }
        if (!read_range(self, set)) {
            return false;
        }
    }
}

/* Writes the intersection of what was read: each part but the last looks ahead at the same character. */
static bool read_parts(struct chute_regex_translation *self, struct chute_buf *all, bool *is_plain,
    struct chute_buf *plain, int depth) {
    for (size_t count = 1;; count++) {
        struct set set = { 0 };
        bool is_good = read_union(self, &set, depth);
        bool goes_on = is_good && chute_regex_is_next(self, "&&");
        if (is_good) {
            *is_plain = count == 1 && !goes_on && set.others.len == 0 && set.content.len > 0;
            if (*is_plain) {
                chute_buf_add_str(plain, chute_buf_str(&set.content));
            }
            if (goes_on) {
                chute_buf_add_str(all, CHUTE_STR("(?="));
                self->at += 2;
            }
            put_union(all, &set);
            if (goes_on) {
                chute_buf_add_char(all, ')');
            }
        }
        chute_buf_finish(&set.content);
        chute_buf_finish(&set.others);
        if (!goes_on) {
            return is_good;
        }
    }
}

/* Writes a set, whose bracket was read, as a pattern of one character. */
static bool put_set(struct chute_regex_translation *self, struct chute_buf *out, int depth) {
    if (depth > 50) {
        return chute_regex_fail(self, self->at, "sets are nested too deep");
    }
    bool is_negated = chute_regex_is_next(self, "^");
    self->at += is_negated;
    struct chute_buf all = { 0 }, plain = { 0 };
    bool is_plain = false;
    bool is_good = read_parts(self, &all, &is_plain, &plain, depth);
    if (is_good) {
        self->at++;
    }
    if (is_good && is_plain) {
        chute_buf_printf(out, is_negated ? "[^%.*s]" : "[%.*s]", (int)plain.len, plain.at);
    } else if (is_good) {
        chute_buf_add_str(out, is_negated ? CHUTE_STR("(?:(?!") : CHUTE_STR("(?:"));
        chute_buf_add_str(out, chute_buf_str(&all));
        chute_buf_add_str(out, is_negated ? CHUTE_STR(")(?s:.))") : CHUTE_STR(")"));
    }
    chute_buf_finish(&all);
    chute_buf_finish(&plain);
    return is_good;
}

bool chute_regex_put_set(struct chute_regex_translation *self) {
    return put_set(self, &self->out, 0);
}
