/* pipeline/text/redact/card.c - payment card numbers (ISO/IEC 7812): an issuer's prefix, a length that it gives out, and the
 * check digit; plain, or in groups parted by blanks or dashes. */
#include "pipeline/base/ascii.h"
#include "pipeline/text/redact/finder.h"
#include "pipeline/text/redact/word.h"

#define DIGITS_MOST 19
#define BIT(n) (1u << (n))

/* Numbers whose first `len` digits lie in first … last, and the lengths that go with them, a bit each. */
struct issuer {
    unsigned first, last;
    unsigned char len;
    unsigned lengths;
};

#define FROM_16 (BIT(16) | BIT(17) | BIT(18) | BIT(19))
#define FROM_12 (BIT(12) | BIT(13) | BIT(14) | BIT(15) | FROM_16)

static const struct issuer issuers[] = {
    { 4, 4, 1, BIT(13) | BIT(16) | BIT(19) }, /* Visa; see is_called_card */
    { 51, 55, 2, BIT(16) },                   /* Mastercard */
    { 2221, 2720, 4, BIT(16) },               /* Mastercard */
    { 34, 34, 2, BIT(15) },                   /* American Express */
    { 37, 37, 2, BIT(15) },                   /* American Express */
    { 6011, 6011, 4, FROM_16 },               /* Discover */
    { 644, 659, 3, FROM_16 },                 /* Discover */
    { 300, 305, 3, BIT(14) | FROM_16 },       /* Diners Club */
    { 3095, 3095, 4, BIT(14) | FROM_16 },     /* Diners Club */
    { 36, 36, 2, BIT(14) | FROM_16 },         /* Diners Club */
    { 38, 39, 2, BIT(14) | FROM_16 },         /* Diners Club */
    { 3528, 3589, 4, FROM_16 },               /* JCB */
    { 62, 62, 2, FROM_16 },                   /* UnionPay */
    { 2200, 2204, 4, FROM_16 },               /* Mir */
    { 5018, 5018, 4, FROM_12 },               /* Maestro */
    { 5020, 5020, 4, FROM_12 },               /* Maestro */
    { 5038, 5038, 4, FROM_12 },               /* Maestro */
    { 5893, 5893, 4, FROM_12 },               /* Maestro */
    { 6304, 6304, 4, FROM_12 },               /* Maestro */
    { 6759, 6763, 4, FROM_12 },               /* Maestro */
};

/* The lengths that a number with these first digits may have, a bit each. */
static unsigned lengths_of(const char *digits) {
    unsigned lengths = 0;
    for (size_t i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
        unsigned prefix = 0;
        for (unsigned d = 0; d < issuers[i].len; d++) {
            prefix = prefix * 10 + (unsigned)(digits[d] - '0');
        }
        if (prefix >= issuers[i].first && prefix <= issuers[i].last) {
            lengths |= issuers[i].lengths;
        }
    }
    return lengths;
}

/* Luhn's algorithm. */
static bool has_check_digit(const char *digits, size_t count) {
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned digit = (unsigned)(digits[count - 1 - i] - '0') << (i & 1);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

/* Nothing that would make the digits a part of something longer: letters, a fraction, a dashed name. */
static bool is_free(const struct chute_redact_finder *finder, size_t start, size_t end) {
    char before = chute_redact_byte(finder, start - 1);
    char further = chute_redact_byte(finder, start - 2);
    char behind = chute_redact_byte(finder, end);
    char beyond = chute_redact_byte(finder, end + 1);
    bool is_encoded = start >= 3 && finder->text.at[start - 3] == '%' && chute_is_hex(further);
    if ((chute_is_alnum(before) && !is_encoded) || chute_is_alnum(behind) || behind == '_') {
        return false;
    }
    if ((before == '-' || before == '.') && chute_is_alnum(further)) {
        return false;
    }
    return !((behind == '-' || behind == '.') && chute_is_alnum(beyond));
}

/* Whether what starts at `at` begins like a number of a card: with a group of four or six digits and one of four or more
 * behind it, or with twelve digits and more. */
static bool begins_well(const struct chute_redact_finder *finder, size_t at) {
    size_t end = at;
    while (end - at <= DIGITS_MOST && chute_is_digit(chute_redact_byte(finder, end))) {
        end++;
    }
    size_t len = end - at;
    char sign = chute_redact_byte(finder, end);
    return len >= 12 ? len <= DIGITS_MOST
                     : (len == 4 || len == 6) && (sign == ' ' || sign == '-') &&
                           chute_is_digit(chute_redact_byte(finder, end + 1)) &&
                           chute_is_digit(chute_redact_byte(finder, end + 4));
}

/* "DE75 " before it: a group of an account number. */
static bool is_in_account(const struct chute_redact_finder *finder, size_t at) {
    return at >= 5 && finder->text.at[at - 1] == ' ' && chute_is_digit(finder->text.at[at - 2]) &&
           chute_is_digit(finder->text.at[at - 3]) && chute_is_upper(finder->text.at[at - 4]) &&
           chute_is_upper(finder->text.at[at - 5]);
}

/* Whether a word shortly before says that a card's number follows. Visa's old numbers of 13 digits are taken for cards only
 * then: they look like article numbers. */
static bool is_called_card(const struct chute_redact_finder *finder, size_t at) {
    static const struct chute_str words[] = { W("card"), W("cards"), W("creditcard"), W("visa"),
        W("pan"), W("cc"), W("karte"), W("cardholder"), W("kreditkarte") };
    return chute_redact_is_called(finder, at, words, sizeof(words) / sizeof(words[0]));
}

/* The number that starts at `at`; as long as possible. */
void chute_redact_card(struct chute_redact_finder *finder, size_t at) {
    if (!begins_well(finder, at) || is_in_account(finder, at)) {
        return;
    }
    char digits[DIGITS_MOST];
    size_t ends[DIGITS_MOST + 1] = {
        0
    }; /* where the text stands behind so many digits; 0: not between groups */
    size_t count = 0;
    size_t next = at;
    char sign = '\0';
    while (count < DIGITS_MOST && chute_is_digit(chute_redact_byte(finder, next))) {
        digits[count++] = finder->text.at[next++];
        char byte = chute_redact_byte(finder, next);
        if (chute_is_digit(byte)) {
            continue;
        }
        ends[count] = next;
        bool is_sign = (byte == ' ' || byte == '-') && (sign == '\0' || byte == sign);
        if (!is_sign || count < 4 || !chute_is_digit(chute_redact_byte(finder, next + 1))) {
            break;
        }
        if (sign == '\0' && count != 4 && count != 6) {
            break; /* no card has such a first group */
        }
        sign = byte;
        next++;
    }
    if (count < 12) {
        return;
    }
    unsigned lengths = lengths_of(digits);
    for (; count >= 12; count--) {
        if (ends[count] != 0 && (lengths & BIT(count)) != 0 && has_check_digit(digits, count) &&
            is_free(finder, at, ends[count]) &&
            (count != 13 || digits[0] != '4' || is_called_card(finder, at))) {
            chute_redact_add(finder, at, ends[count], CHUTE_REDACT_CREDIT_CARD);
            return;
        }
    }
}
