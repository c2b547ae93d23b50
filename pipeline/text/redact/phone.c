/* pipeline/text/redact/phone.c - telephone numbers: international ones (E.164, with a `+` and a country's code), and the
 * national forms of North America and of countries that begin with a 0. */
#include "pipeline/base/ascii.h"
#include "pipeline/text/redact/finder.h"
#include "pipeline/text/redact/word.h"

#define DIGITS_MOST 15
#define GROUPS_MOST 8

/* Digits in groups, as they stand in the text. */
struct number {
    char digits[DIGITS_MOST];
    size_t count;
    size_t groups[GROUPS_MOST]; /* digits in each */
    size_t ends[GROUPS_MOST];   /* where the text stands behind each */
    char signs[GROUPS_MOST];    /* before each but the first: the last byte of what stands there */
    size_t group_count;
};

/* Behind what may part two groups: one sign, or a blank and a bracket, or a bracket and a blank. 0 if it does not. */
static size_t skip_sign(const struct chute_redact_finder *finder, size_t at) {
    size_t start = at;
    while (at - start < 2 && chute_redact_byte(finder, at) != '\0' &&
           strchr(" -./()", chute_redact_byte(finder, at)) != NULL) {
        at++;
    }
    bool is_pair = at - start == 2;
    if (is_pair && strchr("()", finder->text.at[start]) == NULL &&
        strchr("()", finder->text.at[start + 1]) == NULL) {
        return 0;
    }
    return at > start && chute_is_digit(chute_redact_byte(finder, at)) ? at : 0;
}

/* As many groups as a telephone number may have; false if the first is too long for one. */
static bool read_number(
    const struct chute_redact_finder *finder, size_t at, struct number *number) {
    number->count = number->group_count = 0;
    while (number->group_count < GROUPS_MOST) {
        size_t end = at;
        while (chute_is_digit(chute_redact_byte(finder, end)) && end - at <= DIGITS_MOST) {
            end++;
        }
        if (number->count + (end - at) > DIGITS_MOST) {
            break;
        }
        memcpy(number->digits + number->count, finder->text.at + at, end - at);
        number->count += end - at;
        number->groups[number->group_count] = end - at;
        number->ends[number->group_count++] = end;
        at = skip_sign(finder, end);
        if (at == 0) {
            break;
        }
        number->signs[number->group_count % GROUPS_MOST] = finder->text.at[at - 1];
    }
    return number->group_count > 0;
}

static size_t end_of(const struct number *number) {
    return number->ends[number->group_count - 1];
}

/* Takes groups away from the end until at most `most` digits are left. */
static void shorten(struct number *number, size_t most) {
    while (number->count > most && number->group_count > 1) {
        number->count -= number->groups[--number->group_count];
    }
}

/* Whether a word shortly before says that a number to call follows: "phone number 677 416 207". */
static bool is_called_phone(const struct chute_redact_finder *finder, size_t at) {
    static const struct chute_str words[] = { W("phone"), W("telephone"), W("call"), W("callback"),
        W("mobile"), W("mobil"), W("sms"), W("tel"), W("telefon"), W("cell"), W("fax"), W("handy"),
        W("dial"), W("dialing"), W("dialling"), W("caller"), W("whatsapp"), W("contact") };
    return chute_redact_is_called(finder, at, words, sizeof(words) / sizeof(words[0]));
}

/* ------------------------------------------------------------------ international */

static const struct {
    unsigned short code;       /* of the country */
    unsigned char least, most; /* digits in all */
} countries[] = {
    { 1, 11, 11 },
    { 7, 11, 11 },
    { 20, 11, 12 },
    { 27, 11, 11 },
    { 30, 12, 12 },
    { 31, 11, 11 },
    { 32, 10, 11 },
    { 33, 11, 11 },
    { 34, 11, 11 },
    { 36, 10, 11 },
    { 39, 10, 13 },
    { 40, 11, 11 },
    { 41, 11, 11 },
    { 43, 9, 15 },
    { 44, 11, 12 },
    { 45, 10, 10 },
    { 46, 9, 13 },
    { 47, 10, 10 },
    { 48, 11, 11 },
    { 49, 9, 15 },
    { 51, 10, 11 },
    { 52, 12, 13 },
    { 53, 10, 10 },
    { 54, 12, 13 },
    { 55, 12, 13 },
    { 56, 11, 11 },
    { 57, 10, 12 },
    { 58, 12, 12 },
    { 60, 10, 12 },
    { 61, 11, 11 },
    { 62, 10, 14 },
    { 63, 11, 12 },
    { 64, 10, 12 },
    { 65, 10, 10 },
    { 66, 10, 11 },
    { 81, 11, 12 },
    { 82, 10, 12 },
    { 84, 11, 12 },
    { 86, 12, 13 },
    { 90, 12, 12 },
    { 91, 12, 12 },
    { 92, 11, 12 },
    { 93, 11, 11 },
    { 94, 11, 11 },
    { 95, 9, 12 },
    { 98, 12, 12 },
};

/* Takes away what is too much for the country. False if it is no number of one. */
static bool is_international(struct number *number) {
    if (number->count < 9 || number->digits[0] == '0') {
        return false;
    }
    unsigned one = (unsigned)(number->digits[0] - '0');
    unsigned two = one * 10 + (unsigned)(number->digits[1] - '0');
    for (size_t i = 0; i < sizeof(countries) / sizeof(countries[0]); i++) {
        if (countries[i].code == one || countries[i].code == two) {
            shorten(number, countries[i].most);
            return number->count >= countries[i].least && number->count <= countries[i].most;
        }
    }
    /* what is left has codes of three digits */
    return (one >= 2 && one <= 6) || one == 8 || one == 9;
}

/* Takes the 0 of `+44 (0)161 904 0495` away, which is dialled at home only. */
static void drop_trunk(const struct chute_redact_finder *finder, struct number *number) {
    size_t digit = number->groups[0];
    for (size_t i = 1; i < number->group_count && i < 3; digit += number->groups[i++]) {
        size_t start = number->ends[i] - number->groups[i];
        if (number->groups[i] == 1 && finder->text.at[start] == '0' &&
            finder->text.at[start - 1] == '(') {
            memmove(number->digits + digit, number->digits + digit + 1, number->count - digit - 1);
            number->groups[i] = 0;
            number->count--;
        }
    }
}

/* `at` is of the digit behind the plus, or behind the 00 that stands for it; `start` of these. */
static void read_international(struct chute_redact_finder *finder, size_t start, size_t at) {
    char before = chute_redact_byte(finder, start - 1);
    struct number number;
    if (chute_is_alnum(before) || before == '+' || !read_number(finder, at, &number)) {
        return;
    }
    drop_trunk(finder, &number);
    bool is_plus = finder->text.at[start] == '+';
    bool is_whole = number.group_count == 1 && number.count >= 9 && number.digits[0] != '0' &&
                    is_called_phone(finder, start); /* of whatever length, where a word says so */
    if ((is_whole || is_international(&number)) && (is_plus || number.group_count > 1) &&
        !chute_is_alnum(chute_redact_byte(finder, end_of(&number)))) {
        chute_redact_add(finder, start, end_of(&number), CHUTE_REDACT_PHONE);
    }
}

/* ------------------------------------------------------------------ national */

/* 555-123-4567, 555.123.4567, (555) 123-4567, and a 1 before these. */
static bool is_north_american(const struct number *number, bool is_bracketed) {
    const char *digits = number->digits;
    const size_t *groups = number->groups;
    const char *signs = number->signs;
    size_t first = 0;
    if (number->group_count == 4 && groups[0] == 1 && digits[0] == '1') {
        first = 1;
        digits++;
    }
    if (number->group_count != first + 3 || groups[first] != 3 || groups[first + 1] != 3 ||
        groups[first + 2] != 4 || digits[0] < '2') {
        return false;
    }
    char last = signs[first + 2];
    return is_bracketed ? last == '-' || last == ' ' || last == '.'
                        : last == signs[first + 1] && (last == '-' || last == '.');
}

/* 020 7946 0958, 01632 960123, 0171/2345678, 01 23 45 67 89: a 0, the area, and the rest. */
static bool is_with_trunk(const struct number *number) {
    if (number->digits[0] != '0' || number->count < 9 || number->count > 12 ||
        number->digits[1] == '0' || number->group_count < 2) {
        return false;
    }
    bool is_of_pairs = number->group_count == 5 && number->count == 10;
    for (size_t i = 0; i < number->group_count; i++) {
        size_t least = i == 0 ? 3 : number->group_count == 2 ? 5 : 3;
        is_of_pairs = is_of_pairs && number->groups[i] == 2;
        if (!is_of_pairs && (number->groups[i] < least || number->groups[i] > (i == 0 ? 5 : 8))) {
            return false;
        }
        if (i > 1 && number->signs[i] != number->signs[i - 1] && number->signs[1] != '/' &&
            number->signs[1] != ' ') {
            return false;
        }
        if (i > 0 && number->signs[i] == '.' && !is_of_pairs) {
            return false; /* a version, a fraction */
        }
    }
    return true;
}

/* 06-12345678, 06 1234 5678, 03-1234-5678: an area of one digit behind the 0. */
static bool is_of_short_area(const struct number *number) {
    const size_t *groups = number->groups;
    if (number->digits[0] != '0' || number->digits[1] == '0' || groups[0] != 2 ||
        number->count != 10) {
        return false;
    }
    return (number->group_count == 2 && number->digits[1] == '6' && number->signs[1] == '-') ||
           (number->group_count == 3 && groups[1] == 4 && number->signs[1] == number->signs[2] &&
               (number->signs[1] == ' ' || number->signs[1] == '-'));
}

/* "version 1.737.895.3542" */
static bool is_called_version(const struct chute_redact_finder *finder, size_t at) {
    static const struct chute_str words[] = { W("version"), W("release"), W("build"), W("v") };
    return chute_redact_is_called(finder, at, words, sizeof(words) / sizeof(words[0]));
}

/* 677 416 207, 913 28 81 03, 347 1857008, 5551234567: what a number to call may be elsewhere. */
static bool is_of_groups(const struct number *number) {
    bool is_time = number->group_count == 1 && number->count == 10 && number->digits[0] == '1';
    bool is_trunk = number->groups[0] == 1 && number->digits[0] == '8' && number->count == 11;
    if (number->count < 9 || number->count > 11 || (number->groups[0] < 2 && !is_trunk) ||
        is_time) {
        return false;
    }
    for (size_t i = 1; i < number->group_count; i++) {
        if (strchr(" -/()", number->signs[i]) == NULL || number->groups[i] < 2) {
            return false;
        }
    }
    return true;
}

static bool is_of_blanks(const struct number *number) {
    bool has_blank = false;
    for (size_t i = 1; i < number->group_count; i++) {
        has_blank = has_blank || number->signs[i] == ' ';
    }
    return has_blank;
}

/* A digit behind a blank: what is looked at is a part of an account's number, or of a table. */
static bool is_digit_beside(const struct chute_redact_finder *finder, size_t blank, size_t digit) {
    return chute_redact_byte(finder, blank) == ' ' &&
           chute_is_digit(chute_redact_byte(finder, digit));
}

/* How a number begins. */
enum start {
    NO_NUMBER,
    OF_AN_AREA, /* three digits, or a 1, or a 0 and something else; and more digits behind a sign */
    OF_DIGITS,  /* a number only if a word before says so */
};

static enum start start_of(const struct chute_redact_finder *finder, size_t at) {
    size_t end = at;
    while (end - at <= 11 && chute_is_digit(chute_redact_byte(finder, end))) {
        end++;
    }
    size_t len = end - at;
    bool goes_on = skip_sign(finder, end) != 0;
    char first = finder->text.at[at];
    bool is_of_area = first == '0' ? len <= 5 && len >= 2 && finder->text.at[at + 1] != '0'
                      : len == 1   ? first == '1'
                                   : len == 3;
    if (goes_on && is_of_area) {
        return OF_AN_AREA;
    }
    return goes_on || (len >= 9 && len <= 11) ? OF_DIGITS : NO_NUMBER;
}

/* Whether the groups of `number` stand for themselves. */
static bool is_apart(const struct chute_redact_finder *finder, const struct number *number,
    size_t start, bool is_bracketed) {
    size_t end = end_of(number);
    if (is_of_blanks(number) && !is_bracketed &&
        (is_digit_beside(finder, start - 1, start - 2) || is_digit_beside(finder, end, end + 1))) {
        return false;
    }
    char behind = chute_redact_byte(finder, end);
    char beyond = chute_redact_byte(finder, end + 1);
    return !chute_is_alnum(behind) && behind != '_' &&
           !(behind != '\0' && strchr("-./:", behind) != NULL && chute_is_alnum(beyond));
}

static void read_national(struct chute_redact_finder *finder, size_t at) {
    char before = chute_redact_byte(finder, at - 1);
    bool is_named = before == ':' && chute_is_alpha(chute_redact_byte(finder, at - 2));
    if (chute_is_alnum(before) ||
        (before != '\0' && !is_named && strchr("-./_:+#", before) != NULL)) {
        return;
    }
    bool is_bracketed = before == '(';
    enum start begin = start_of(finder, at);
    struct number number;
    if (begin == NO_NUMBER || !read_number(finder, at, &number)) {
        return;
    }
    /* what is read may be more than one number */
    for (; number.group_count > 0; number.count -= number.groups[--number.group_count]) {
        bool is_number =
            begin == OF_AN_AREA && (is_north_american(&number, is_bracketed) ||
                                       is_with_trunk(&number) || is_of_short_area(&number));
        if ((is_number || (is_of_groups(&number) && is_called_phone(finder, at))) &&
            is_apart(finder, &number, at, is_bracketed) && !is_called_version(finder, at)) {
            chute_redact_add(
                finder, is_bracketed ? at - 1 : at, end_of(&number), CHUTE_REDACT_PHONE);
            return;
        }
    }
}

/* `at` is of the first digit of a run. */
void chute_redact_telephone(struct chute_redact_finder *finder, size_t at) {
    char before = chute_redact_byte(finder, at - 1);
    if (before == '+') {
        read_international(finder, at - 1, at);
    } else if (before != '#' && before != ',' && chute_redact_is_at(finder, at, CHUTE_STR("00"))) {
        read_international(finder, at, at + 2);
    } else {
        read_national(finder, at);
    }
}

bool chute_redact_is_phone(struct chute_str text) {
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        digits += chute_is_digit(text.at[i]);
        if (!chute_is_digit(text.at[i]) &&
            (text.at[i] == '\0' || strchr("+-./() ", text.at[i]) == NULL)) {
            return false;
        }
    }
    return digits >= 7 && digits <= DIGITS_MOST;
}
