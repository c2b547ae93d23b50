/* pipeline/text/redact/iban.c - bank account numbers (ISO 13616): a country, its length, and check digits that leave 1
 * when all is divided by 97; plain, or in groups of four. */
#include "pipeline/base/ascii.h"
#include "pipeline/text/redact/finder.h"

static const struct {
    char country[3];
    unsigned char len;
} lengths[] = {
    { "AD", 24 },
    { "AE", 23 },
    { "AL", 28 },
    { "AT", 20 },
    { "AZ", 28 },
    { "BA", 20 },
    { "BE", 16 },
    { "BG", 22 },
    { "BH", 22 },
    { "BI", 27 },
    { "BR", 29 },
    { "BY", 28 },
    { "CH", 21 },
    { "CR", 22 },
    { "CY", 28 },
    { "CZ", 24 },
    { "DE", 22 },
    { "DJ", 27 },
    { "DK", 18 },
    { "DO", 28 },
    { "EE", 20 },
    { "EG", 29 },
    { "ES", 24 },
    { "FI", 18 },
    { "FK", 18 },
    { "FO", 18 },
    { "FR", 27 },
    { "GB", 22 },
    { "GE", 22 },
    { "GI", 23 },
    { "GL", 18 },
    { "GR", 27 },
    { "GT", 28 },
    { "HN", 28 },
    { "HR", 21 },
    { "HU", 28 },
    { "IE", 22 },
    { "IL", 23 },
    { "IQ", 23 },
    { "IS", 26 },
    { "IT", 27 },
    { "JO", 30 },
    { "KW", 30 },
    { "KZ", 20 },
    { "LB", 28 },
    { "LC", 32 },
    { "LI", 21 },
    { "LT", 20 },
    { "LU", 20 },
    { "LV", 21 },
    { "LY", 25 },
    { "MC", 27 },
    { "MD", 24 },
    { "ME", 22 },
    { "MK", 19 },
    { "MN", 20 },
    { "MR", 27 },
    { "MT", 31 },
    { "MU", 30 },
    { "NI", 28 },
    { "NL", 18 },
    { "NO", 15 },
    { "OM", 23 },
    { "PK", 24 },
    { "PL", 28 },
    { "PS", 29 },
    { "PT", 25 },
    { "QA", 29 },
    { "RO", 24 },
    { "RS", 22 },
    { "RU", 33 },
    { "SA", 24 },
    { "SC", 31 },
    { "SD", 18 },
    { "SE", 24 },
    { "SI", 19 },
    { "SK", 24 },
    { "SM", 27 },
    { "SO", 23 },
    { "ST", 25 },
    { "SV", 28 },
    { "TL", 23 },
    { "TN", 24 },
    { "TR", 26 },
    { "UA", 29 },
    { "VA", 22 },
    { "VG", 24 },
    { "XK", 20 },
    { "YE", 30 },
};

static size_t length_of(const char *country) {
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        if (memcmp(lengths[i].country, country, 2) == 0) {
            return lengths[i].len;
        }
    }
    return 0;
}

static unsigned add_to_remainder(unsigned remainder, char byte) {
    return chute_is_digit(byte) ? (remainder * 10 + (unsigned)(byte - '0')) % 97
                                : (remainder * 100 + (unsigned)(byte - 'A') + 10) % 97;
}

/* The check digits are read last, behind the account. */
static bool is_right(const char *iban, size_t len) {
    unsigned remainder = 0;
    for (size_t i = 4; i < len + 4; i++) {
        remainder = add_to_remainder(remainder, iban[i % len]);
    }
    return remainder == 1;
}

/* Whether what starts at `at` follows a tag of MT940's, `?31`. */
static bool is_behind_tag(const struct chute_redact_finder *finder, size_t at) {
    return at >= 3 && finder->text.at[at - 3] == '?' && chute_is_digit(finder->text.at[at - 2]) &&
           chute_is_digit(finder->text.at[at - 1]);
}

/* `at` is of the check digits. */
void chute_redact_iban(struct chute_redact_finder *finder, size_t at) {
    if (at < 2 || !chute_is_upper(finder->text.at[at - 1]) ||
        !chute_is_upper(finder->text.at[at - 2]) ||
        (chute_is_alnum(chute_redact_byte(finder, at - 3)) && !is_behind_tag(finder, at - 2))) {
        return;
    }
    size_t start = at - 2;
    size_t len = length_of(finder->text.at + start);
    char iban[40];
    size_t count = 0;
    for (at = start; count < len; at++) {
        char byte = chute_redact_byte(finder, at);
        if (chute_is_digit(byte) || chute_is_upper(byte)) {
            iban[count++] = byte;
        } else if ((byte != ' ' && byte != '-') || count % 4 != 0 || count == 0 ||
                   finder->text.at[at - 1] == byte) {
            return;
        }
    }
    if (len > 0 && !chute_is_alnum(chute_redact_byte(finder, at)) && chute_is_digit(iban[3]) &&
        is_right(iban, len)) {
        chute_redact_add(finder, start, at, CHUTE_REDACT_IBAN);
    }
}
