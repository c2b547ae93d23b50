/* conf/conceal.h - hides secrets in a line of a configuration that is about to be shown.
 *
 * What is shown may be no valid configuration, so names and forms tell: the value behind a name such as `password`,
 * and the user in an URL.
 *
 * Ownership: the line is changed in place. Threads: any. */
#ifndef CHUTE_CONF_CONCEAL_H
#define CHUTE_CONF_CONCEAL_H

#include <stddef.h>

/* Writes `*` over each byte of each secret among the `len` bytes. */
void chute_conceal(char *line, size_t len);

#endif
