/* conf/parser_recover.c - how the parser goes on behind a plugin or a condition in which it found an error, so that one run
 * shows the errors of all of them. */
#include "conf/parser_internal.h"

/* Moves over a string or, behind =~ and !~, a regular expression. False if it does not end; or if text follows a string
 * directly: then a quote is missing before it, and what was taken for its end begins the next one. */
static bool skip_delimited(struct chute_lexer *lexer) {
    bool is_string = chute_lexer_peek(lexer) != '/';
    if (chute_lexer_delimited(lexer).len == 0) {
        return false;
    }
    int next = chute_lexer_peek(lexer);
    return !is_string || next < 0 || strchr(" \t\r\n]),}{=!<>#", next) != NULL;
}

static bool sees_section(const struct chute_lexer *lexer) {
    return chute_lexer_sees_word(lexer, "input") || chute_lexer_sees_word(lexer, "filter") ||
           chute_lexer_sees_word(lexer, "output");
}

/* From a `{` behind its `}`, whatever is between. False if there is none, or if a section seems to begin before it. */
static bool skip_braces(struct chute_lexer *lexer) {
    int depth = 0;
    bool may_match = false; /* a slash begins a regular expression */
    do {
        chute_lexer_skip(lexer);
        int byte = chute_lexer_peek(lexer);
        if (byte < 0 || (lexer->cursor.column == 1 && sees_section(lexer))) {
            return false;
        }
        if (byte == '"' || byte == '\'' || (byte == '/' && may_match)) {
            if (!skip_delimited(lexer)) {
                return false;
            }
            may_match = false;
            continue;
        }
        may_match = byte == '~' || (may_match && byte == '(');
        depth += byte == '{' ? 1 : byte == '}' ? -1 : 0;
        chute_lexer_advance(lexer, 1);
    } while (depth > 0);
    return true;
}

/* To the `{` that opens a body. False if another brace, or the end, comes first. */
static bool find_body(struct chute_lexer *lexer) {
    for (;;) {
        chute_lexer_skip(lexer);
        int byte = chute_lexer_peek(lexer);
        if (byte == '{') {
            return true;
        }
        if (byte < 0 || byte == '}') {
            return false;
        }
        if (byte == '"' || byte == '\'') {
            if (!skip_delimited(lexer)) {
                return false;
            }
        } else {
            chute_lexer_advance(lexer, 1);
        }
    }
}

/* Whether braces and quotes of the section are paired: else nobody can tell what belongs to what. */
static bool is_whole(struct chute_parser *parser) {
    if (!parser->is_section_checked) {
        struct chute_lexer ahead = parser->section;
        bool is_paired = skip_braces(&ahead);
        chute_lexer_skip(&ahead);
        parser->is_section_checked = true;
        parser->is_section_whole =
            is_paired && (chute_lexer_is_at_end(&ahead) || sees_section(&ahead));
    }
    return parser->is_section_whole;
}

bool chute_parser_skip_node(struct chute_parser *parser, struct chute_lexer start) {
    if (!is_whole(parser)) {
        return false;
    }
    struct chute_lexer ahead = start;
    bool has_else = chute_lexer_sees_word(&ahead, "if");
    do {
        if (!find_body(&ahead) || !skip_braces(&ahead)) {
            return false;
        }
        chute_lexer_skip(&ahead);
        has_else = has_else && chute_lexer_sees_word(&ahead, "else");
    } while (has_else);
    if (ahead.cursor.offset <= parser->lexer.cursor.offset) {
        return false;
    }
    parser->lexer = ahead;
    return true;
}
