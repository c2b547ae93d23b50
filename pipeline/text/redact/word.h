/* pipeline/text/redact/word.h - an entry of a table of words, which CHUTE_STR cannot make: it is no constant.
 *
 * Ownership: none; literals.
 * Threads: any. */
#ifndef CHUTE_TEXT_REDACT_WORD_H
#define CHUTE_TEXT_REDACT_WORD_H

#define W(text)                                                                                    \
    { text, sizeof(text) - 1 }

#endif
