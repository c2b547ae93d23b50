/* conf/settings_internal.h - what the parts of the settings share.
 *
 * Ownership: as in settings.h.
 * Threads: one at a time. */
#ifndef CHUTE_CONF_SETTINGS_INTERNAL_H
#define CHUTE_CONF_SETTINGS_INTERNAL_H

#include "conf/settings.h"
#include "pipeline/base/arena.h"

enum chute_setting_rank {
    CHUTE_RANK_DEFAULT,
    CHUTE_RANK_YAML,
    CHUTE_RANK_ENV,
    CHUTE_RANK_FLAG,
};

struct chute_setting_value {
    enum chute_setting_rank rank;
    bool is_noticed;  /* the warning of a NOTICE row was given */
    const char *text; /* NULL: none */
    long long number; /* INT, BYTES, MILLIS, BOOL; the first of PORTS */
    long long last_port;
};

struct chute_settings {
    struct chute_arena arena;
    struct chute_diag *diag;
    struct chute_setting_value *values; /* one a row */
};

/* Where a value comes from, for messages: "flag --pipeline.workers", and its place, if it has one. */
struct chute_setting_origin {
    enum chute_setting_rank rank;
    const char *what;
    struct chute_position position;
};

/* The row for `name`, prefix rows included; NULL if there is none. */
const struct chute_setting *chute_setting_find(const char *name);
/* Sets `row` to `text`, unless a higher source has; notes what is wrong with it. */
void chute_setting_set(struct chute_settings *settings, const struct chute_setting *row,
    struct chute_str text, const struct chute_setting_origin *origin);
/* Notes that there is no setting `name`, with the nearest one. */
void chute_setting_unknown(
    struct chute_settings *settings, const char *name, const struct chute_setting_origin *origin);
/* Reads `text` as the row's type into `out`, and spells it as the table does; false if it is none, or out of
 * bounds. */
bool chute_setting_parse(
    const struct chute_setting *row, struct chute_str *text, struct chute_setting_value *out);
/* True if `text` is a value that the row refuses. */
bool chute_setting_is_refused(const struct chute_setting *row, struct chute_str text);
/* What the row takes, as "a number from 1 to 1024". */
struct chute_str chute_setting_takes(struct chute_arena *arena, const struct chute_setting *row);

#endif
