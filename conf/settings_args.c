#include "conf/settings_internal.h"

#include "pipeline/base/buf.h"

/* The flags that are left to read. */
struct arguments {
    int argc;
    char *const *argv;
    int next;
};

static const struct chute_setting *row_of_letter(char letter) {
    size_t count;
    const struct chute_setting *rows = chute_settings_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].letter == letter) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool is_bool(const char *text) {
    return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
}

/* Sets `row` to `text` or, where that is NULL, to the next argument; a boolean needs none. */
static void set_flag(struct chute_settings *settings, const struct chute_setting *row,
    const char *text, struct arguments *arguments, const struct chute_setting_origin *origin) {
    const char *next = arguments->next < arguments->argc ? arguments->argv[arguments->next] : NULL;
    bool needs_none = row->type == CHUTE_SETTING_BOOL;
    if (text == NULL && next != NULL && (!needs_none || is_bool(next))) {
        text = next;
        arguments->next++;
    }
    if (text == NULL && !needs_none) {
        chute_diag_error(settings->diag, CHUTE_DIAG_CONFIG, origin->position, NULL,
            "%s needs a value", origin->what);
        return;
    }
    chute_setting_set(settings, row, chute_str_of(text == NULL ? "true" : text), origin);
}

/* `--name`, `--name value` or `--name=value`. */
static void parse_long(
    struct chute_settings *settings, const char *argument, struct arguments *arguments) {
    const char *equals = strchr(argument, '=');
    size_t len = equals == NULL ? strlen(argument) : (size_t)(equals - argument);
    struct chute_buf what = { 0 };
    chute_buf_printf(&what, "flag %.*s", (int)len, argument);
    const char *name = chute_buf_cstr(&what) + strlen("flag --");
    struct chute_setting_origin origin = { .rank = CHUTE_RANK_FLAG, .what = chute_buf_cstr(&what) };
    const struct chute_setting *row = chute_setting_find(name);
    if (row == NULL) {
        chute_setting_unknown(settings, name, &origin);
    } else {
        set_flag(settings, row, equals == NULL ? NULL : equals + 1, arguments, &origin);
    }
    chute_buf_finish(&what);
}

/* `-w 4` or `-w4`; `-tr` is no two flags. */
static void parse_short(
    struct chute_settings *settings, const char *argument, struct arguments *arguments) {
    char what[] = "flag -?";
    what[sizeof(what) - 2] = argument[1];
    struct chute_setting_origin origin = { .rank = CHUTE_RANK_FLAG, .what = what };
    const struct chute_setting *row = row_of_letter(argument[1]);
    if (row == NULL) {
        chute_diag_error(settings->diag, CHUTE_DIAG_CONFIG, origin.position,
            "--help shows the flags there are", "unknown %s", what);
    } else {
        set_flag(settings, row, argument[2] == '\0' ? NULL : argument + 2, arguments, &origin);
    }
}

void chute_settings_parse_args(
    struct chute_settings *settings, int argc, char *const *argv, int *rest) {
    struct arguments arguments = { argc, argv, 1 };
    while (arguments.next < argc) {
        const char *argument = argv[arguments.next];
        if (argument[0] != '-' || argument[1] == '\0') {
            break;
        }
        arguments.next++;
        if (strcmp(argument, "--") == 0) {
            break;
        }
        if (argument[1] == '-') {
            parse_long(settings, argument, &arguments);
        } else {
            parse_short(settings, argument, &arguments);
        }
    }
    *rest = arguments.next < argc ? arguments.next : argc;
}
