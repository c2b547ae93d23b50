#include "conf/settings_internal.h"

#include <unistd.h>

#include "pipeline/base/alloc.h"

#define LONGEST_VARIABLE 128

static bool is_prefix(const struct chute_setting *row) {
    return row->name[strlen(row->name) - 1] == '.';
}

const struct chute_setting *chute_setting_find(const char *name) {
    size_t count;
    const struct chute_setting *rows = chute_settings_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, name) == 0 && !rows[i].is_variable_only) {
            return &rows[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (is_prefix(&rows[i]) &&
            chute_str_starts_with(chute_str_of(name), chute_str_of(rows[i].name))) {
            return &rows[i];
        }
    }
    return NULL;
}

static struct chute_setting_value *value_of(
    struct chute_settings *settings, const struct chute_setting *row) {
    size_t count;
    return &settings->values[row - chute_settings_rows(&count)];
}

void chute_settings_set_default(
    struct chute_settings *settings, const char *name, const char *text) {
    struct chute_setting_origin origin = { .rank = CHUTE_RANK_DEFAULT, .what = name };
    chute_setting_set(settings, chute_setting_find(name), chute_str_of(text), &origin);
}

struct chute_settings *chute_settings_create(struct chute_diag *diag) {
    size_t count;
    const struct chute_setting *rows = chute_settings_rows(&count);
    struct chute_settings *settings = chute_calloc(1, sizeof(*settings));
    settings->diag = diag;
    settings->values = chute_calloc(count, sizeof(*settings->values));
    for (size_t i = 0; i < count; i++) {
        if (rows[i].fallback != NULL) {
            chute_settings_set_default(settings, rows[i].name, rows[i].fallback);
        }
    }
    char host[256] = "localhost", cores[32];
    gethostname(host, sizeof(host) - 1);
    chute_settings_set_default(settings, "node.name", host);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    snprintf(cores, sizeof(cores), "%ld", online < 1 ? 1 : online > 1024 ? 1024 : online);
    chute_settings_set_default(settings, "pipeline.workers", cores);
    return settings;
}

void chute_settings_destroy(struct chute_settings *settings) {
    if (settings == NULL) {
        return;
    }
    chute_arena_finish(&settings->arena);
    chute_free(settings->values);
    chute_free(settings);
}

/* Warns once a row. */
static void warn_once(struct chute_settings *settings, const struct chute_setting *row,
    const struct chute_setting_origin *origin, const char *what, const char *more) {
    struct chute_setting_value *value = value_of(settings, row);
    if (!value->is_noticed) {
        chute_diag_warn(settings->diag, origin->position, NULL, "%s%s%s", origin->what, what, more);
    }
    value->is_noticed = true;
}

/* What is turned off, as xpack.monitoring.enabled often is, surprises nobody. */
static void warn_of_no_effect(struct chute_settings *settings, const struct chute_setting *row,
    struct chute_str text, const struct chute_setting_origin *origin) {
    if (!chute_str_eq(text, CHUTE_STR("false")) && origin->rank != CHUTE_RANK_DEFAULT) {
        warn_once(settings, row, origin, " has no effect: ", row->hint);
    }
}

/* The row whose value is to be read in place of `row`; NULL if there is none. */
static const struct chute_setting *resolve(struct chute_settings *settings,
    const struct chute_setting *row, struct chute_str text,
    const struct chute_setting_origin *origin) {
    if (row->state == CHUTE_SETTING_ALIAS) {
        warn_once(settings, row, origin, " is an old name of ", row->alias);
        return resolve(settings, chute_setting_find(row->alias), text, origin);
    }
    if (row->state == CHUTE_SETTING_NOTICE) {
        if (row->fallback != NULL) {
            return row;
        }
        warn_of_no_effect(settings, row, text, origin);
        return NULL;
    }
    if (row->state == CHUTE_SETTING_REFUSED) {
        chute_diag_error(settings->diag, CHUTE_DIAG_CONFIG, origin->position, row->hint,
            "%s is not supported", origin->what);
        return NULL;
    }
    return row;
}

void chute_setting_set(struct chute_settings *settings, const struct chute_setting *row,
    struct chute_str text, const struct chute_setting_origin *origin) {
    if (row->alias_value != NULL) {
        text = chute_str_of(row->alias_value);
    }
    row = resolve(settings, row, text, origin);
    if (row == NULL) {
        return;
    }
    struct chute_setting_value parsed = { .rank = origin->rank };
    if (!chute_setting_parse(row, &text, &parsed)) {
        chute_diag_error(settings->diag, CHUTE_DIAG_CONFIG, origin->position, NULL,
            "%s takes %.*s, not \"%.*s\"", origin->what,
            CHUTE_STR_ARGS(chute_setting_takes(&settings->arena, row)),
            text.len > 80 ? 80 : (int)text.len, text.at == NULL ? "" : text.at);
        return;
    }
    if (chute_setting_is_refused(row, text)) {
        chute_diag_error(settings->diag, CHUTE_DIAG_CONFIG, origin->position, row->hint,
            "%s cannot be \"%.*s\"", origin->what, CHUTE_STR_ARGS(text));
        return;
    }
    if (row->state == CHUTE_SETTING_NOTICE) {
        warn_of_no_effect(settings, row, text, origin);
    }
    struct chute_setting_value *value = value_of(settings, row);
    if (value->rank <= origin->rank) {
        parsed.text = chute_arena_copy(&settings->arena, text).at;
        parsed.is_noticed = value->is_noticed;
        *value = parsed;
    }
}

void chute_setting_unknown(
    struct chute_settings *settings, const char *name, const struct chute_setting_origin *origin) {
    struct chute_nearest nearest = { .name = chute_str_of(name) };
    size_t count;
    const struct chute_setting *rows = chute_settings_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (!is_prefix(&rows[i]) && !rows[i].is_variable_only) {
            chute_nearest_offer(&nearest, rows[i].name);
        }
    }
    chute_diag_error(settings->diag, CHUTE_DIAG_CONFIG, origin->position,
        chute_diag_did_you_mean(settings->diag, nearest.best), "unknown %s", origin->what);
}

/* PIPELINE_BATCH_SIZE for pipeline.batch.size. */
static bool is_upper_form(struct chute_str variable, const char *name) {
    size_t len = strlen(name);
    bool is_prefixed = name[len - 1] == '.';
    if (is_prefixed ? variable.len <= len : variable.len != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char upper = name[i] == '.' ? '_' : name[i];
        upper = upper >= 'a' && upper <= 'z' ? (char)(upper - 'a' + 'A') : upper;
        if (variable.at[i] != upper) {
            return false;
        }
    }
    return true;
}

/* The row that an environment variable sets; a whole name goes before a prefix. */
static const struct chute_setting *row_of_variable(struct chute_str variable) {
    size_t count;
    const struct chute_setting *rows = chute_settings_rows(&count), *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].variable != NULL && chute_str_eq(variable, chute_str_of(rows[i].variable))) {
            return &rows[i];
        }
        bool is_it = is_upper_form(variable, rows[i].name) ||
                     chute_str_eq(variable, chute_str_of(rows[i].name));
        if (is_it && !rows[i].is_flag_only && (found == NULL || !is_prefix(&rows[i]))) {
            found = &rows[i];
        }
    }
    return found;
}

void chute_settings_load_env(struct chute_settings *settings, char *const *environment) {
    for (size_t i = 0; environment[i] != NULL; i++) {
        const char *equals = strchr(environment[i], '=');
        if (equals == NULL || equals[1] == '\0' || equals - environment[i] > LONGEST_VARIABLE) {
            continue;
        }
        struct chute_str variable = { environment[i], (size_t)(equals - environment[i]) };
        const struct chute_setting *row = row_of_variable(variable);
        if (row != NULL) {
            char what[LONGEST_VARIABLE + 32];
            snprintf(what, sizeof(what), "environment variable %.*s", CHUTE_STR_ARGS(variable));
            struct chute_setting_origin origin = { .rank = CHUTE_RANK_ENV, .what = what };
            chute_setting_set(settings, row, chute_str_of(equals + 1), &origin);
        }
    }
}

static const struct chute_setting_value *read_value(
    const struct chute_settings *settings, const char *name, unsigned types) {
    size_t count;
    const struct chute_setting *row = chute_setting_find(name);
    chute_assert(row != NULL && (types & (1u << row->type)) != 0);
    return &settings->values[row - chute_settings_rows(&count)];
}

bool chute_settings_bool(const struct chute_settings *settings, const char *name) {
    return read_value(settings, name, 1u << CHUTE_SETTING_BOOL)->number != 0;
}

long long chute_settings_int(const struct chute_settings *settings, const char *name) {
    unsigned types =
        1u << CHUTE_SETTING_INT | 1u << CHUTE_SETTING_BYTES | 1u << CHUTE_SETTING_MILLIS;
    return read_value(settings, name, types)->number;
}

const char *chute_settings_text(const struct chute_settings *settings, const char *name) {
    return read_value(settings, name, 1u << CHUTE_SETTING_TEXT | 1u << CHUTE_SETTING_CHOICE)->text;
}

void chute_settings_ports(
    const struct chute_settings *settings, const char *name, int *first, int *last) {
    const struct chute_setting_value *value = read_value(settings, name, 1u << CHUTE_SETTING_PORTS);
    *first = (int)value->number;
    *last = (int)value->last_port;
}

bool chute_settings_is_set(const struct chute_settings *settings, const char *name) {
    return read_value(settings, name, ~0u)->rank != CHUTE_RANK_DEFAULT;
}
