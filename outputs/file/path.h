/* outputs/file/path.h - the file names that events ask for, kept below a root.
 *
 * Ownership: everything is borrowed for the length of a call; a text that is returned is a view of its argument.
 * Threads: any. */
#ifndef CHUTE_OUTPUTS_FILE_PATH_H
#define CHUTE_OUTPUTS_FILE_PATH_H

#include "pipeline/base/buf.h"

/* Writes `path` to `out` as an absolute one, without `.`, `..` and doubled slashes; a relative one starts at
 * the process's folder. Nothing is asked of the file system: links stay. */
void chute_file_path_expand(struct chute_buf *out, struct chute_str path);
/* The folders of an expanded path that no %{reference} stands in, without a slash at the end; all folders,
 * where it has none. Empty: the first one has a reference already. */
struct chute_str chute_file_path_root(struct chute_str path);
/* True if `path` (expanded) lies below `root`. */
bool chute_file_path_is_below(struct chute_str path, struct chute_str root);
/* True if it holds a %{reference}. */
bool chute_file_path_has_reference(struct chute_str path);

#endif
