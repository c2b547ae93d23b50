/* pipeline/base/number.h - numbers as text: exact, the same in every locale.
 *
 * A decimal text is what JSON calls a number: -12.50e+3. It may have any number of digits; nothing
 * here loses one.
 *
 * Ownership: texts returned lie in the arena handed in.
 * Threads: any. */
#ifndef CHUTE_BASE_NUMBER_H
#define CHUTE_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/base/arena.h"
#include "pipeline/base/str.h"

#define CHUTE_NUMBER_MAX 32 /* bytes that any of the print functions may write */

/* Each writes at most CHUTE_NUMBER_MAX bytes, no NUL, and returns how many. */
size_t chute_number_print_int(int64_t value, char *out);
/* The shortest text that reads back as the same double, as Java prints it: 100.0,
 * 0.001, 1.0E7, 1.0E-5, NaN. */
size_t chute_number_print_double(double value, char *out);
/* The same digits as Ruby's to_s lays them out: 1.0e+16, 1.0e-05, and plain in between. */
size_t chute_number_print_ruby(double value, char *out);

/* True if the whole of `text` is an optional sign and decimal digits whose value fits. */
bool chute_number_parse_int(struct chute_str text, int64_t *value);
/* True if `text` is exactly what chute_number_print_int writes for `value`: printing loses nothing.
 */
bool chute_number_is_canonical_int(struct chute_str text, int64_t *value);
/* True if the whole of `text` is a decimal number; `value` is the nearest double (infinite if it is
 * too large). */
bool chute_number_parse_double(struct chute_str text, double *value);
/* True if the whole of `text` is a JSON number. */
bool chute_number_is_decimal(struct chute_str text);
/* Compares two decimal texts by value, exactly: negative, 0 or positive. Neither may be anything
 * else. */
int chute_number_compare(struct chute_str a, struct chute_str b);

/* An integer of any size. */
struct chute_number_int {
    bool fits;             /* in an int64 */
    int64_t value;         /* if it fits */
    struct chute_str text; /* its canonical decimal text, if it does not */
};

/* Ruby's String#to_i: the leading integer after blanks, with single underscores inside; 0 if there
 * is none. */
struct chute_number_int chute_number_to_i(struct chute_arena *arena, struct chute_str text);
/* Ruby's String#to_f: the leading number, 0.0 if there is none; hex is 0.0. */
double chute_number_to_f(struct chute_str text);
/* Ruby's Float(text): the whole text, blanks around it allowed, hex too (0x1A, -0x1.8p+1). False if
 * it is none. */
bool chute_number_ruby_float(struct chute_str text, double *value);
/* Ruby's BigDecimal(text).to_i: cut towards zero, exact. False if it is no decimal number or has
 * over 4,096 digits. */
bool chute_number_decimal_to_i(
    struct chute_arena *arena, struct chute_str text, struct chute_number_int *out);
/* A hex integer or float, the whole text: [+-]0x1A, 0x1.8p+1. The nearest double, or close by for over 13 digits. */
bool chute_number_parse_hex(struct chute_str text, double *value);
/* A hex integer, the whole text, exact: [+-]0x1A. False if it is none or has over 256 digits. */
bool chute_number_hex_to_i(
    struct chute_arena *arena, struct chute_str text, struct chute_number_int *out);
/* A double cut towards zero; false if it is not finite. */
bool chute_number_double_to_i(
    struct chute_arena *arena, double value, struct chute_number_int *out);

#endif
