#include "conf/parser.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "conf/parser_internal.h"
#include "pipeline/base/alloc.h"

static const char *const section_names[] = { "input", "filter", "output" };

static bool parse_value(struct chute_parser *parser, struct chute_ast_value *out);
static bool parse_plugin_body(struct chute_parser *parser, struct chute_ast_plugin *plugin);
static bool parse_block(
    struct chute_parser *parser, enum chute_ast_section section, struct chute_ast_block *out);

/* What stands at the cursor, for an error. */
static struct chute_str found(struct chute_parser *parser) {
    struct chute_position next = chute_lexer_next(&parser->lexer);
    if (next.len == 0) {
        return CHUTE_STR("the end of the file");
    }
    struct chute_str word = { next.source->text.at + next.offset, next.len };
    if (chute_str_eq(word, CHUTE_STR("\xc2\xa0"))) {
        return CHUTE_STR("a no-break space, which is not white space here");
    }
    if (chute_str_eq(word, CHUTE_STR("\xe2\x80\x9c")) ||
        chute_str_eq(word, CHUTE_STR("\xe2\x80\x9d"))) {
        return CHUTE_STR("a typographic quote; write \"");
    }
    if (chute_str_eq(word, CHUTE_STR("=")) && chute_lexer_peek_at(&parser->lexer, 1) == '>') {
        return CHUTE_STR("\"=>\"");
    }
    if ((unsigned char)word.at[0] < ' ' || word.at[0] == 0x7f) {
        return chute_arena_printf(&parser->ast->arena, "byte %d", word.at[0]);
    }
    int len = word.len > 40 ? 40 : (int)word.len;
    return chute_arena_printf(
        &parser->ast->arena, word.at[0] == '"' ? "'%.*s'" : "\"%.*s\"", len, word.at);
}

/* A better hint than none, from what was seen before. */
static const char *late_hint(struct chute_parser *parser) {
    struct chute_arena *arena = &parser->ast->arena;
    if (parser->suspect_line > 0) {
        return chute_arena_printf(
            arena, "a closing \"}\" seems to be missing before line %u", parser->suspect_line)
            .at;
    }
    if (parser->long_string_line > 0 && parser->long_string_end_line == parser->lexer.cursor.line) {
        return chute_arena_printf(arena,
            "the string that ends here begins on line %u; a quote may be missing there",
            parser->long_string_line)
            .at;
    }
    return NULL;
}

bool chute_parser_fail(struct chute_parser *parser, const char *hint, const char *format, ...) {
    struct chute_buf message = { 0 };
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct chute_str what = found(parser);
    chute_buf_printf(&message, "expected %s, found %.*s", text, CHUTE_STR_ARGS(what));
    chute_diag_error(parser->diag, CHUTE_DIAG_SYNTAX, chute_lexer_next(&parser->lexer),
        hint != NULL ? hint : late_hint(parser), "%s", chute_buf_cstr(&message));
    chute_buf_finish(&message);
    return false;
}

bool chute_parser_enter(struct chute_parser *parser) {
    if (parser->depth >= CHUTE_PARSE_DEPTH) {
        chute_diag_error(parser->diag, CHUTE_DIAG_CONFIG, chute_lexer_next(&parser->lexer), NULL,
            "nested more than %d levels deep", CHUTE_PARSE_DEPTH);
        return false;
    }
    parser->depth++;
    return true;
}

void *chute_parser_keep(struct chute_parser *parser, struct chute_buf *list) {
    void *kept = NULL;
    if (list->len > 0) {
        kept = chute_arena_get(&parser->ast->arena, list->len);
        memcpy(kept, list->at, list->len);
    }
    chute_buf_finish(list);
    return kept;
}

static int unescaped(char letter) {
    switch (letter) {
    case '"':
    case '\'':
    case '\\':
    case '/':
        return letter;
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case '0':
        return '\0';
    default:
        return -1;
    }
}

/* config.support_escapes: other letters keep their backslash. */
static struct chute_str unescape(struct chute_parser *parser, struct chute_str text) {
    if (text.len == 0 || memchr(text.at, '\\', text.len) == NULL) {
        return text;
    }
    char *copy = chute_arena_get(&parser->ast->arena, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        int byte = text.at[i] == '\\' && i + 1 < text.len ? unescaped(text.at[i + 1]) : -1;
        if (byte >= 0) {
            i++;
        }
        copy[len++] = byte >= 0 ? (char)byte : text.at[i];
    }
    return (struct chute_str){ copy, len };
}

bool chute_parser_delimited(struct chute_parser *parser, struct chute_ast_value *out) {
    struct chute_cursor start = parser->lexer.cursor;
    bool is_regex = chute_lexer_peek(&parser->lexer) == '/';
    struct chute_str text = chute_lexer_delimited(&parser->lexer);
    if (text.len == 0) {
        chute_diag_error(parser->diag, CHUTE_DIAG_SYNTAX, chute_lexer_next(&parser->lexer),
            is_regex ? NULL
                     : "a backslash before a quote keeps the string open, also after another one",
            "this %s is never closed", is_regex ? "regular expression" : "string");
        return false;
    }
    out->kind = is_regex ? CHUTE_AST_REGEX : CHUTE_AST_STRING;
    out->position = chute_lexer_span(&parser->lexer, start);
    out->text = (struct chute_str){ text.at + 1, text.len - 2 };
    if (!is_regex && parser->support_escapes) {
        out->text = unescape(parser, out->text);
    }
    if (parser->lexer.cursor.line != start.line) {
        parser->long_string_line = start.line;
        parser->long_string_end_line = parser->lexer.cursor.line;
    }
    return true;
}

bool chute_parser_number(struct chute_parser *parser, struct chute_ast_value *out) {
    struct chute_cursor start = parser->lexer.cursor;
    struct chute_str text = chute_lexer_number(&parser->lexer);
    if (text.len == 0) {
        return chute_parser_fail(parser, NULL, "a number");
    }
    const char *copy = chute_arena_copy(&parser->ast->arena, text).at;
    out->kind = CHUTE_AST_NUMBER;
    out->position = chute_lexer_span(&parser->lexer, start);
    out->text = text;
    errno = 0;
    out->number.integer = strtoll(copy, NULL, 10);
    out->number.is_integer = errno == 0 && memchr(text.at, '.', text.len) == NULL;
    out->number.real = strtod(copy, NULL);
    return true;
}

bool chute_parser_array(struct chute_parser *parser, struct chute_ast_value *out) {
    struct chute_lexer *lexer = &parser->lexer;
    struct chute_cursor start = lexer->cursor;
    struct chute_buf items = { 0 };
    bool is_good = false;
    chute_lexer_accept(lexer, "[");
    chute_lexer_skip(lexer);
    if (!chute_lexer_accept(lexer, "]")) {
        for (;;) {
            struct chute_ast_value item = { 0 };
            if (!parse_value(parser, &item)) {
                goto out;
            }
            chute_buf_add(&items, &item, sizeof(item));
            chute_lexer_skip(lexer);
            if (chute_lexer_accept(lexer, "]")) {
                break;
            }
            if (!chute_lexer_accept(lexer, ",")) {
                chute_parser_fail(parser, NULL, "\",\" or \"]\" in the array");
                goto out;
            }
            chute_lexer_skip(lexer);
        }
    }
    out->kind = CHUTE_AST_ARRAY;
    out->position = chute_lexer_span(lexer, start);
    out->array.count = items.len / sizeof(struct chute_ast_value);
    out->array.items = chute_parser_keep(parser, &items);
    is_good = true;
out:
    chute_buf_finish(&items);
    return is_good;
}

static bool parse_key(struct chute_parser *parser, struct chute_ast_value *out) {
    struct chute_lexer *lexer = &parser->lexer;
    struct chute_cursor start = lexer->cursor;
    int byte = chute_lexer_peek(lexer);
    if (byte == '"' || byte == '\'') {
        return chute_parser_delimited(parser, out);
    }
    if ((byte >= '0' && byte <= '9') || byte == '-') {
        return chute_parser_number(parser, out);
    }
    out->text = chute_lexer_bareword(lexer);
    if (out->text.len == 0) {
        const char *hint = byte == ','   ? "entries of a hash are parted by white space"
                           : byte < 0    ? NULL
                           : byte != '=' ? "put the key in quotes"
                                         : NULL;
        return chute_parser_fail(parser, hint, "a key or \"}\" in the hash");
    }
    out->kind = CHUTE_AST_BAREWORD;
    out->position = chute_lexer_span(lexer, start);
    return true;
}

static bool expect_arrow(struct chute_parser *parser, const char *what, struct chute_str name) {
    struct chute_lexer *lexer = &parser->lexer;
    chute_lexer_skip(lexer);
    if (chute_lexer_accept(lexer, "=>")) {
        chute_lexer_skip(lexer);
        return true;
    }
    int byte = chute_lexer_peek(lexer);
    const char *hint = byte == '{'
                           ? "a plugin stands inside a section or an if, not inside a plugin"
                       : byte == ':' || byte == '=' ? "write name => value"
                                                    : NULL;
    if (parser->suspect_line > 0) {
        hint = NULL;
    }
    return chute_parser_fail(parser, hint, "\"=>\" after %s \"%.*s\"", what,
        name.len > 60 ? 60 : (int)name.len, name.at);
}

static struct chute_str written(const struct chute_ast_value *value) {
    return (struct chute_str){ value->position.source->text.at + value->position.offset,
        value->position.len };
}

static int compare_keys(const void *left, const void *right) {
    const struct chute_ast_entry *a = *(struct chute_ast_entry *const *)left;
    const struct chute_ast_entry *b = *(struct chute_ast_entry *const *)right;
    int order = chute_str_cmp(a->key.text, b->key.text);
    return order != 0 ? order : (a > b) - (a < b);
}

/* Refuses a key that was written before in the same hash. Written once with and once without quotes it is
 * the same key to us and, as in Logstash, no error: the first place keeps the last value. */
static void check_keys(struct chute_parser *parser, struct chute_ast_value *hash) {
    size_t count = hash->hash.count;
    struct chute_ast_entry **sorted = chute_alloc((count + 1) * sizeof(*sorted));
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &hash->hash.entries[i];
    }
    qsort(sorted, count, sizeof(*sorted), compare_keys);
    struct chute_ast_entry *first = sorted[0];
    bool is_thinned = false;
    for (size_t i = 1; i < count; i++) {
        if (!chute_str_eq(sorted[i]->key.text, first->key.text)) {
            first = sorted[i];
            continue;
        }
        const struct chute_ast_value *key = &sorted[i]->key;
        if (chute_str_eq(written(key), written(&first->key))) {
            chute_diag_error(parser->diag, CHUTE_DIAG_CONFIG, key->position, NULL,
                "key \"%.*s\" stands twice in one hash (before on line %u)",
                CHUTE_STR_ARGS(key->text), first->key.position.line);
        } else {
            chute_diag_warn(parser->diag, key->position, NULL,
                "key \"%.*s\" stands twice in one hash (before on line %u); the last value counts",
                CHUTE_STR_ARGS(key->text), first->key.position.line);
        }
        first->value = sorted[i]->value;
        sorted[i]->key.position.source = NULL;
        is_thinned = true;
    }
    chute_free(sorted);
    if (is_thinned) {
        hash->hash.count = 0;
        for (size_t i = 0; i < count; i++) {
            if (hash->hash.entries[i].key.position.source != NULL) {
                hash->hash.entries[hash->hash.count++] = hash->hash.entries[i];
            }
        }
    }
}

static bool parse_hash(struct chute_parser *parser, struct chute_ast_value *out) {
    struct chute_lexer *lexer = &parser->lexer;
    struct chute_cursor start = lexer->cursor;
    struct chute_buf entries = { 0 };
    bool is_good = false;
    chute_lexer_accept(lexer, "{");
    chute_lexer_skip(lexer);
    while (!chute_lexer_accept(lexer, "}")) {
        struct chute_ast_entry entry = { 0 };
        if (!parse_key(parser, &entry.key) || !expect_arrow(parser, "key", entry.key.text) ||
            !parse_value(parser, &entry.value)) {
            goto out;
        }
        chute_buf_add(&entries, &entry, sizeof(entry));
        chute_lexer_skip(lexer);
    }
    out->kind = CHUTE_AST_HASH;
    out->position = chute_lexer_span(lexer, start);
    out->hash.count = entries.len / sizeof(struct chute_ast_entry);
    out->hash.entries = chute_parser_keep(parser, &entries);
    if (out->hash.count > 1) {
        check_keys(parser, out);
    }
    is_good = true;
out:
    chute_buf_finish(&entries);
    return is_good;
}

/* True if a name or string comes next, and behind it a `{`. */
static bool sees_plugin(struct chute_parser *parser) {
    struct chute_lexer ahead = parser->lexer;
    int byte = chute_lexer_peek(&ahead);
    if (byte == '"' || byte == '\'' ? chute_lexer_delimited(&ahead).len == 0
                                    : chute_lexer_name(&ahead).len == 0) {
        return false;
    }
    chute_lexer_skip(&ahead);
    return chute_lexer_peek(&ahead) == '{';
}

/* A name, plain or in quotes, as a text. */
static bool parse_name(
    struct chute_parser *parser, struct chute_str *name, struct chute_position *position) {
    struct chute_lexer *lexer = &parser->lexer;
    int byte = chute_lexer_peek(lexer);
    if (byte == '"' || byte == '\'') {
        struct chute_ast_value text = { 0 };
        if (!chute_parser_delimited(parser, &text)) {
            return false;
        }
        *name = text.text;
        *position = text.position;
        return true;
    }
    struct chute_cursor start = lexer->cursor;
    *name = chute_lexer_name(lexer);
    *position = chute_lexer_span(lexer, start);
    return true;
}

static bool parse_codec(struct chute_parser *parser, struct chute_ast_value *out) {
    struct chute_cursor start = parser->lexer.cursor;
    out->kind = CHUTE_AST_PLUGIN;
    out->plugin = chute_arena_zeroed(&parser->ast->arena, sizeof(*out->plugin));
    out->plugin->section = CHUTE_AST_CODEC;
    if (!parse_name(parser, &out->plugin->name, &out->plugin->position) ||
        !parse_plugin_body(parser, out->plugin)) {
        return false;
    }
    out->text = out->plugin->name;
    out->position = chute_lexer_span(&parser->lexer, start);
    return true;
}

static bool parse_bareword(struct chute_parser *parser, struct chute_ast_value *out) {
    struct chute_cursor start = parser->lexer.cursor;
    out->text = chute_lexer_bareword(&parser->lexer);
    if (out->text.len == 0) {
        bool is_word = chute_lexer_is_name_byte(chute_lexer_peek(&parser->lexer));
        int byte = chute_lexer_peek(&parser->lexer);
        const char *hint =
            is_word ? "a word without quotes has at least two characters; put it in quotes"
            : byte == '$' || byte == '@' || byte == '%' || byte == '/' || byte == '*'
                ? "put the value in quotes"
                : NULL;
        return chute_parser_fail(parser, hint, "a value");
    }
    out->kind = CHUTE_AST_BAREWORD;
    out->position = chute_lexer_span(&parser->lexer, start);
    return true;
}

static bool parse_value(struct chute_parser *parser, struct chute_ast_value *out) {
    if (!chute_parser_enter(parser)) {
        return false;
    }
    bool is_good;
    int byte = chute_lexer_peek(&parser->lexer);
    if (sees_plugin(parser)) {
        is_good = parse_codec(parser, out);
    } else if (byte == '"' || byte == '\'') {
        is_good = chute_parser_delimited(parser, out);
    } else if (byte == '[') {
        is_good = chute_parser_array(parser, out);
    } else if (byte == '{') {
        is_good = parse_hash(parser, out);
    } else if ((byte >= '0' && byte <= '9') || byte == '-') {
        is_good = chute_parser_number(parser, out);
    } else {
        is_good = parse_bareword(parser, out);
    }
    parser->depth--;
    return is_good;
}

static bool parse_attribute(struct chute_parser *parser, struct chute_ast_attribute *out) {
    int byte = chute_lexer_peek(&parser->lexer);
    if (!chute_lexer_is_name_byte(byte) && byte != '"' && byte != '\'') {
        return chute_parser_fail(
            parser, byte == ',' ? "options are parted by white space" : NULL, "an option or \"}\"");
    }
    return parse_name(parser, &out->name, &out->position) &&
           expect_arrow(parser, "option", out->name) && parse_value(parser, &out->value);
}

/* Between two options there is white space, right behind the value: a comment alone does not part them. */
static bool parse_separator(struct chute_parser *parser) {
    struct chute_lexer *lexer = &parser->lexer;
    int byte = chute_lexer_peek(lexer);
    bool is_parted = byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
    chute_lexer_skip(lexer);
    if (is_parted || chute_lexer_peek(lexer) == '}') {
        return true;
    }
    return chute_parser_fail(parser,
        byte == '#' ? "put a blank between the value and the comment" : "put the value in quotes",
        "white space or \"}\" behind the value");
}

/* From the `{` on. */
static bool parse_plugin_body(struct chute_parser *parser, struct chute_ast_plugin *plugin) {
    struct chute_lexer *lexer = &parser->lexer;
    struct chute_buf attributes = { 0 };
    bool is_good = false;
    chute_lexer_skip(lexer);
    if (!chute_lexer_accept(lexer, "{")) {
        return chute_parser_fail(
            parser, NULL, "\"{\" after plugin \"%.*s\"", CHUTE_STR_ARGS(plugin->name));
    }
    chute_lexer_skip(lexer);
    while (!chute_lexer_accept(lexer, "}")) {
        struct chute_ast_attribute attribute = { 0 };
        if (chute_lexer_is_at_end(lexer)) {
            chute_parser_fail(parser, NULL, "\"}\" for plugin \"%.*s\" of line %u",
                CHUTE_STR_ARGS(plugin->name), plugin->position.line);
            goto out;
        }
        if (!parse_attribute(parser, &attribute) || !parse_separator(parser)) {
            goto out;
        }
        chute_buf_add(&attributes, &attribute, sizeof(attribute));
    }
    plugin->count = attributes.len / sizeof(struct chute_ast_attribute);
    plugin->attributes = chute_parser_keep(parser, &attributes);
    is_good = true;
out:
    chute_buf_finish(&attributes);
    return is_good;
}

static bool parse_plugin(
    struct chute_parser *parser, enum chute_ast_section section, struct chute_ast_node *out) {
    struct chute_lexer *lexer = &parser->lexer;
    int byte = chute_lexer_peek(lexer);
    if (!chute_lexer_is_name_byte(byte) && byte != '"' && byte != '\'') {
        return chute_parser_fail(parser, NULL, "a plugin, \"if\" or \"}\"");
    }
    struct chute_ast_plugin *plugin = chute_arena_zeroed(&parser->ast->arena, sizeof(*plugin));
    plugin->section = section;
    uint32_t suspect_line = parser->suspect_line;
    if (!parse_name(parser, &plugin->name, &plugin->position)) {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        if (plugin->position.column == 1 &&
            chute_str_eq(plugin->name, chute_str_of(section_names[i]))) {
            parser->suspect_line = plugin->position.line;
        }
    }
    if (!parse_plugin_body(parser, plugin)) {
        return false;
    }
    parser->suspect_line = suspect_line;
    out->plugin = plugin;
    return true;
}

/* Its condition, unless it is an `else`, and its block. */
static bool parse_branch(struct chute_parser *parser, enum chute_ast_section section,
    bool has_condition, struct chute_ast_branch *out) {
    struct chute_lexer *lexer = &parser->lexer;
    chute_lexer_skip(lexer);
    if (has_condition) {
        if (!chute_parser_condition(parser, &out->condition)) {
            return false;
        }
        chute_lexer_skip(lexer);
    }
    if (chute_lexer_peek(lexer) == '{') {
        return parse_block(parser, section, &out->block);
    }
    if (!has_condition) {
        return chute_parser_fail(parser, NULL, "\"{\" or \"if\" after \"else\"");
    }
    int byte = chute_lexer_peek(lexer);
    bool is_flag = lexer->cursor.offset > 0 && chute_lexer_is_name_byte(byte) &&
                   lexer->source->text.at[lexer->cursor.offset - 1] == '/';
    const char *hint = is_flag
                           ? "flags behind a regular expression do not exist; begin it with (?i)"
                       : byte == '&' ? "write \"and\""
                       : byte == '|' ? "write \"or\""
                       : byte == '=' ? "write \"==\""
                                     : NULL;
    return chute_parser_fail(
        parser, hint, "\"{\", \"and\", \"or\", \"xor\" or \"nand\" after the condition");
}

/* Moves over `else` and, if there is one, its `if`. False, unmoved, if no `else` comes next. */
static bool accept_else(struct chute_lexer *lexer, bool *has_if) {
    struct chute_lexer ahead = *lexer;
    if (!chute_lexer_accept(&ahead, "else")) {
        return false;
    }
    if (!chute_lexer_sees_word(&ahead, "if") &&
        chute_lexer_is_name_byte(chute_lexer_peek(&ahead))) {
        return false;
    }
    chute_lexer_skip(&ahead);
    *has_if = chute_lexer_sees_word(&ahead, "if") && chute_lexer_accept(&ahead, "if");
    *lexer = ahead;
    return true;
}

static bool parse_if(
    struct chute_parser *parser, enum chute_ast_section section, struct chute_ast_node *out) {
    struct chute_lexer *lexer = &parser->lexer;
    struct chute_buf branches = { 0 };
    bool is_good = false, has_condition = true, is_last = false;
    struct chute_cursor start = lexer->cursor;
    chute_lexer_accept(lexer, "if");
    while (!is_last) {
        struct chute_ast_branch branch = { .position = chute_lexer_span(lexer, start) };
        if (!parse_branch(parser, section, has_condition, &branch)) {
            goto out;
        }
        chute_buf_add(&branches, &branch, sizeof(branch));
        chute_lexer_skip(lexer);
        start = lexer->cursor;
        is_last = !has_condition || !accept_else(lexer, &has_condition);
    }
    out->choice = chute_arena_get(&parser->ast->arena, sizeof(*out->choice));
    out->choice->count = branches.len / sizeof(struct chute_ast_branch);
    out->choice->branches = chute_parser_keep(parser, &branches);
    is_good = true;
out:
    chute_buf_finish(&branches);
    return is_good;
}

static bool parse_node(
    struct chute_parser *parser, enum chute_ast_section section, struct chute_ast_node *out) {
    struct chute_lexer *lexer = &parser->lexer;
    if (chute_lexer_sees_word(lexer, "if") && chute_lexer_peek_at(lexer, 2) != '-') {
        return parse_if(parser, section, out);
    }
    if (chute_lexer_sees_word(lexer, "else") || chute_lexer_sees_word(lexer, "elseif")) {
        return chute_parser_fail(
            parser, "an \"else\" follows the \"}\" of its \"if\"", "a plugin, \"if\" or \"}\"");
    }
    return parse_plugin(parser, section, out);
}

/* One more node. False after an error behind which there is no way to go on. */
static bool add_node(
    struct chute_parser *parser, enum chute_ast_section section, struct chute_buf *nodes) {
    struct chute_lexer start = parser->lexer;
    struct chute_ast_node node = { 0 };
    int depth = parser->depth;
    uint32_t suspect_line = parser->suspect_line;
    if (parse_node(parser, section, &node)) {
        chute_buf_add(nodes, &node, sizeof(node));
        return true;
    }
    if (!chute_parser_skip_node(parser, start)) {
        return false;
    }
    parser->depth = depth;
    parser->suspect_line = suspect_line;
    return true;
}

/* The nodes of a block, from its `{` to its `}`; those that hold no error are in `nodes`. */
static bool parse_nodes(
    struct chute_parser *parser, enum chute_ast_section section, struct chute_buf *nodes) {
    struct chute_lexer *lexer = &parser->lexer;
    uint32_t line = lexer->cursor.line;
    if (!chute_parser_enter(parser)) {
        return false;
    }
    chute_lexer_accept(lexer, "{");
    chute_lexer_skip(lexer);
    bool is_good = true;
    while (is_good && !chute_lexer_accept(lexer, "}")) {
        is_good = chute_lexer_is_at_end(lexer) ? chute_parser_fail(parser, NULL,
                                                     "\"}\" for the block opened on line %u", line)
                                               : add_node(parser, section, nodes);
        chute_lexer_skip(lexer);
    }
    parser->depth--;
    return is_good;
}

static bool parse_block(
    struct chute_parser *parser, enum chute_ast_section section, struct chute_ast_block *out) {
    struct chute_buf nodes = { 0 };
    bool is_good = parse_nodes(parser, section, &nodes);
    out->count = nodes.len / sizeof(struct chute_ast_node);
    out->nodes = chute_parser_keep(parser, &nodes);
    return is_good;
}

/* The number of the section whose name comes next; -1 if none does. */
static int sees_section(const struct chute_lexer *lexer) {
    for (int i = 0; i < 3; i++) {
        if (chute_lexer_sees_word(lexer, section_names[i])) {
            return i;
        }
    }
    return -1;
}

static bool parse_section(struct chute_parser *parser) {
    struct chute_lexer *lexer = &parser->lexer;
    int number = sees_section(lexer);
    if (number < 0) {
        struct chute_lexer ahead = *lexer;
        const char *nearest = chute_nearest_of(chute_lexer_name(&ahead), section_names, 3);
        const char *hint = chute_lexer_sees_word(lexer, "if")
                               ? "an \"if\" stands inside a section"
                               : chute_diag_did_you_mean(parser->diag, nearest);
        return chute_parser_fail(parser, hint, "\"input\", \"filter\" or \"output\"");
    }
    chute_lexer_accept(lexer, section_names[number]);
    chute_lexer_skip(lexer);
    if (chute_lexer_peek(lexer) != '{') {
        return chute_parser_fail(parser, NULL, "\"{\" after \"%s\"", section_names[number]);
    }
    parser->section = *lexer;
    parser->is_section_checked = false;
    return parse_nodes(parser, (enum chute_ast_section)number, &parser->blocks[number]);
}

/* After an error: to the next line that begins with a section's name and has its `{`. */
static void recover(struct chute_parser *parser) {
    parser->depth = 0;
    parser->suspect_line = 0;
    while (chute_lexer_next_line(&parser->lexer)) {
        struct chute_lexer ahead = parser->lexer;
        int number = sees_section(&ahead);
        if (number >= 0) {
            chute_lexer_accept(&ahead, section_names[number]);
            chute_lexer_skip(&ahead);
            if (chute_lexer_peek(&ahead) == '{') {
                return;
            }
        }
    }
}

static bool parse_source(struct chute_parser *parser, const struct chute_source *source) {
    struct chute_lexer *lexer = &parser->lexer;
    bool has_section = false;
    parser->long_string_line = 0;
    chute_lexer_init(lexer, source);
    if (!chute_lexer_check_utf8(lexer)) {
        chute_diag_error(parser->diag, CHUTE_DIAG_CONFIG, chute_lexer_next(lexer),
            "save the file as UTF-8", "the file is not UTF-8 here");
        return true;
    }
    chute_lexer_init(lexer, source);
    for (chute_lexer_skip(lexer); !chute_lexer_is_at_end(lexer); chute_lexer_skip(lexer)) {
        has_section = true;
        if (!parse_section(parser)) {
            recover(parser);
        }
    }
    return has_section;
}

static void finish_block(struct chute_parser *parser, int number, struct chute_ast_block *out) {
    out->count = parser->blocks[number].len / sizeof(struct chute_ast_node);
    out->nodes = chute_parser_keep(parser, &parser->blocks[number]);
}

struct chute_ast *chute_parse(struct chute_diag *diag, const struct chute_source *const *sources,
    size_t count, bool support_escapes) {
    struct chute_parser parser = {
        .diag = diag, .ast = chute_ast_create(), .support_escapes = support_escapes
    };
    bool has_section = false;
    for (size_t i = 0; i < count; i++) {
        has_section = parse_source(&parser, sources[i]) || has_section;
    }
    if (!has_section) {
        struct chute_position position = { .source = count > 0 ? sources[0] : NULL };
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, position, NULL,
            "the configuration is empty: it has no \"input\", \"filter\" or \"output\"");
    }
    finish_block(&parser, CHUTE_AST_INPUT, &parser.ast->inputs);
    finish_block(&parser, CHUTE_AST_FILTER, &parser.ast->filters);
    finish_block(&parser, CHUTE_AST_OUTPUT, &parser.ast->outputs);
    return parser.ast;
}
