/* pipeline/text/redact/number.c - a run of digits: the start of a card's, an account's, a telephone's number or of an
 * address; and addresses that start otherwise. */
#include <arpa/inet.h>

#include "pipeline/base/ascii.h"
#include "pipeline/text/redact/finder.h"

#define ADDRESS_MOST 45 /* bytes of an IPv6 address as text */
#define DIGITS_MOST 20  /* of a run: more are nothing */

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
    if (chute_is_upper(before)) {
        if (chute_redact_wants(finder, CHUTE_REDACT_IBAN)) {
            chute_redact_iban(finder, at);
        }
    } else {
        if ((digits == 4 || digits == 6 || digits >= 12) &&
            chute_redact_wants(finder, CHUTE_REDACT_CREDIT_CARD)) {
            chute_redact_card(finder, at);
        }
        if ((digits == 3 || before == '+' || text[at] == '0' || (digits == 1 && text[at] == '1')) &&
            chute_redact_wants(finder, CHUTE_REDACT_PHONE)) {
            chute_redact_telephone(finder, at);
        }
    }
    if (chute_redact_wants(finder, CHUTE_REDACT_IP_ADDRESS)) {
        chute_redact_ip(finder, at, digits);
    }
}
