/* pipeline/base/user_info.h - hides who logs in with what in URLs that are about to be shown: a log line, an error, a quoted
 * line of a configuration.
 *
 * Ownership: the text is changed in place. Threads: any. */
#ifndef CHUTE_BASE_USER_INFO_H
#define CHUTE_BASE_USER_INFO_H

#include <stddef.h>

/* Writes `*` over each byte between "://" and the last "@" before the path, and, without a scheme, of "name:word@host". */
void chute_user_info_hide(char *text, size_t len);

#endif
