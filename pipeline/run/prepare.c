#include <stdarg.h>
#include <stdio.h>

#include "conf/ast.h"
#include "conf/option_compile.h"
#include "pipeline/base/charset.h"
#include "pipeline/run/plugin.h"

static const char *kind_of(const struct chute_ast_plugin *ast) {
    static const char *const kinds[] = {
        [CHUTE_AST_INPUT] = "input",
        [CHUTE_AST_FILTER] = "filter",
        [CHUTE_AST_OUTPUT] = "output",
        [CHUTE_AST_CODEC] = "codec",
    };
    return kinds[ast->section];
}

/* Notes `text`, with the plugin's name before it, where `option` is written; else at the plugin's name. */
static void note(const struct chute_prepare *prepare, const char *option, bool is_error,
    const char *format, va_list args) {
    struct chute_position position = { 0 };
    char text[1024];
    int len = 0;
    if (prepare->ast != NULL) {
        const struct chute_ast_attribute *attribute =
            option == NULL ? NULL : chute_option_written(prepare->ast, chute_str_of(option));
        position = attribute == NULL ? prepare->ast->position : attribute->value.position;
        len = snprintf(text, sizeof(text), "%s \"%.60s\": ", kind_of(prepare->ast),
            chute_arena_copy(prepare->arena, prepare->ast->name).at);
    }
    vsnprintf(text + len, sizeof(text) - (size_t)len, format, args);
    if (is_error) {
        chute_diag_error(prepare->diag, CHUTE_DIAG_CONFIG, position, NULL, "%s", text);
    } else {
        chute_diag_warn(prepare->diag, position, NULL, "%s", text);
    }
}

void chute_prepare_refuse(
    const struct chute_prepare *prepare, const char *option, const char *format, ...) {
    va_list args;
    va_start(args, format);
    note(prepare, option, true, format, args);
    va_end(args);
}

void chute_prepare_warn(
    const struct chute_prepare *prepare, const char *option, const char *format, ...) {
    va_list args;
    va_start(args, format);
    note(prepare, option, false, format, args);
    va_end(args);
}

bool chute_prepare_charset(const struct chute_prepare *prepare, struct chute_str name) {
    if (chute_charset_is_known(name)) {
        return true;
    }
    struct chute_nearest nearest = { .name = name };
    for (const char *const *known = chute_charset_names(); *known != NULL; known++) {
        chute_nearest_offer(&nearest, *known);
    }
    bool is_near = nearest.best != NULL;
    chute_prepare_refuse(prepare, "charset", "unknown character set '%.*s'%s%s%s",
        CHUTE_STR_ARGS(name), is_near ? "; did you mean '" : "", is_near ? nearest.best : "",
        is_near ? "'?" : "");
    return false;
}

bool chute_prepare_is_set(const struct chute_prepare *prepare, const char *option) {
    return chute_option_written(prepare->ast, chute_str_of(option)) != NULL;
}
