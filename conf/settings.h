/* conf/settings.h - the settings of a run: those of logstash.yml, from all their sources.
 *
 * A later source wins over an earlier one, in whatever order they are loaded: defaults, logstash.yml,
 * environment variables (PIPELINE_WORKERS, or the name as it is), flags. What is wrong goes to the diag; what
 * Logstash knows and has no meaning here is a warning, once; what we cannot do is refused.
 *
 * Ownership: settings own their texts; the diag is borrowed and outlives them.
 * Threads: one at a time while loading; reading: any. */
#ifndef CHUTE_CONF_SETTINGS_H
#define CHUTE_CONF_SETTINGS_H

#include "conf/diag.h"
#include "conf/env.h"

enum chute_setting_type {
    CHUTE_SETTING_TEXT,
    CHUTE_SETTING_BOOL,
    CHUTE_SETTING_INT,
    CHUTE_SETTING_BYTES,  /* 64mb; k, m, g, t are powers of 1024 */
    CHUTE_SETTING_MILLIS, /* 5s, 500ms; a plain number counts `plain_ms` each */
    CHUTE_SETTING_CHOICE, /* one of `choices` */
    CHUTE_SETTING_PORTS,  /* 9600, or the first free one of 9600-9700 */
};

enum chute_setting_state {
    CHUTE_SETTING_SUPPORTED,
    CHUTE_SETTING_NOTICE, /* accepted without effect; the value is checked where there is a fallback */
    CHUTE_SETTING_REFUSED, /* an error with `hint` */
    CHUTE_SETTING_ALIAS, /* an old name of `alias`, or with `alias_value` a flag that sets it to that */
};

/* One row of the table; a name that ends in "." stands for all that begin with it. */
struct chute_setting {
    const char *name;
    enum chute_setting_type type;
    enum chute_setting_state state;
    char letter;           /* of the short flag; 0: none */
    bool is_flag_only;     /* neither in logstash.yml nor in the environment */
    bool is_variable_only; /* neither in logstash.yml nor a flag */
    const char *variable;  /* an environment variable beside the upper-case one; NULL: none */
    const char *fallback;  /* as it would be written; NULL: none, or made at start */
    long long min, max;    /* of INT, BYTES, MILLIS */
    long long plain_ms;    /* of MILLIS; 0: a unit is required */
    const char *choices;   /* parted by blanks */
    const char
        *refused;     /* a value that is refused with `hint`, in an otherwise supported setting */
    const char *hint; /* why not, or what to use instead */
    const char *alias;
    const char *alias_value;
    const char *doc;
};

/* The table, for documentation. Never NULL. */
const struct chute_setting *chute_settings_rows(size_t *count);

struct chute_settings;

/* Returns new settings that hold the defaults. */
struct chute_settings *chute_settings_create(struct chute_diag *diag);
/* Sets what `name` is where no source says otherwise; a value that the table does not take is noted. */
void chute_settings_set_default(
    struct chute_settings *settings, const char *name, const char *text);
/* Accepts NULL. */
void chute_settings_destroy(struct chute_settings *settings);

/* Reads a file: nested and dotted keys alike, `${VAR:default}` in values from `env`. 0, with errors in the diag;
 * or libuv's negative code if the file cannot be read, which is noted only where it exists (not UV_ENOENT). */
int chute_settings_load_yaml(
    struct chute_settings *settings, const char *path, const struct chute_env *env);
/* Takes the variables of `environment` ("NAME=value", ended by NULL) that are settings; an empty one is
 * none. */
void chute_settings_load_env(struct chute_settings *settings, char *const *environment);
/* Reads flags from argv[1] on: `--name value`, `--name=value`, `-w 4`, `-w4`; a boolean may stand alone.
 * Stops at the first argument that is no flag, or behind `--`; `*rest` is its index, `argc` if there is none. */
void chute_settings_parse_args(
    struct chute_settings *settings, int argc, char *const *argv, int *rest);

/* By name; a name or type that the table does not have is a bug. Texts are views as long as the settings. */
bool chute_settings_bool(const struct chute_settings *settings, const char *name);
/* INT, BYTES (in bytes) and MILLIS (in milliseconds). */
long long chute_settings_int(const struct chute_settings *settings, const char *name);
/* TEXT and CHOICE; NULL if it has neither value nor default. */
const char *chute_settings_text(const struct chute_settings *settings, const char *name);
/* PORTS: both ends, equal for a single port. */
void chute_settings_ports(
    const struct chute_settings *settings, const char *name, int *first, int *last);
/* True if a source other than the defaults has set it. */
bool chute_settings_is_set(const struct chute_settings *settings, const char *name);

#endif
