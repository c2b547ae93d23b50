/* pipeline/base/locale.h - what months, days and halves of the day are called, as Java knows it.
 *
 * Ownership: the tables are constant.
 * Threads: any. */
#ifndef CHUTE_BASE_LOCALE_H
#define CHUTE_BASE_LOCALE_H

#include "pipeline/base/str.h"

struct chute_locale {
    const char *language; /* `en` */
    const char *months[12];
    const char *short_months[12];
    const char *weekdays[7]; /* from Monday on */
    const char *short_weekdays[7];
    const char *halfdays[2];
    const char *eras[2];
};

/* The locale of a language tag: `de`, `de-AT`, `de_AT`. NULL if its language is not among those we know. */
const struct chute_locale *chute_locale_find(struct chute_str tag);
/* English, where nothing is said. */
const struct chute_locale *chute_locale_default(void);
/* Finds the longest of `count` names that `text` starts with; case does not matter, nor does a dot at a
 * name's end. Returns its bytes in `text` and sets `index`; 0 if there is none. */
size_t chute_locale_match(struct chute_str text, const char *const *names, int count, int *index);

#endif
