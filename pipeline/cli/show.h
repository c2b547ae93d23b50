/* pipeline/cli/show.h - events as a person reads them on a terminal, or as JSON lines.
 *
 *     2026-11-23T21:40:31.123Z ERROR timetable-api  no room is free {"http":{"status":500}}
 *
 * Ownership: the show borrows its stream.
 * Threads: one at a time. */
#ifndef CHUTE_CLI_SHOW_H
#define CHUTE_CLI_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "pipeline/base/str.h"

struct chute_show;

/* Returns new. With `is_json` documents are written as they are, one a line; else `has_colour` colours the level. */
struct chute_show *chute_show_create(FILE *out, bool is_json, bool has_colour);
/* Accepts NULL. */
void chute_show_destroy(struct chute_show *show);
/* Writes a JSON document; `show` is a struct chute_show. */
void chute_show_event(void *show, struct chute_str document);

#endif
