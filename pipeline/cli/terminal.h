/* pipeline/cli/terminal.h - a terminal that a program has to itself for a while: another screen, no echo, keys as they are
 * pressed; and as it was afterwards, however the program ends.
 *
 * Ownership: one at a time in a process; the caller's memory.
 * Threads: main. */
#ifndef CHUTE_CLI_TERMINAL_H
#define CHUTE_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

#include "pipeline/base/str.h"

enum chute_terminal_event {
    CHUTE_TERMINAL_TIME, /* nothing happened */
    CHUTE_TERMINAL_KEY,  /* `key` was pressed */
    CHUTE_TERMINAL_SIZE, /* it has another size, or is ours again after a stop */
    CHUTE_TERMINAL_END,  /* a signal, or the terminal went away: close, and end with `exit_code` */
};

struct chute_terminal {
    struct termios before;
    int signals;
    bool has_keys; /* standard input is a terminal */
    bool is_open;
    char key;
    int exit_code;
};

/* Takes the terminal on standard output. False if it cannot be had. */
bool chute_terminal_open(struct chute_terminal *terminal);
/* Puts it back. Accepts one that is not open. */
void chute_terminal_close(struct chute_terminal *terminal);
/* Its size now; 80 by 24 if it does not tell. */
void chute_terminal_size(size_t *columns, size_t *lines);
/* Shows a frame, lines ended by line feeds, in place of the last one. */
void chute_terminal_show(struct chute_str frame);
/* Waits for something to happen, until `until_ms` of chute_now_ms. A stop (Ctrl-Z) is seen to. */
enum chute_terminal_event chute_terminal_wait(struct chute_terminal *terminal, uint64_t until_ms);

#endif
