/* pipeline/text/query.c - parses a search's terms, and decides those that ask for a field. */
#include "pipeline/text/query.h"

#include "pipeline/base/ascii.h"
#include "pipeline/base/number.h"
#include "pipeline/base/utf8.h"

#define TERMS_MAX 64

/* ------------------------------------------------------------------ parsing */

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Part of a word, whatever FTS5's tokenizer makes of what is not ASCII. */
static bool is_word(char byte) {
    return chute_is_alnum(byte) || (signed char)byte < 0;
}

static bool has_words(struct chute_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (is_word(text.at[i])) {
            return true;
        }
    }
    return false;
}

/* The length of a field's name at the start of `text` that a colon follows; 0 if there is none. A value that
 * begins with // makes it the start of an address. */
static size_t field_len(struct chute_str text) {
    size_t len = 0;
    bool is_first = true;
    for (; len < text.len && text.at[len] != ':'; len++, is_first = false) {
        char byte = text.at[len];
        bool is_digit = byte >= '0' && byte <= '9';
        bool is_name = is_word(byte) || strchr("_@.[]-", byte) != NULL;
        if (byte == '\0' || !is_name || (is_first && (is_digit || byte == '-' || byte == '.'))) {
            return 0;
        }
    }
    if (len == text.len || (text.len - len > 2 && memcmp(text.at + len, "://", 3) == 0)) {
        return 0;
    }
    return len;
}

/* `[a][b]` as `a.b`; other names as they are. */
static struct chute_str dotted(struct chute_arena *arena, struct chute_str name) {
    struct chute_str copy = chute_arena_copy(arena, name);
    char *at = chute_arena_get(arena, name.len + 1);
    size_t len = 0;
    if (name.at[0] != '[' || name.at[name.len - 1] != ']') {
        return copy;
    }
    for (size_t i = 1; i + 1 < name.len; i++) {
        if (name.at[i] == ']' && name.at[i + 1] == '[') {
            at[len++] = '.';
            i++;
        } else {
            at[len++] = name.at[i];
        }
    }
    return (struct chute_str){ at, len };
}

/* Takes a value off `*rest`: up to a blank, or between quotes. False if a quote is not closed. */
static bool take_value(struct chute_str *rest, struct chute_str *value, bool *is_quoted) {
    size_t len = 0;
    *is_quoted = rest->len > 0 && rest->at[0] == '"';
    if (*is_quoted) {
        const char *end = memchr(rest->at + 1, '"', rest->len - 1);
        if (end == NULL) {
            return false;
        }
        *value = (struct chute_str){ rest->at + 1, (size_t)(end - rest->at - 1) };
        len = value->len + 2;
    } else {
        while (len < rest->len && !is_blank(rest->at[len])) {
            len++;
        }
        *value = (struct chute_str){ rest->at, len };
    }
    *rest = (struct chute_str){ rest->at + len, rest->len - len };
    return true;
}

static bool refuse(struct chute_buf *why, const char *what, struct chute_str text) {
    chute_buf_printf(why, "%s: %.*s", what, CHUTE_STR_ARGS(text));
    return false;
}

/* Reads a term off `*rest`, which begins with one. */
static bool parse_term(struct chute_arena *arena, struct chute_str *rest,
    struct chute_query_term *term, struct chute_buf *why) {
    struct chute_str whole = *rest;
    struct chute_str value;
    bool is_quoted;
    *term = (struct chute_query_term){ 0 };
    if (rest->at[0] == '-') {
        term->is_negated = true;
        *rest = (struct chute_str){ rest->at + 1, rest->len - 1 };
    }
    size_t name_len = field_len(*rest);
    if (name_len > 0) {
        term->field = dotted(arena, (struct chute_str){ rest->at, name_len });
        *rest = (struct chute_str){ rest->at + name_len + 1, rest->len - name_len - 1 };
    }
    if (!take_value(rest, &value, &is_quoted)) {
        return refuse(why, "a quote is not closed", whole);
    }
    if (!is_quoted && value.len > 0 && value.at[value.len - 1] == '*') {
        term->is_prefix = true;
        value.len--;
    } else if (is_quoted && rest->len > 0 && rest->at[0] == '*') {
        term->is_prefix = true;
        *rest = (struct chute_str){ rest->at + 1, rest->len - 1 };
    }
    term->text = chute_arena_copy(arena, value);
    term->has_words = has_words(value);
    whole.len -= rest->len;
    if (term->field.at != NULL && value.len == 0 && !term->is_prefix) {
        return refuse(why, "a value is missing behind the colon", whole);
    }
    if (term->field.at == NULL && !term->has_words) {
        return refuse(why, "there is no word to look for in this", whole);
    }
    return true;
}

const struct chute_query *chute_query_parse(
    struct chute_arena *arena, struct chute_str text, struct chute_buf *why) {
    struct chute_query *query = chute_arena_zeroed(arena, sizeof(*query));
    struct chute_query_term *terms = chute_arena_zeroed(arena, TERMS_MAX * sizeof(*terms));
    struct chute_str rest = text;
    query->terms = terms;
    if (!chute_utf8_is_valid(text) || memchr(text.at, '\0', text.len) != NULL) {
        chute_buf_printf(why, "the query is not valid UTF-8");
        return NULL;
    }
    while (true) {
        while (rest.len > 0 && is_blank(rest.at[0])) {
            rest = (struct chute_str){ rest.at + 1, rest.len - 1 };
        }
        if (rest.len == 0) {
            return query;
        }
        if (query->count == TERMS_MAX) {
            chute_buf_printf(why, "more than %d terms", TERMS_MAX);
            return NULL;
        }
        if (!parse_term(arena, &rest, &terms[query->count], why)) {
            return NULL;
        }
        query->count++;
    }
}

/* ------------------------------------------------------------------ the index */

/* A term as FTS5's string: in quotes, so that nothing in it is an operator. */
static void add_words(struct chute_buf *out, const struct chute_query_term *term) {
    chute_buf_add_char(out, '"');
    for (size_t i = 0; i < term->text.len; i++) {
        chute_buf_add_char(out, term->text.at[i] == '"' ? ' ' : term->text.at[i]);
    }
    chute_buf_add_char(out, '"');
    if (term->is_prefix && is_word(term->text.at[term->text.len - 1])) {
        chute_buf_add_str(out, CHUTE_STR(" *"));
    }
}

void chute_query_words(const struct chute_query *query, bool is_negated, struct chute_buf *out) {
    bool is_first = true;
    for (size_t i = 0; i < query->count; i++) {
        const struct chute_query_term *term = &query->terms[i];
        /* A word that is missing in one field may well stand in another. */
        bool is_for_index = term->has_words && term->is_negated == is_negated &&
                            (!is_negated || term->field.at == NULL);
        if (!is_for_index) {
            continue;
        }
        if (!is_first) {
            chute_buf_add_str(out, is_negated ? CHUTE_STR(" OR ") : CHUTE_STR(" AND "));
        }
        add_words(out, term);
        is_first = false;
    }
}

bool chute_query_has_fields(const struct chute_query *query) {
    for (size_t i = 0; i < query->count; i++) {
        if (query->terms[i].field.at != NULL) {
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ fields */

/* True if `text` holds `wanted` as whole words (both in lower case), or with is_prefix as the start of one. */
static bool holds(struct chute_str text, struct chute_str wanted, bool is_prefix) {
    for (size_t at = 0; at + wanted.len <= text.len; at++) {
        struct chute_str rest = { text.at + at, text.len - at };
        ptrdiff_t found = chute_str_find(rest, wanted);
        if (found < 0) {
            return false;
        }
        at += (size_t)found;
        size_t end = at + wanted.len;
        bool begins = at == 0 || !chute_is_alnum(wanted.at[0]) || !chute_is_alnum(text.at[at - 1]);
        bool ends = end == text.len || is_prefix || !chute_is_alnum(wanted.at[wanted.len - 1]) ||
                    !chute_is_alnum(text.at[end]);
        if (begins && ends) {
            return true;
        }
    }
    return false;
}

static bool value_holds(struct chute_arena *arena, const struct chute_query_term *term,
    struct chute_str wanted, const struct chute_value *value) {
    char number[CHUTE_NUMBER_MAX];
    struct chute_str text;
    bool is_any = false;
    switch (value->type) {
    case CHUTE_ARRAY:
        for (uint32_t i = 0; i < value->as.array->count && !is_any; i++) {
            is_any = value_holds(arena, term, wanted, &value->as.array->items[i]);
        }
        return is_any;
    case CHUTE_STRING:
        text = chute_utf8_lower(arena, chute_value_str(value));
        break;
    case CHUTE_NUMBER:
        text = chute_value_str(value);
        break;
    case CHUTE_INT:
        text = (struct chute_str){ number, chute_number_print_int(value->as.integer, number) };
        break;
    case CHUTE_BOOL:
        text = value->as.boolean ? CHUTE_STR("true") : CHUTE_STR("false");
        break;
    case CHUTE_NULL:
        text = CHUTE_STR("null");
        break;
    default:
        return wanted.len == 0; /* an object: it is there */
    }
    return wanted.len == 0 || holds(text, wanted, term->is_prefix);
}

/* Looks for `path` below `value`: a name with dots is a member's whole name, or leads further down. */
static bool path_holds(struct chute_arena *arena, const struct chute_query_term *term,
    struct chute_str wanted, struct chute_str path, const struct chute_value *value) {
    if (value->type == CHUTE_ARRAY) {
        for (uint32_t i = 0; i < value->as.array->count; i++) {
            if (path_holds(arena, term, wanted, path, &value->as.array->items[i])) {
                return true;
            }
        }
    }
    if (value->type != CHUTE_OBJECT) {
        return false;
    }
    for (size_t len = 1; len <= path.len; len++) {
        if (len < path.len && path.at[len] != '.') {
            continue;
        }
        const struct chute_value *member =
            chute_object_get(value->as.object, (struct chute_str){ path.at, len });
        if (member == NULL) {
            continue;
        }
        struct chute_str rest = { path.at + len + 1, len < path.len ? path.len - len - 1 : 0 };
        if (len == path.len ? value_holds(arena, term, wanted, member)
                            : path_holds(arena, term, wanted, rest, member)) {
            return true;
        }
    }
    return false;
}

bool chute_query_fields_match(const struct chute_query *query, struct chute_arena *arena,
    const struct chute_value *document) {
    for (size_t i = 0; i < query->count; i++) {
        const struct chute_query_term *term = &query->terms[i];
        if (term->field.at == NULL) {
            continue;
        }
        struct chute_str wanted = chute_utf8_lower(arena, term->text);
        if (path_holds(arena, term, wanted, term->field, document) == term->is_negated) {
            return false;
        }
    }
    return true;
}
