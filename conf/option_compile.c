#include "conf/option_compile.h"

#include "conf/option_value.h"
#include "pipeline/base/alloc.h"

const struct chute_option *chute_option_find(
    const struct chute_option *rows, struct chute_str name) {
    for (const struct chute_option *row = rows; row != NULL && row->name != NULL; row++) {
        if (chute_str_eq(name, chute_str_of(row->name))) {
            return row;
        }
    }
    return NULL;
}

const struct chute_ast_attribute *chute_option_written(
    const struct chute_ast_plugin *plugin, struct chute_str name) {
    for (size_t i = plugin == NULL ? 0 : plugin->count; i > 0; i--) {
        if (chute_str_eq(plugin->attributes[i - 1].name, name)) {
            return &plugin->attributes[i - 1];
        }
    }
    return NULL;
}

struct compiler {
    const struct chute_option_compile *ctx;
    const struct chute_option *rows;
    const struct chute_option *common;
    const struct chute_ast_plugin *plugin;
    const struct chute_option **written; /* the row of each attribute; NULL: it was refused */
};

/* The row of that name: the plugin's own, then the common ones. */
static const struct chute_option *row_of(const struct compiler *compiler, struct chute_str name) {
    const struct chute_option *row = chute_option_find(compiler->rows, name);
    return row != NULL ? row : chute_option_find(compiler->common, name);
}

static void offer_names(struct chute_nearest *nearest, const struct chute_option *rows) {
    for (const struct chute_option *row = rows; row != NULL && row->name != NULL; row++) {
        if (row->state == CHUTE_OPTION_OK || row->state == CHUTE_OPTION_DEPRECATED) {
            chute_nearest_offer(nearest, row->name);
        }
    }
}

static bool refuse_unknown(
    const struct compiler *compiler, const struct chute_ast_attribute *attribute) {
    const struct chute_option_compile *ctx = compiler->ctx;
    struct chute_nearest nearest = { .name = attribute->name };
    offer_names(&nearest, compiler->rows);
    offer_names(&nearest, compiler->common);
    chute_diag_error(ctx->diag, CHUTE_DIAG_CONFIG, attribute->position,
        chute_diag_did_you_mean(ctx->diag, nearest.best), "%s \"%s\" has no option \"%.*s\"",
        ctx->kind, ctx->name, CHUTE_STR_ARGS(attribute->name));
    return false;
}

/* Says what the row's state has to say; true if the option is to be set. `*is_good` becomes false after an
 * error. */
static bool is_usable(const struct compiler *compiler, const struct chute_option *row,
    const struct chute_ast_attribute *attribute, bool *is_good) {
    const struct chute_option_compile *ctx = compiler->ctx;
    switch (row->state) {
    case CHUTE_OPTION_DEPRECATED:
        chute_diag_warn(ctx->diag, attribute->position, row->hint,
            "option \"%s\" of %s \"%s\" is deprecated", row->name, ctx->kind, ctx->name);
        return true;
    case CHUTE_OPTION_IGNORED:
        chute_diag_warn(ctx->diag, attribute->position, row->hint,
            "option \"%s\" of %s \"%s\" has no effect here", row->name, ctx->kind, ctx->name);
        return false;
    case CHUTE_OPTION_OBSOLETE:
    case CHUTE_OPTION_UNSUPPORTED:
        chute_diag_error(ctx->diag, CHUTE_DIAG_CONFIG, attribute->position, row->hint,
            "option \"%s\" of %s \"%s\" is %s", row->name, ctx->kind, ctx->name,
            row->state == CHUTE_OPTION_OBSOLETE ? "obsolete" : "not supported");
        *is_good = false;
        return false;
    default:
        return true;
    }
}

/* Finds the row that each attribute sets. */
static bool find_rows(struct compiler *compiler) {
    bool is_good = true;
    for (size_t i = 0; i < compiler->plugin->count; i++) {
        const struct chute_ast_attribute *attribute = &compiler->plugin->attributes[i];
        const struct chute_option *row = row_of(compiler, attribute->name);
        if (row == NULL) {
            is_good = refuse_unknown(compiler, attribute);
        } else if (is_usable(compiler, row, attribute, &is_good)) {
            compiler->written[i] =
                row->alias_of == NULL ? row : row_of(compiler, chute_str_of(row->alias_of));
            chute_assert(compiler->written[i] != NULL);
        }
    }
    return is_good;
}

static bool takes_many(enum chute_option_type type) {
    return type == CHUTE_OPT_LIST || type == CHUTE_OPT_HASH || type == CHUTE_OPT_VALUE ||
           type == CHUTE_OPT_REFS || type == CHUTE_OPT_TEMPLATES;
}

/* Puts the value of attribute `index` to what was there before. */
static bool join(const struct compiler *compiler, const struct chute_option_slot *slot,
    const struct chute_ast_attribute *first, struct chute_ast_value *value, size_t index) {
    const struct chute_ast_attribute *attribute = &compiler->plugin->attributes[index];
    if (!chute_str_eq(first->name, attribute->name)) {
        chute_diag_error(compiler->ctx->diag, CHUTE_DIAG_CONFIG, attribute->position, NULL,
            "\"%.*s\" and \"%.*s\" are two names of one option of %s \"%s\"; write one",
            CHUTE_STR_ARGS(first->name), CHUTE_STR_ARGS(attribute->name), compiler->ctx->kind,
            compiler->ctx->name);
        return false;
    }
    if (!chute_option_join(slot, value, &attribute->value)) {
        return false;
    }
    if (!takes_many(slot->row->type) && value->kind == CHUTE_AST_ARRAY) {
        chute_diag_error(compiler->ctx->diag, CHUTE_DIAG_CONFIG, attribute->position, NULL,
            "option \"%s\" of %s \"%s\" is given twice (before on line %u), and takes one value",
            slot->row->name, compiler->ctx->kind, compiler->ctx->name, first->position.line);
        return false;
    }
    return true;
}

/* Gathers what is written for a row into `value`; NULL if nothing is. `*is_good` as above. */
static const struct chute_ast_attribute *gather(const struct compiler *compiler,
    const struct chute_option_slot *slot, struct chute_ast_value *value, bool *is_good) {
    const struct chute_ast_attribute *first = NULL;
    size_t count = compiler->plugin == NULL ? 0 : compiler->plugin->count;
    for (size_t i = 0; i < count && *is_good; i++) {
        if (compiler->written[i] != slot->row) {
            continue;
        }
        if (first == NULL) {
            first = &compiler->plugin->attributes[i];
            *value = first->value;
        } else {
            *is_good = join(compiler, slot, first, value, i);
        }
    }
    return first;
}

/* Refused rows count as written. */
static bool is_written(const struct compiler *compiler, const struct chute_option *row) {
    return chute_option_written(compiler->plugin, chute_str_of(row->name)) != NULL;
}

static bool set_row(
    const struct compiler *compiler, const struct chute_option *row, void *settings) {
    const struct chute_option_compile *ctx = compiler->ctx;
    struct chute_option_slot slot = {
        .ctx = ctx,
        .row = row,
        .name = row->name,
        .member = (char *)settings + row->offset,
    };
    bool is_good = true;
    struct chute_ast_value value = { 0 };
    const struct chute_ast_attribute *first = gather(compiler, &slot, &value, &is_good);
    if (!is_good) {
        return false;
    }
    if (first == NULL) {
        if (row->is_required && !is_written(compiler, row)) {
            struct chute_position nowhere = { 0 };
            chute_diag_error(ctx->diag, CHUTE_DIAG_CONFIG,
                compiler->plugin == NULL ? nowhere : compiler->plugin->position, row->hint,
                "%s \"%s\" needs option \"%s\"", ctx->kind, ctx->name, row->name);
            return false;
        }
        return chute_option_set_default(&slot);
    }
    slot.name = row_of(compiler, first->name)->name;
    bool is_common = row != chute_option_find(compiler->rows, chute_str_of(row->name));
    if (row->type == CHUTE_OPT_CODEC && is_common && ctx->default_codec == NULL) {
        chute_diag_warn(ctx->diag, first->position, NULL,
            "%s \"%s\" takes no codec; this one has no effect", ctx->kind, ctx->name);
        return true;
    }
    return chute_option_set(&slot, &value);
}

/* Sets every member that a table names; rows of another kind only speak. */
static bool set_rows(
    const struct compiler *compiler, const struct chute_option *rows, void *settings) {
    bool is_good = true;
    for (const struct chute_option *row = rows; row != NULL && row->name != NULL; row++) {
        bool has_member = row->alias_of == NULL &&
                          (row->state == CHUTE_OPTION_OK || row->state == CHUTE_OPTION_DEPRECATED);
        bool is_hidden = row_of(compiler, chute_str_of(row->name)) != row;
        if (has_member && !is_hidden) {
            is_good = set_row(compiler, row, settings) && is_good;
        }
    }
    return is_good;
}

bool chute_options_compile(const struct chute_option *rows, const struct chute_option *common,
    const struct chute_ast_plugin *plugin, void *settings, void *common_settings,
    const struct chute_option_compile *ctx) {
    struct compiler compiler = {
        .ctx = ctx,
        .rows = rows,
        .common = common_settings == NULL ? NULL : common,
        .plugin = plugin,
    };
    bool has_good_names = true;
    if (plugin != NULL) {
        compiler.written = chute_calloc(plugin->count + 1, sizeof(*compiler.written));
        has_good_names = find_rows(&compiler);
    }
    bool is_complete = set_rows(&compiler, rows, settings);
    if (common_settings != NULL) {
        is_complete = set_rows(&compiler, common, common_settings) && is_complete;
    }
    chute_free(compiler.written);
    if (ctx->is_complete != NULL) {
        *ctx->is_complete = is_complete;
    }
    return is_complete && has_good_names;
}
