/* conf/java_hash.h - the order in which Java's HashMap walks its keys, which is the order in which Logstash
 * walks an option that is given as a hash.
 *
 * Ownership: everything is borrowed for the length of a call.
 * Threads: any. */
#ifndef CHUTE_CONF_JAVA_HASH_H
#define CHUTE_CONF_JAVA_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "pipeline/base/str.h"

/* Java's String.hashCode of a valid UTF-8 text. */
int32_t chute_java_hash(struct chute_str text);
/* `keys` differ and are put into a fresh HashMap in that order; order[n] becomes the index of the key that
 * is walked as number n. */
void chute_java_hash_order(const struct chute_str *keys, size_t count, size_t *order);

#endif
