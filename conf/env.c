#include "conf/env.h"

#include <stdlib.h>

#include "pipeline/base/buf.h"
#include "pipeline/base/utf8.h"

static const char *get_from_process(void *context, const char *name) {
    (void)context;
    return getenv(name);
}

const struct chute_env chute_env_of_process = { get_from_process, NULL };

struct reference {
    struct chute_str name;
    struct chute_str fallback; /* `.at == NULL`: none */
    size_t len;                /* of all, from `$` to `}` */
};

static bool is_name_byte(char byte, bool is_first) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           byte == '.' || (byte >= '0' && byte <= '9' && !is_first);
}

/* Reads a reference at the start of `text`; false if there is none. */
static bool read_reference(struct chute_str text, struct reference *out) {
    if (!chute_str_starts_with(text, CHUTE_STR("${"))) {
        return false;
    }
    size_t end = 2;
    while (end < text.len && is_name_byte(text.at[end], end == 2)) {
        end++;
    }
    *out = (struct reference){ .name = { text.at + 2, end - 2 } };
    if (end == 2 || end == text.len) {
        return false;
    }
    if (text.at[end] == ':') {
        const char *start = text.at + end + 1;
        const char *close = memchr(start, '}', text.len - end - 1);
        if (close == NULL) {
            return false;
        }
        out->fallback = (struct chute_str){ start, (size_t)(close - start) };
        end = (size_t)(close - text.at);
    }
    out->len = end + 1;
    return text.at[end] == '}';
}

/* Adds the value of `reference`, or notes why there is none. */
static bool add_value(struct chute_buf *out, const struct reference *reference,
    const struct chute_env *env, struct chute_diag *diag, struct chute_position position) {
    struct chute_buf name = { 0 };
    chute_buf_add_str(&name, reference->name);
    struct chute_str value = chute_str_of(env->get(env->context, chute_buf_cstr(&name)));
    chute_buf_finish(&name);
    if (value.at == NULL) {
        value = reference->fallback;
    }
    if (value.at == NULL) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, position, "${NAME:value} gives a default",
            "environment variable \"%.*s\" is not set, and no default is given",
            CHUTE_STR_ARGS(reference->name));
        return false;
    }
    if (!chute_utf8_is_valid(value)) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, position, NULL,
            "environment variable \"%.*s\" is not UTF-8", CHUTE_STR_ARGS(reference->name));
        return false;
    }
    chute_buf_add_str(out, value);
    return true;
}

struct chute_str chute_env_expand(struct chute_arena *arena, struct chute_str text,
    const struct chute_env *env, struct chute_diag *diag, struct chute_position position) {
    if (chute_str_find(text, CHUTE_STR("${")) < 0) {
        return text;
    }
    struct chute_buf out = { 0 };
    struct reference reference;
    while (text.len > 0) {
        size_t len = 1;
        if (!read_reference(text, &reference)) {
            chute_buf_add_char(&out, text.at[0]);
        } else {
            len = reference.len;
            if (!add_value(&out, &reference, env, diag, position)) {
                chute_buf_add(&out, text.at, len);
            }
        }
        text.at += len;
        text.len -= len;
    }
    struct chute_str expanded = chute_arena_copy(arena, chute_buf_str(&out));
    chute_buf_finish(&out);
    return expanded;
}

struct expansion {
    struct chute_arena *arena;
    const struct chute_env *env;
    struct chute_diag *diag;
};

static void expand_value(struct chute_ast_value *value, void *context) {
    struct expansion *expansion = context;
    if (value->kind == CHUTE_AST_STRING) {
        value->text = chute_env_expand(
            expansion->arena, value->text, expansion->env, expansion->diag, value->position);
    }
}

void chute_ast_expand(struct chute_ast *ast, const struct chute_env *env, struct chute_diag *diag) {
    struct expansion expansion = { &ast->arena, env, diag };
    chute_ast_walk(&ast->inputs, expand_value, &expansion);
    chute_ast_walk(&ast->filters, expand_value, &expansion);
    chute_ast_walk(&ast->outputs, expand_value, &expansion);
}
