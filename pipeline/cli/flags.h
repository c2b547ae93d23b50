/* pipeline/cli/flags.h - the flags of a subcommand, told by a table: `--name value`, `--name=value`, `-n value`; a switch
 * stands alone, or with `=true` or `=false`.
 *
 * Ownership: texts are those of argv.
 * Threads: main. */
#ifndef CHUTE_CLI_FLAGS_H
#define CHUTE_CLI_FLAGS_H

#include <stdbool.h>

/* With none of `on`, `text` and `take` a value is read and has no effect. */
struct chute_cli_flag {
    const char *name;                          /* "--limit" */
    char letter;                               /* 'l' for "-l"; 0: none */
    bool *on;                                  /* a switch: what it sets */
    const char **text;                         /* what gets the value as it is */
    bool (*take)(void *to, const char *value); /* false after saying what is wrong with it */
};

struct chute_cli_flags {
    const char *command;               /* "search" */
    const struct chute_cli_flag *rows; /* ended by { 0 } */
    void *to;
};

/* The row of a flag, whatever stands behind its equals sign; NULL if there is none. */
const struct chute_cli_flag *chute_cli_flag_find(
    const struct chute_cli_flags *flags, const char *text);
/* Reads the flag at argv[*at], and moves `*at` to its value. False after saying what is wrong. */
bool chute_cli_flag_take(const struct chute_cli_flags *flags, int argc, char **argv, int *at);

/* Reads all flags of the table out of argv, of which only the others are left. False after saying what is wrong. */
bool chute_cli_flags_sift(const struct chute_cli_flags *flags, int *argc, char **argv);

/* Says "logchute COMMAND: WHAT: ABOUT" on standard error; `about` may be NULL. Always false. */
bool chute_cli_complain(const char *command, const char *what, const char *about);

/* What `--color auto` comes to: a terminal, and no NO_COLOR. */
bool chute_cli_has_colour(void);
/* The value of --color. False after saying that it is none. */
bool chute_cli_take_colour(const char *command, const char *when, bool *has_colour);

#endif
