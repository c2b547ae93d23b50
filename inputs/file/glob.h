/* inputs/file/glob.h - file names by pattern, as Ruby's Dir.glob reads it: `*` `?` `[a-z]` `{a,b}` and `**` for
 * any depth of folders; a leading dot is matched by a dot only.
 *
 * Ownership: everything is borrowed for the length of a call.
 * Threads: any. */
#ifndef CHUTE_INPUTS_FILE_GLOB_H
#define CHUTE_INPUTS_FILE_GLOB_H

#include <stdbool.h>

/* Calls `found` for each path that fits `pattern`, which is absolute; not in a particular order, and twice
 * where two alternatives in braces fit. */
void chute_file_glob(const char *pattern, void (*found)(void *arg, const char *path), void *arg);
/* True if the name (without folders) fits. */
bool chute_file_name_fits(const char *pattern, const char *name);
/* True if `pattern` stands for itself only. */
bool chute_file_glob_is_literal(const char *pattern);

#endif
