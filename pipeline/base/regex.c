#define PCRE2_CODE_UNIT_WIDTH 8
#include "pipeline/base/regex.h"

#include <pcre2.h>
#include <stdio.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/regex_translate.h"
#include "pipeline/base/utf8.h"

#define STACK_FIRST ((size_t)32 * 1024)
#define STACK_MOST ((size_t)1024 * 1024)
#define SHORTEST_LITERAL 2 /* PCRE2 looks for a single byte itself */

struct chute_regex {
    pcre2_code *code;
    pcre2_code *ascii_code; /* without UTF and UCP, for ASCII subjects; NULL: there is none */
    bool is_jit;
    uint32_t shortest; /* characters that every match takes at least */
    bool looks_for_literal;
    uint32_t match_limit;
    uint32_t groups;
    struct chute_str *names; /* of group n at n - 1, slices of name_text */
    char *name_text;
    char *translated;
    size_t translated_len;
    struct chute_regex_text literal;
};

struct chute_regex_scratch {
    pcre2_match_data *data;
    uint32_t pairs; /* that fit into data */
    uint32_t match_limit;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

static bool compile_code(struct chute_regex *regex, struct chute_str text, uint32_t flags,
    struct chute_regex_error *error) {
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    chute_assert(context != NULL);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_bsr(context, PCRE2_BSR_UNICODE);
    int code;
    size_t offset;
    regex->code = pcre2_compile((PCRE2_SPTR)text.at, text.len,
        flags | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_UTF_CHECK, &code, &offset,
        context);
    pcre2_compile_context_free(context);
    if (regex->code == NULL) {
        pcre2_get_error_message(code, (PCRE2_UCHAR *)error->text, sizeof(error->text));
        error->offset = offset;
        return false;
    }
    /* Where no memory may be made executable the interpreter does it, slowly. */
    regex->is_jit = pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) == 0;
    pcre2_pattern_info(regex->code, PCRE2_INFO_MINLENGTH, &regex->shortest);
    return true;
}

/* On an ASCII subject a pattern that is ASCII itself means the same without UTF and UCP. */
static void compile_ascii(struct chute_regex *regex, struct chute_str text, uint32_t flags) {
    struct chute_regex twin = { 0 };
    struct chute_regex_error error;
    if (!regex->is_jit || chute_utf8_ascii_prefix(text) != text.len) {
        return;
    }
    if (compile_code(&twin, text, flags, &error) && twin.is_jit) {
        regex->ascii_code = twin.code;
    } else {
        pcre2_code_free(twin.code);
    }
}

static void keep_names(
    struct chute_regex *regex, const struct chute_regex_translation *translation) {
    regex->groups = translation->groups;
    if (regex->groups == 0) {
        return;
    }
    regex->names = chute_calloc(regex->groups, sizeof(*regex->names));
    regex->name_text = chute_strndup(
        translation->names.at == NULL ? "" : translation->names.at, translation->names.len);
    for (uint32_t i = 0; i < regex->groups; i++) {
        regex->names[i] = (struct chute_str){ regex->name_text + translation->name_table[i].offset,
            translation->name_table[i].len };
    }
}

struct chute_regex *chute_regex_compile(struct chute_str pattern,
    const struct chute_regex_options *options, struct chute_regex_error *error) {
    static const struct chute_regex_options none;
    options = options == NULL ? &none : options;
    struct chute_regex_translation translation;
    struct chute_regex *regex = chute_calloc(1, sizeof(*regex));
    bool is_good = chute_regex_translate(&translation, pattern, options, error);
    if (is_good) {
        /* In Ruby \b is Unicode's and \w is not. With UCP both are here; then the translation spells \w out. */
        uint32_t flags = options->dot_takes_all ? PCRE2_DOTALL : 0;
        uint32_t unicode = PCRE2_UTF | (translation.has_boundaries ? PCRE2_UCP : 0);
        chute_buf_cstr(&translation.out);
        is_good = compile_code(regex, chute_buf_str(&translation.out), flags | unicode, error);
        if (is_good && options->is_hot && translation.has_boundaries) {
            compile_ascii(regex, chute_buf_str(&translation.out), flags);
        }
        if (!is_good && error->offset > pattern.len) {
            error->offset = pattern.len; /* it is an offset into the translation: about right */
        }
    }
    if (is_good) {
        regex->match_limit =
            options->match_limit == 0 ? CHUTE_REGEX_MATCH_LIMIT : options->match_limit;
        regex->literal = translation.frames[0].best;
        regex->looks_for_literal =
            options->looks_for_literal && regex->literal.len >= SHORTEST_LITERAL;
        keep_names(regex, &translation);
        regex->translated = translation.out.at;
        regex->translated_len = translation.out.len;
        translation.out = (struct chute_buf){ 0 };
    } else {
        chute_regex_destroy(regex);
        regex = NULL;
    }
    chute_regex_translation_finish(&translation);
    return regex;
}

void chute_regex_destroy(struct chute_regex *regex) {
    if (regex == NULL) {
        return;
    }
    pcre2_code_free(regex->code);
    pcre2_code_free(regex->ascii_code);
    chute_free(regex->names);
    chute_free(regex->name_text);
    chute_free(regex->translated);
    chute_free(regex);
}

struct chute_regex_scratch *chute_regex_scratch_create(void) {
    struct chute_regex_scratch *scratch = chute_calloc(1, sizeof(*scratch));
    scratch->context = pcre2_match_context_create(NULL);
    scratch->stack = pcre2_jit_stack_create(STACK_FIRST, STACK_MOST, NULL);
    scratch->pairs = 16;
    scratch->data = pcre2_match_data_create(scratch->pairs, NULL);
    chute_assert(scratch->context != NULL && scratch->data != NULL);
    if (scratch->stack != NULL) { /* else 32 KiB of the machine stack are used */
        pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    }
    return scratch;
}

void chute_regex_scratch_destroy(struct chute_regex_scratch *scratch) {
    if (scratch == NULL) {
        return;
    }
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
    chute_free(scratch);
}

/* Makes the scratch fit the regex. */
static void prepare(const struct chute_regex *regex, struct chute_regex_scratch *scratch) {
    if (regex->groups >= scratch->pairs) {
        pcre2_match_data_free(scratch->data);
        scratch->pairs = regex->groups + 1;
        scratch->data = pcre2_match_data_create(scratch->pairs, NULL);
        chute_assert(scratch->data != NULL);
    }
    if (regex->match_limit != scratch->match_limit) {
        scratch->match_limit = regex->match_limit;
        pcre2_set_match_limit(scratch->context, regex->match_limit);
    }
}

int chute_regex_match(const struct chute_regex *regex, struct chute_regex_scratch *scratch,
    struct chute_str subject, size_t start, const size_t **groups) {
    if (start > subject.len || subject.len - start < regex->shortest) {
        return 0;
    }
    const char *at = subject.at == NULL ? "" : subject.at;
    if (regex->looks_for_literal &&
        chute_str_find((struct chute_str){ at + start, subject.len - start },
            chute_regex_literal(regex)) < 0) {
        return 0;
    }
    prepare(regex, scratch);
    const pcre2_code *code = regex->code;
    if (regex->ascii_code != NULL && chute_utf8_ascii_prefix(subject) == subject.len) {
        code = regex->ascii_code;
    }
    int rc = regex->is_jit ? pcre2_jit_match(code, (PCRE2_SPTR)at, subject.len, start, 0,
                                 scratch->data, scratch->context)
                           : pcre2_match(regex->code, (PCRE2_SPTR)at, subject.len, start,
                                 PCRE2_NO_UTF_CHECK, scratch->data, scratch->context);
    if (rc == PCRE2_ERROR_NOMATCH) {
        return 0;
    }
    if (rc > 0 && groups != NULL) {
        *groups = pcre2_get_ovector_pointer(scratch->data);
    }
    return rc;
}

int chute_regex_test(const struct chute_regex *regex, struct chute_regex_scratch *scratch,
    struct chute_str subject) {
    return chute_regex_match(regex, scratch, subject, 0, NULL);
}

static void add_group(struct chute_buf *out, struct chute_str subject, const size_t *groups,
    const struct chute_regex *regex, uint32_t group) {
    if (group <= regex->groups && groups[2 * group] != CHUTE_REGEX_UNSET) {
        chute_buf_add(
            out, subject.at + groups[2 * group], groups[2 * group + 1] - groups[2 * group]);
    }
}

/* The group of that name that took part, the last one of several. */
static uint32_t matched_group(
    const struct chute_regex *regex, const size_t *groups, struct chute_str name) {
    for (uint32_t group = regex->groups; group > 0; group--) {
        if (groups[2 * group] != CHUTE_REGEX_UNSET && chute_str_eq(regex->names[group - 1], name)) {
            return group;
        }
    }
    return UINT32_MAX;
}

/* Adds what stands for the backslash and what follows at `text`; returns the bytes read. */
static size_t add_reference(struct chute_buf *out, struct chute_str text,
    const struct chute_regex *regex, struct chute_str subject, const size_t *groups) {
    char letter = text.len > 1 ? text.at[1] : '\0';
    if (letter >= '0' && letter <= '9') {
        add_group(out, subject, groups, regex, (uint32_t)(letter - '0'));
        return 2;
    }
    switch (letter) {
    case '&':
        add_group(out, subject, groups, regex, 0);
        return 2;
    case '`':
        chute_buf_add(out, subject.at, groups[0]);
        return 2;
    case '\'':
        chute_buf_add(out, subject.at + groups[1], subject.len - groups[1]);
        return 2;
    case '\\':
        chute_buf_add_char(out, '\\');
        return 2;
    default:
        break;
    }
    const char *end = letter == 'k' && text.len > 2 && text.at[2] == '<'
                          ? memchr(text.at + 3, '>', text.len - 3)
                          : NULL;
    if (end == NULL) {
        chute_buf_add_char(out, '\\');
        return 1;
    }
    struct chute_str name = { text.at + 3, (size_t)(end - text.at) - 3 };
    add_group(out, subject, groups, regex, matched_group(regex, groups, name));
    return name.len + 4;
}

static void add_replacement(struct chute_buf *out, struct chute_str text,
    const struct chute_regex *regex, struct chute_str subject, const size_t *groups) {
    while (text.len > 0) {
        const char *slash = memchr(text.at, '\\', text.len);
        size_t plain = slash == NULL ? text.len : (size_t)(slash - text.at);
        chute_buf_add(out, text.at, plain);
        if (slash != NULL) {
            plain += add_reference(
                out, (struct chute_str){ slash, text.len - plain }, regex, subject, groups);
        }
        text.at += plain;
        text.len -= plain;
    }
}

int chute_regex_next(const struct chute_regex *regex, struct chute_regex_scratch *scratch,
    struct chute_str subject, size_t *at, const size_t **groups) {
    int rc = chute_regex_match(regex, scratch, subject, *at, groups);
    if (rc > 0) {
        *at = (*groups)[1];
        if ((*groups)[0] == *at) {
            ++*at;
            while (*at < subject.len && ((unsigned char)subject.at[*at] & 0xC0) == 0x80) {
                ++*at;
            }
        }
    }
    return rc;
}

int chute_regex_replace_all(const struct chute_regex *regex, struct chute_regex_scratch *scratch,
    struct chute_str subject, struct chute_str replacement, struct chute_buf *out) {
    size_t before = out->len, copied = 0, at = 0;
    int count = 0, rc;
    const size_t *groups;
    while ((rc = chute_regex_next(regex, scratch, subject, &at, &groups)) > 0) {
        count++;
        chute_buf_add(out, subject.at + copied, groups[0] - copied);
        add_replacement(out, replacement, regex, subject, groups);
        copied = groups[1];
    }
    if (rc < 0) {
        out->len = before;
        return rc;
    }
    if (copied < subject.len) {
        chute_buf_add(out, subject.at + copied, subject.len - copied);
    }
    return count;
}

uint32_t chute_regex_group_count(const struct chute_regex *regex) {
    return regex->groups;
}

struct chute_str chute_regex_group_name(const struct chute_regex *regex, uint32_t group) {
    chute_assert(group >= 1 && group <= regex->groups);
    return regex->names[group - 1];
}

uint32_t chute_regex_find_group(const struct chute_regex *regex, struct chute_str name) {
    for (uint32_t group = 1; group <= regex->groups; group++) {
        if (name.len > 0 && chute_str_eq(regex->names[group - 1], name)) {
            return group;
        }
    }
    return 0;
}

struct chute_str chute_regex_literal(const struct chute_regex *regex) {
    return (struct chute_str){ regex->literal.at, regex->literal.len };
}

struct chute_str chute_regex_translated(const struct chute_regex *regex) {
    return (struct chute_str){ regex->translated, regex->translated_len };
}
