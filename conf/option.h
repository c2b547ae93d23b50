/* conf/option.h - the table of options that a plugin declares, and the settings compiled from it.
 *
 * One row is the one source of parsing, ${ENV}, validation, defaults, "did you mean", the reference pages
 * and `logchute docs --json`. The macros tie a row to its member's C type at compile time. What has
 * neither default nor value is absent: NULL, 0, or `.at == NULL`.
 *
 * Ownership: everything an option points to lives in the arena of the configuration.
 * Threads: settings are immutable once compiled: any. */
#ifndef CHUTE_CONF_OPTION_H
#define CHUTE_CONF_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "pipeline/base/ref.h"
#include "pipeline/base/value.h"

enum chute_option_type {
    CHUTE_OPT_BOOL = 1, /* bool */
    CHUTE_OPT_INT,      /* long long */
    CHUTE_OPT_FLOAT,    /* double */
    CHUTE_OPT_STR,      /* struct chute_str, NUL-terminated; `.at == NULL` when absent */
    CHUTE_OPT_CHOICE,   /* int: index into .choices; -1 when absent */
    CHUTE_OPT_BYTES,    /* long long: `64mb`, `10 KiB`, 123 */
    CHUTE_OPT_SECONDS, /* long long, milliseconds: written as seconds (0.5) or text (`500ms`, `2 weeks`) */
    CHUTE_OPT_LIST, /* struct chute_list of texts; a single value is a list of one */
    CHUTE_OPT_HASH, /* const struct chute_object *, keys in the order in which Logstash walks them */
    CHUTE_OPT_VALUE,     /* struct chute_value, as written; NULL type when absent */
    CHUTE_OPT_REF,       /* const struct chute_ref * */
    CHUTE_OPT_REFS,      /* struct chute_refs */
    CHUTE_OPT_TEMPLATE,  /* const struct chute_template * (sprintf) */
    CHUTE_OPT_TEMPLATES, /* struct chute_templates */
    CHUTE_OPT_CODEC,     /* struct chute_codec *: built by the loader */
};

struct chute_list {
    const struct chute_str *items;
    size_t count;
};

struct chute_template;
struct chute_templates {
    const struct chute_template *const *items;
    size_t count;
};
struct chute_codec;

enum chute_option_state {
    CHUTE_OPTION_OK,
    CHUTE_OPTION_DEPRECATED,  /* works; one warning with `.hint` */
    CHUTE_OPTION_OBSOLETE,    /* Logstash itself refuses it: error with `.hint` */
    CHUTE_OPTION_UNSUPPORTED, /* ours refuses it: error with `.hint`, what to use instead */
    CHUTE_OPTION_IGNORED, /* accepted, without meaning here (a JVM's affair): one notice with `.hint` */
};

struct chute_option {
    const char *name;
    enum chute_option_type type;
    size_t offset;
    const char *fallback; /* the default, as it would be written in a configuration */
    bool is_required;
    bool is_secret; /* a password: never shown */
    bool is_file;   /* names a file that has to be there: a warning under -t, an error at a start */
    bool has_bounds;
    double min, max;            /* INT, FLOAT, BYTES (bytes), SECONDS (seconds) */
    const char *const *choices; /* CHOICE and LIST: ended by NULL */
    const char *alias_of;       /* a former name: the option of that name is set */
    enum chute_option_state state;
    const char *hint;   /* for the states above */
    const char *doc;    /* one line */
    const char *sample; /* a value for the test of rows, where the type does not tell one */
};

#define CHUTE_MEMBER(T, m, ctype)                                                                  \
    (offsetof(T, m) + 0 * sizeof(char[_Generic(&((T *)0)->m, ctype * : 1)]))
#define CHUTE_BOOLEAN(T, m) .type = CHUTE_OPT_BOOL, .offset = CHUTE_MEMBER(T, m, bool)
#define CHUTE_INTEGER(T, m) .type = CHUTE_OPT_INT, .offset = CHUTE_MEMBER(T, m, long long)
#define CHUTE_FLOAT(T, m) .type = CHUTE_OPT_FLOAT, .offset = CHUTE_MEMBER(T, m, double)
#define CHUTE_TEXT(T, m) .type = CHUTE_OPT_STR, .offset = CHUTE_MEMBER(T, m, struct chute_str)
#define CHUTE_CHOICE(T, m) .type = CHUTE_OPT_CHOICE, .offset = CHUTE_MEMBER(T, m, int)
#define CHUTE_SIZE(T, m) .type = CHUTE_OPT_BYTES, .offset = CHUTE_MEMBER(T, m, long long)
#define CHUTE_SECONDS(T, m) .type = CHUTE_OPT_SECONDS, .offset = CHUTE_MEMBER(T, m, long long)
#define CHUTE_LIST(T, m) .type = CHUTE_OPT_LIST, .offset = CHUTE_MEMBER(T, m, struct chute_list)
#define CHUTE_HASH(T, m)                                                                           \
    .type = CHUTE_OPT_HASH, .offset = CHUTE_MEMBER(T, m, const struct chute_object *)
#define CHUTE_VALUE(T, m) .type = CHUTE_OPT_VALUE, .offset = CHUTE_MEMBER(T, m, struct chute_value)
#define CHUTE_REF(T, m)                                                                            \
    .type = CHUTE_OPT_REF, .offset = CHUTE_MEMBER(T, m, const struct chute_ref *)
#define CHUTE_REFS(T, m) .type = CHUTE_OPT_REFS, .offset = CHUTE_MEMBER(T, m, struct chute_refs)
#define CHUTE_TEMPLATE(T, m)                                                                       \
    .type = CHUTE_OPT_TEMPLATE, .offset = CHUTE_MEMBER(T, m, const struct chute_template *)
#define CHUTE_TEMPLATES(T, m)                                                                      \
    .type = CHUTE_OPT_TEMPLATES, .offset = CHUTE_MEMBER(T, m, struct chute_templates)
#define CHUTE_CODEC(T, m)                                                                          \
    .type = CHUTE_OPT_CODEC, .offset = CHUTE_MEMBER(T, m, struct chute_codec *)

#endif
