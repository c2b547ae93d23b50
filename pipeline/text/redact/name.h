/* pipeline/text/redact/name.h - what the name of a field says about its value: `newPassword`, `DB_PASSWORD` and
 * `X-Api-Key` hold secrets, `passwordless`, `secretary` and `tokens_left` do not.
 *
 * A name is taken apart into words (camelCase, snake_case, kebab-case, dots and blanks); its last word says what the
 * value is, the ones before it which kind of it: an api key, not a primary key.
 *
 * Ownership: none.
 * Threads: any. */
#ifndef CHUTE_TEXT_REDACT_NAME_H
#define CHUTE_TEXT_REDACT_NAME_H

#include "pipeline/base/str.h"

/* How much a name says: the later, the less has to be seen of the value. */
enum chute_redact_name {
    CHUTE_NAME_PLAIN, /* nothing secret */
    CHUTE_NAME_HINTS, /* key, auth, sig: secret if the value looks random */
    CHUTE_NAME_LISTS, /* passwords, tokens: secret where they are texts, not where they are counted */
    CHUTE_NAME_SESSION,       /* session, pin: secret, but common in prose */
    CHUTE_NAME_SESSION_ID,    /* secret, unless it is a mere number */
    CHUTE_NAME_PHONE,         /* phone, mobile: the value is a telephone number */
    CHUTE_NAME_COOKIE,        /* cookie, set-cookie: names and values */
    CHUTE_NAME_AUTHORIZATION, /* a scheme and credentials */
    CHUTE_NAME_SECRET,        /* secret, whatever it looks like */
};

/* Longer names are judged by their end. */
#define CHUTE_NAME_LONGEST 96

enum chute_redact_name chute_redact_name(struct chute_str name);

#endif
