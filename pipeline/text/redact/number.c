/* pipeline/text/redact/number.c - a run of digits: the start of a card's, an account's, a telephone's number or of an
 * address; and addresses that start otherwise. */
#include <arpa/inet.h>

#include "pipeline/base/ascii.h"
#include "pipeline/text/redact/finder.h"

#define ADDRESS_MOST 45 /* bytes of an IPv6 address as text */
#define DIGITS_MOST 20  /* of a run: more are nothing */
#define NEAR 24         /* bytes before a number that say what it is */

static bool is_address_byte(char byte) {
    return chute_is_hex(byte) || byte == ':' || byte == '.';
}

void chute_redact_ip(struct chute_redact_finder *finder, size_t at, size_t len) {
    (void)len;
    size_t start = at, end = at;
    while (start > 0 && at - start <= ADDRESS_MOST && is_address_byte(finder->text.at[start - 1])) {
        start--;
    }
    while (end - start <= ADDRESS_MOST && is_address_byte(chute_redact_byte(finder, end))) {
        end++;
    }
    while (end > start && (finder->text.at[end - 1] == '.' ||
                              (finder->text.at[end - 1] == ':' &&
                                  (end - start < 2 || finder->text.at[end - 2] != ':')))) {
        end--; /* of a sentence, before a port's name */
    }
    if (end - start < 3 || end - start > ADDRESS_MOST ||
        chute_is_alnum(chute_redact_byte(finder, start - 1)) ||
        chute_is_alnum(chute_redact_byte(finder, end))) {
        return;
    }
    char text[ADDRESS_MOST + 1];
    memcpy(text, finder->text.at + start, end - start);
    text[end - start] = '\0';
    char *colon = strchr(text, ':');
    if (colon != NULL && strchr(text, '.') != NULL && strchr(colon + 1, '.') == NULL) {
        end = start + (size_t)(colon - text); /* 10.0.0.1:443 */
        *colon = '\0';
    }
    unsigned char address[16];
    if (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1) {
        chute_redact_add(finder, start, end, CHUTE_REDACT_IP_ADDRESS);
    }
}

bool chute_redact_is_called(const struct chute_redact_finder *finder, size_t at,
    const struct chute_str *words, size_t count) {
    size_t end = at;
    for (size_t start = at; start > 0 && at - start < NEAR; start--) {
        char byte = finder->text.at[start - 1];
        if (!chute_is_alpha(byte)) {
            if (strchr(" :.'\"(", byte) == NULL && (byte != '=' || start != at)) {
                return false;
            }
            continue;
        }
        end = chute_is_alpha(chute_redact_byte(finder, start)) ? end : start;
        if (chute_is_alpha(chute_redact_byte(finder, start - 2))) {
            continue;
        }
        struct chute_str word = chute_redact_slice(finder, start - 1, end);
        for (size_t i = 0; i < count; i++) {
            if (chute_str_eq_nocase(word, words[i])) {
                return true;
            }
        }
    }
    return false;
}

/* Whether a number of so many digits may begin a telephone's. */
static bool may_be_phone(const struct chute_redact_finder *finder, size_t at, size_t digits) {
    char before = chute_redact_byte(finder, at - 1);
    char first = finder->text.at[at];
    bool is_named = before == ':' && chute_is_alpha(chute_redact_byte(finder, at - 2));
    if (before == '-' || before == '.' || before == '/' || before == '_' ||
        (before == ':' && !is_named)) {
        return false; /* a date, a time, a path, a version */
    }
    return digits == 3 || before == '+' || first == '0' ||
           (digits == 1 && (first == '1' || first == '8')) || (digits == 2 && before == '(') ||
           (digits >= 9 && digits <= 11);
}

/* Most numbers of a log are told from the rest by how many digits they have. */
void chute_redact_number(struct chute_redact_finder *finder, size_t at, size_t len) {
    (void)len;
    const char *text = finder->text.at;
    size_t most = finder->text.len - at;
    size_t digits = 1;
    while (digits < most && digits < DIGITS_MOST && chute_is_digit(text[at + digits])) {
        digits++;
    }
    char before = chute_redact_byte(finder, at - 1);
    if (before == '%' && digits > 2) { /* %20 before it */
        at += 2;
        digits -= 2;
    }
    bool is_encoded = at >= 3 && text[at - 3] == '%' && chute_is_hex(text[at - 2]); /* %3D */
    if (chute_is_upper(before) && !is_encoded) {
        if (chute_redact_wants(finder, CHUTE_REDACT_IBAN)) {
            chute_redact_iban(finder, at);
        }
    } else {
        if ((digits == 4 || digits == 6 || digits >= 12) &&
            chute_redact_wants(finder, CHUTE_REDACT_CREDIT_CARD)) {
            chute_redact_card(finder, at);
        }
        if (may_be_phone(finder, at, digits) && chute_redact_wants(finder, CHUTE_REDACT_PHONE)) {
            chute_redact_telephone(finder, at);
        }
    }
    if (chute_redact_wants(finder, CHUTE_REDACT_IP_ADDRESS)) {
        chute_redact_ip(finder, at, digits);
    }
}
