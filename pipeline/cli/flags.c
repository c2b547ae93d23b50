#include "pipeline/cli/flags.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/base/str.h"

bool chute_cli_complain(const char *command, const char *what, const char *about) {
    fprintf(stderr, "logchute %s: %s%s%s\n", command, what, about == NULL ? "" : ": ",
        about == NULL ? "" : about);
    return false;
}

static struct chute_str name_of(const char *text) {
    return (struct chute_str){ text, strcspn(text, "=") };
}

const struct chute_cli_flag *chute_cli_flag_find(
    const struct chute_cli_flags *flags, const char *text) {
    struct chute_str name = name_of(text);
    for (const struct chute_cli_flag *row = flags->rows; row->name != NULL; row++) {
        bool is_letter =
            name.len == 2 && text[0] == '-' && row->letter != 0 && text[1] == row->letter;
        if (is_letter || chute_str_eq(name, chute_str_of(row->name))) {
            return row;
        }
    }
    return NULL;
}

bool chute_cli_flag_take(const struct chute_cli_flags *flags, int argc, char **argv, int *at) {
    const char *text = argv[*at];
    size_t len = name_of(text).len;
    const char *value = text[len] == '=' ? text + len + 1 : NULL;
    const struct chute_cli_flag *flag = chute_cli_flag_find(flags, text);
    if (flag == NULL) {
        /* Without its value: that may be a secret. */
        fprintf(stderr, "logchute %s: there is no such flag; --help tells all: %.*s\n",
            flags->command, (int)len, text);
        return false;
    }
    if (flag->on != NULL) {
        *flag->on = value == NULL || strcmp(value, "true") == 0;
        return *flag->on || strcmp(value, "false") == 0 ||
               chute_cli_complain(flags->command, "a switch takes true or false", text);
    }
    if (value == NULL && ++*at >= argc) {
        return chute_cli_complain(flags->command, "a value is missing behind", text);
    }
    value = value == NULL ? argv[*at] : value;
    if (flag->text != NULL) {
        *flag->text = value;
    }
    return flag->take == NULL || flag->take(flags->to, value);
}

bool chute_cli_flags_sift(const struct chute_cli_flags *flags, int *argc, char **argv) {
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        if (chute_cli_flag_find(flags, argv[i]) == NULL) {
            argv[kept++] = argv[i];
        } else if (!chute_cli_flag_take(flags, *argc, argv, &i)) {
            return false;
        }
    }
    *argc = kept;
    return true;
}

bool chute_cli_has_colour(void) {
    return isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
}

bool chute_cli_take_colour(const char *command, const char *when, bool *has_colour) {
    if (strcmp(when, "always") == 0 || strcmp(when, "never") == 0) {
        *has_colour = when[0] == 'a';
        return true;
    }
    return strcmp(when, "auto") == 0 ||
           chute_cli_complain(command, "--color takes always, never or auto, not", when);
}
