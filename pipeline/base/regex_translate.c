#include "pipeline/base/regex_translate.h"

#include <stdio.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/utf8.h"

#define DEEPEST 240 /* PCRE2's own limit is 250 */

bool chute_regex_fail(struct chute_regex_translation *self, size_t offset, const char *what) {
    if (!self->has_failed) {
        self->has_failed = true;
        self->error->offset = offset;
        snprintf(self->error->text, sizeof(self->error->text), "%s", what);
    }
    return false;
}

static struct chute_regex_frame *top(struct chute_regex_translation *self) {
    return &self->frames[self->depth - 1];
}

static void put(struct chute_regex_translation *self, const char *text) {
    chute_buf_add_str(&self->out, chute_str_of(text));
}

/* --- the literal that a match must contain --- */

static void keep_longer(struct chute_regex_text *best, const struct chute_regex_text *text) {
    if (text->len > best->len) {
        *best = *text;
    }
}

/* What comes now is not one certain character. */
static void end_run(struct chute_regex_translation *self) {
    keep_longer(&top(self)->best, &self->run);
    self->run.len = 0;
}

static void add_to_run(struct chute_regex_translation *self, uint32_t point) {
    char bytes[4];
    size_t len = chute_utf8_encode(point, bytes);
    bool has_cases = point >= 0x80 || (point | 0x20) - 'a' < 26u;
    if (has_cases && top(self)->is_caseless) {
        end_run(self);
        return;
    }
    if (self->run.len + len > sizeof(self->run.at)) {
        end_run(self);
    }
    memcpy(self->run.at + self->run.len, bytes, len);
    self->run.len += len;
}

/* --- groups and their names --- */

static void add_name(struct chute_regex_translation *self, struct chute_str name) {
    if (self->groups == self->name_room) {
        self->name_room = self->name_room == 0 ? 16 : self->name_room * 2;
        self->name_table =
            chute_realloc(self->name_table, self->name_room * sizeof(*self->name_table));
    }
    self->name_table[self->groups++] =
        (struct chute_regex_group_name_at){ self->names.len, name.len };
    chute_buf_add_str(&self->names, name);
}

static void open_frame(struct chute_regex_translation *self, bool is_silent) {
    if (self->depth == self->room) {
        self->room = self->room == 0 ? 16 : self->room * 2;
        self->frames = chute_realloc(self->frames, self->room * sizeof(*self->frames));
    }
    struct chute_regex_frame *frame = &self->frames[self->depth++];
    if (self->depth == 1) {
        *frame = (struct chute_regex_frame){ 0 };
    } else {
        *frame = frame[-1];
        frame->extra_closes = 0;
        frame->has_branches = false;
        frame->best.len = 0;
    }
    frame->is_silent = is_silent;
    frame->out_start = self->out.len;
    frame->in_start = self->at;
}

/* The text up to `close`; the opening one was read. */
static bool read_name(struct chute_regex_translation *self, char close, struct chute_str *name) {
    struct chute_str text = chute_regex_rest(self);
    const char *end = text.len == 0 ? NULL : memchr(text.at, close, text.len);
    if (end == NULL || end == text.at) {
        return chute_regex_fail(self, self->at, "the name of a group is missing or not closed");
    }
    *name = (struct chute_str){ text.at, (size_t)(end - text.at) };
    self->at += name->len + 1;
    return true;
}

/* The pattern's own groups by name, before and behind this place. */
struct scan {
    struct chute_str in;
    size_t at;
    struct chute_str name; /* of the group found */
    bool is_named;
};

/* Steps over a set, nested ones included. */
static void skip_set(struct scan *scan) {
    int depth = 0;
    for (; scan->at < scan->in.len; scan->at++) {
        char byte = scan->in.at[scan->at];
        if (byte == '\\') {
            scan->at++;
        } else if (byte == '[') {
            depth++;
            if (scan->at + 2 < scan->in.len && scan->in.at[scan->at + 1] == ']' && depth == 1) {
                scan->at++;
            }
        } else if (byte == ']' && --depth == 0) {
            return;
        }
    }
}

/* Finds the next group that could capture: ( without ?, or a named one. */
static bool next_group(struct scan *scan) {
    for (; scan->at < scan->in.len; scan->at++) {
        char byte = scan->in.at[scan->at];
        if (byte == '\\') {
            scan->at++;
        } else if (byte == '[') {
            skip_set(scan);
        } else if (byte == '(') {
            struct chute_str text = { scan->in.at + scan->at, scan->in.len - scan->at };
            bool has_angle = chute_str_starts_with(text, CHUTE_STR("(?<")) && text.len > 3 &&
                             text.at[3] != '=' && text.at[3] != '!';
            scan->is_named = has_angle || chute_str_starts_with(text, CHUTE_STR("(?'"));
            scan->at++;
            if (scan->is_named) {
                const char *end = memchr(text.at + 3, has_angle ? '>' : '\'', text.len - 3);
                size_t len = end == NULL ? 0 : (size_t)(end - text.at) - 3;
                scan->name = (struct chute_str){ text.at + 3, len };
                scan->at += len + 2;
                return true;
            }
            if (!chute_str_starts_with(text, CHUTE_STR("(?"))) {
                return true;
            }
            scan->at--;
        }
    }
    return false;
}

static void count_groups(struct chute_regex_translation *self) {
    uint32_t named = 0, plain = 0;
    for (struct scan scan = { .in = self->in }; next_group(&scan);) {
        named += scan.is_named;
        plain += !scan.is_named;
    }
    self->has_names = named > 0;
    self->group_total = named > 0 ? named : plain;
}

/* Reads 12, -1 or +1 as the number of a group; 0 if it is none. */
static uint32_t group_of_number(const struct chute_regex_translation *self, struct chute_str name) {
    bool has_sign = name.len > 0 && (name.at[0] == '-' || name.at[0] == '+');
    int64_t number = 0;
    for (size_t i = has_sign; i < name.len; i++) {
        if (name.at[i] < '0' || name.at[i] > '9' || number > 100000) {
            return 0;
        }
        number = number * 10 + (name.at[i] - '0');
    }
    if (has_sign) {
        number = name.at[0] == '-' ? (int64_t)self->groups + 1 - number : self->groups + number;
    }
    return number < 1 || number > self->group_total ? 0 : (uint32_t)number;
}

/* \k<name>: the groups of that name, the last one first. */
static bool put_backreference(struct chute_regex_translation *self, struct chute_str name) {
    uint32_t found[32], count = 0, number = 0;
    for (struct scan scan = { .in = self->in }; self->has_names && next_group(&scan);) {
        if (scan.is_named && ++number > 0 && chute_str_eq(scan.name, name) && count < 32) {
            found[count++] = number;
        }
    }
    if (count == 0) {
        found[0] = self->has_names ? 0 : group_of_number(self, name);
        count = found[0] != 0;
    }
    if (count == 0) {
        return chute_regex_fail(self, self->at, "no group of that name");
    }
    put(self, "(?:");
    while (count > 0) {
        chute_buf_printf(&self->out, "\\g{%u}%s", (unsigned)found[count - 1], count > 1 ? "|" : "");
        count--;
    }
    put(self, ")");
    return true;
}

/* \g<name>: the group's pattern again. */
static bool put_call(struct chute_regex_translation *self, struct chute_str name) {
    uint32_t group = 0, number = 0;
    for (struct scan scan = { .in = self->in }; self->has_names && next_group(&scan);) {
        if (scan.is_named && ++number > 0 && group == 0 && chute_str_eq(scan.name, name)) {
            group = number;
        }
    }
    bool is_whole = chute_str_eq(name, CHUTE_STR("0"));
    if (group == 0) {
        group = group_of_number(self, name);
    }
    if (group == 0 && !is_whole) {
        return chute_regex_fail(self, self->at, "no group of that name");
    }
    chute_buf_printf(&self->out, "(?%u)", (unsigned)group);
    return true;
}

/* --- what follows ( --- */

/* (?mix-mix) and (?mix-mix: */
static bool read_flags(struct chute_regex_translation *self) {
    struct chute_regex_frame *frame = top(self);
    bool is_on = true;
    bool dot = frame->dot_takes_all, caseless = frame->is_caseless, extended = frame->is_extended;
    for (; self->at < self->in.len; self->at++) {
        char byte = self->in.at[self->at];
        if (byte == '-') {
            is_on = false;
        } else if (byte == 'm') {
            dot = is_on;
        } else if (byte == 'i') {
            caseless = is_on;
        } else if (byte == 'x') {
            extended = is_on;
        } else if (!is_on ||
                   (byte != 'a' && byte != 'd')) { /* what (?a) and (?d) say holds anyway */
            break;
        }
    }
    if (!chute_regex_is_next(self, ":") && !chute_regex_is_next(self, ")")) {
        return chute_regex_fail(self, self->at, "unknown option of a group");
    }
    /* (?i) alone holds to the end of the group around it, further branches and all. */
    if (self->in.at[self->at] == ':') {
        open_frame(self, frame->is_silent);
        frame = top(self);
    } else {
        frame->extra_closes++;
        end_run(self);
    }
    frame->dot_takes_all = dot;
    frame->is_caseless = caseless;
    frame->is_extended = extended;
    self->at++;
    chute_buf_printf(&self->out, "(?%s%s-%s%s:", dot ? "s" : "", caseless ? "i" : "",
        dot ? "" : "s", caseless ? "" : "i");
    return true;
}

/* (?(1)yes|no) and (?(<name>)yes|no) */
static bool read_condition(struct chute_regex_translation *self) {
    self->at++;
    struct chute_str name;
    if (!read_name(self, ')', &name)) {
        return false;
    }
    if (name.len > 2 && (name.at[0] == '<' || name.at[0] == '\'')) {
        name = (struct chute_str){ name.at + 1, name.len - 2 };
    }
    uint32_t group = 0, number = 0;
    for (struct scan scan = { .in = self->in }; next_group(&scan);) {
        number += scan.is_named == self->has_names;
        if (scan.is_named && group == 0 && chute_str_eq(scan.name, name)) {
            group = number;
        }
    }
    group = group == 0 ? group_of_number(self, name) : group;
    if (group == 0) {
        return chute_regex_fail(self, self->at, "no group of that name");
    }
    open_frame(self, false);
    top(self)->has_branches = true;
    chute_buf_printf(&self->out, "(?(%u)", (unsigned)group);
    return true;
}

static bool skip_comment(struct chute_regex_translation *self) {
    for (; self->at < self->in.len; self->at++) {
        if (self->in.at[self->at] == '\\') {
            self->at++;
        } else if (self->in.at[self->at] == ')') {
            self->at++;
            return true;
        }
    }
    return chute_regex_fail(self, self->in.len, "a comment is not closed");
}

/* Groups that PCRE2 writes as Ruby does. */
static bool read_same_group(struct chute_regex_translation *self) {
    static const struct {
        const char *text;
        bool is_silent;
    } kinds[] = {
        { "?:", false },
        { "?>", false },
        { "?=", true },
        { "?!", true },
        { "?<=", true },
        { "?<!", true },
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (chute_regex_is_next(self, kinds[i].text)) {
            self->at += strlen(kinds[i].text);
            open_frame(self, kinds[i].is_silent || top(self)->is_silent);
            put(self, "(");
            put(self, kinds[i].text);
            return true;
        }
    }
    return false;
}

static bool read_group(struct chute_regex_translation *self) {
    size_t start = self->at;
    self->at++;
    if (chute_regex_is_next(self, "?#")) {
        return skip_comment(self);
    }
    if (self->depth > DEEPEST) {
        return chute_regex_fail(self, start, "groups are nested too deep");
    }
    if (!chute_regex_is_next(self, "?)") && !chute_regex_is_next(self, "?") &&
        !chute_regex_is_next(self, "*")) {
        end_run(self);
        open_frame(self, top(self)->is_silent);
        put(self, self->has_names ? "(?:" : "(");
        if (!self->has_names) {
            add_name(self, (struct chute_str){ "", 0 });
        }
        return true;
    }
    if (chute_regex_is_next(self, "*")) {
        return chute_regex_fail(self, self->at, "nothing to repeat");
    }
    end_run(self);
    if (read_same_group(self)) {
        return true;
    }
    if (chute_regex_is_next(self, "?<") || chute_regex_is_next(self, "?'")) {
        struct chute_str name;
        char close = self->in.at[self->at + 1] == '<' ? '>' : '\'';
        self->at += 2;
        if (!read_name(self, close, &name)) {
            return false;
        }
        open_frame(self, top(self)->is_silent);
        put(self, "(");
        add_name(self, name);
        return true;
    }
    if (chute_regex_is_next(self, "?(")) {
        self->at++;
        return read_condition(self);
    }
    if (chute_regex_is_next(self, "?~")) {
        return chute_regex_fail(self, start, "the absence operator (?~ is not supported");
    }
    self->at++;
    return read_flags(self);
}

static bool close_group(struct chute_regex_translation *self) {
    if (self->depth == 1) {
        return chute_regex_fail(self, self->at, "a closing parenthesis without an opening one");
    }
    self->at++;
    end_run(self);
    struct chute_regex_frame closed = *top(self);
    for (int i = 0; i <= closed.extra_closes; i++) {
        put(self, ")");
    }
    self->depth--;
    self->atom = closed.out_start;
    if (!closed.has_branches && !closed.is_silent) {
        /* not yet certain: a quantifier may follow, see read_quantifiers */
        self->run = closed.best;
    }
    return true;
}

/* --- quantifiers --- */

/* {n}, {n,}, {,m} or {n,m} at this place; false, and nothing read, if the brace is itself. */
static bool read_interval(
    struct chute_regex_translation *self, int64_t *least, int64_t *most, bool *is_fixed) {
    size_t at = self->at + 1;
    int64_t numbers[2] = { -1, -1 };
    size_t which = 0;
    for (; at < self->in.len && self->in.at[at] != '}'; at++) {
        char byte = self->in.at[at];
        if (byte == ',' && which == 0) {
            which = 1;
        } else if (byte >= '0' && byte <= '9' && numbers[which] < 1000000) {
            numbers[which] = (numbers[which] < 0 ? 0 : numbers[which] * 10) + (byte - '0');
        } else {
            return false;
        }
    }
    if (at == self->in.len || (numbers[0] < 0 && numbers[1] < 0)) {
        return false;
    }
    *is_fixed = which == 0;
    *least = numbers[0] < 0 ? 0 : numbers[0];
    *most = which == 0 ? *least : numbers[1];
    self->at = at + 1;
    return true;
}

/* Puts the last atom into a group of its own, for another quantifier behind the one it has. */
static void wrap_atom(struct chute_regex_translation *self) {
    chute_buf_reserve(&self->out, 4);
    memmove(self->out.at + self->atom + 3, self->out.at + self->atom, self->out.len - self->atom);
    memcpy(self->out.at + self->atom, "(?:", 3);
    self->out.len += 3;
    put(self, ")");
}

/* Reads * + ? or {…} and writes it. 1: read, 0: none there, -1: wrong. `least`: how often the atom must stand. */
static int read_quantifier(struct chute_regex_translation *self, bool is_first, int64_t *least) {
    char byte = self->at < self->in.len ? self->in.at[self->at] : '\0';
    int64_t low = byte == '+', high = -1;
    bool is_fixed = false;
    if (byte == '*' || byte == '+' || byte == '?') {
        self->at++;
        if (!is_first) {
            wrap_atom(self);
        }
        chute_buf_add_char(&self->out, byte);
        if (chute_regex_is_next(self, "?") || chute_regex_is_next(self, "+")) {
            chute_buf_add_char(&self->out, self->in.at[self->at++]);
        }
        *least = low;
        return 1;
    }
    if (byte != '{' || !read_interval(self, &low, &high, &is_fixed)) {
        return 0;
    }
    if (high >= 0 && high < low) {
        chute_regex_fail(self, self->at, "the bounds of a repetition are in the wrong order");
        return -1;
    }
    if (!is_first) {
        wrap_atom(self);
    }
    chute_buf_printf(&self->out, "{%lld", (long long)low);
    if (!is_fixed) {
        put(self, ",");
        if (high >= 0) {
            chute_buf_printf(&self->out, "%lld", (long long)high);
        }
    }
    put(self, "}");
    if (chute_regex_is_next(self, "?") &&
        !is_fixed) { /* {2}? is not lazy but optional, {2}+ not possessive but repeated */
        put(self, "?");
        self->at++;
    }
    *least = low;
    return 1;
}

static void skip_extended(struct chute_regex_translation *self) {
    while (top(self)->is_extended && self->at < self->in.len) {
        char byte = self->in.at[self->at];
        if (byte == '#') {
            const char *end = memchr(chute_regex_rest(self).at, '\n', chute_regex_rest(self).len);
            self->at = end == NULL ? self->in.len : (size_t)(end - self->in.at) + 1;
        } else if (byte == ' ' || (byte >= '\t' && byte <= '\r')) {
            self->at++;
        } else {
            return;
        }
    }
}

/* Reads all quantifiers behind an atom whose certain text, as far as it has any, was left in self->run: `before`
 * is the run without the atom, `is_point` whether the atom is one character of that run. */
static bool read_quantifiers(
    struct chute_regex_translation *self, const struct chute_regex_text *before, bool is_point) {
    bool is_repeated = false, is_optional = false;
    for (;;) {
        skip_extended(self);
        int64_t least;
        int got = read_quantifier(self, !is_repeated, &least);
        if (got < 0) {
            return false;
        }
        if (got == 0) {
            break;
        }
        is_repeated = true;
        is_optional = is_optional || least == 0;
    }
    if (is_optional) { /* the atom may be missing */
        self->run = *before;
        end_run(self);
    } else if (is_repeated || !is_point) {
        end_run(self);
    }
    return true;
}

/* --- the whole --- */

/* \1, whose first digit was read. */
static bool read_number(struct chute_regex_translation *self) {
    size_t start = self->at - 1;
    while (
        self->at < self->in.len && self->in.at[self->at] >= '0' && self->in.at[self->at] <= '9') {
        self->at++;
    }
    struct chute_str number = { self->in.at + start, self->at - start };
    if (number.len > 1 && number.at[0] < '8' && group_of_number(self, number) == 0) {
        uint32_t octal;
        self->at = start;
        chute_regex_read_octal(self, &octal); /* \101, where there are not as many groups */
        chute_regex_put_point(&self->out, octal);
        return true;
    }
    return put_backreference(self, number);
}

/* A \ and what belongs to it. *is_point: it was one character, now in the run. */
static bool read_backslash(struct chute_regex_translation *self, bool *is_point) {
    size_t start = self->at++;
    if (self->at == self->in.len) {
        return chute_regex_fail(self, start, "nothing behind the last backslash");
    }
    uint32_t point;
    int got = chute_regex_read_escape(self, false, &point);
    if (got < 0) {
        return false;
    }
    if (got == 1) {
        chute_regex_put_point(&self->out, point);
        add_to_run(self, point);
        *is_point = true;
        return true;
    }
    end_run(self);
    char letter = self->in.at[self->at++];
    const char *shorthand = chute_regex_shorthand(letter);
    if (shorthand != NULL && (self->has_boundaries || letter == 'h' || letter == 'H')) {
        chute_buf_printf(&self->out, "[%s]", shorthand);
        return true;
    }
    if (letter >= '1' && letter <= '9') {
        return read_number(self);
    }
    if ((letter == 'k' || letter == 'g') &&
        (chute_regex_is_next(self, "<") || chute_regex_is_next(self, "'"))) {
        struct chute_str name;
        char close = self->in.at[self->at++] == '<' ? '>' : '\'';
        return read_name(self, close, &name) &&
               (letter == 'k' ? put_backreference(self, name) : put_call(self, name));
    }
    if ((letter == 'p' || letter == 'P') && chute_regex_is_next(self, "{")) {
        struct chute_str name;
        self->at++;
        if (!read_name(self, '}', &name)) {
            return false;
        }
        return chute_regex_put_property(&self->out, name, letter == 'P') ||
               chute_regex_fail(self, start, "unknown property name");
    }
    if (strchr("kgpP", letter) != NULL) {
        chute_buf_add_char(&self->out, letter);
        return true;
    }
    char escape[2] = { '\\', letter };
    chute_buf_add(&self->out, escape, 2);
    return true;
}

/* Reads one atom that is no group; its text goes to the run if it is certain. */
static bool read_atom(struct chute_regex_translation *self, bool *is_point) {
    char byte = self->in.at[self->at];
    self->atom = self->out.len;
    if (byte == '\\') {
        return read_backslash(self, is_point);
    }
    if (byte == '[') {
        end_run(self);
        self->at++;
        return chute_regex_put_set(self);
    }
    if (byte == '.' || byte == '^' || byte == '$') {
        end_run(self);
        chute_buf_add_char(&self->out, byte);
        self->at++;
        return true;
    }
    uint32_t point;
    self->at += chute_utf8_decode(chute_regex_rest(self), &point);
    chute_regex_put_point(&self->out, point);
    add_to_run(self, point);
    *is_point = true;
    return true;
}

static bool read_branch(struct chute_regex_translation *self) {
    end_run(self);
    top(self)->has_branches = true;
    chute_buf_add_char(&self->out, '|');
    self->at++;
    return true;
}

static bool read_next(struct chute_regex_translation *self) {
    char byte = self->in.at[self->at];
    if (byte == '(') {
        return read_group(self);
    }
    if (byte == '|') {
        return read_branch(self);
    }
    if (byte == '*' || byte == '+' || byte == '?') {
        return chute_regex_fail(self, self->at, "nothing to repeat");
    }
    struct chute_regex_text before = self->run;
    bool is_point = false;
    if (byte == ')') {
        if (!close_group(self)) {
            return false;
        }
        before.len = 0;
    } else if (!read_atom(self, &is_point)) {
        return false;
    }
    return read_quantifiers(self, &before, is_point);
}

static bool has_boundaries(struct chute_str pattern) {
    for (size_t i = 0; i + 1 < pattern.len; i++) {
        if (pattern.at[i] == '\\' && (pattern.at[++i] | 0x20) == 'b') {
            return true;
        }
    }
    return false;
}

bool chute_regex_translate(struct chute_regex_translation *self, struct chute_str pattern,
    const struct chute_regex_options *options, struct chute_regex_error *error) {
    *self = (struct chute_regex_translation){ .in = pattern, .error = error };
    size_t valid = chute_utf8_valid_prefix(pattern);
    if (valid < pattern.len) {
        return chute_regex_fail(self, valid, "the pattern is not valid UTF-8");
    }
    count_groups(self);
    self->has_boundaries = has_boundaries(pattern);
    open_frame(self, false);
    self->frames[0].dot_takes_all = options->dot_takes_all;
    self->frames[0].is_caseless = options->is_caseless;
    if (options->is_caseless) { /* here rather than by a flag, so that the translation tells all */
        put(self, "(?i)");
    }
    for (skip_extended(self); self->at < self->in.len; skip_extended(self)) {
        if (!read_next(self)) {
            return false;
        }
    }
    if (self->depth > 1) {
        return chute_regex_fail(self, top(self)->in_start, "a group is not closed");
    }
    end_run(self);
    for (int i = 0; i < self->frames[0].extra_closes; i++) {
        put(self, ")");
    }
    if (self->frames[0].has_branches) {
        self->frames[0].best.len = 0;
    }
    return true;
}

void chute_regex_translation_finish(struct chute_regex_translation *self) {
    chute_buf_finish(&self->out);
    chute_buf_finish(&self->names);
    chute_free(self->frames);
    chute_free(self->name_table);
    *self = (struct chute_regex_translation){ 0 };
}
