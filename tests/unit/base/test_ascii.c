#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/ascii.h"

Test(base_ascii, values_of_hexadecimal_digits) {
    static const char digits[] = "0123456789abcdefABCDEF";
    for (int byte = 0; byte < 256; byte++) {
        const char text[2] = { (char)byte, '\0' };
        bool is_digit = byte != 0 && strchr(digits, byte) != NULL;
        int want = is_digit ? (int)strtol(text, NULL, 16) : -1;
        cr_expect_eq(chute_hex_value((char)byte), want, "%d", byte);
        cr_expect_eq(chute_is_hex((char)byte), is_digit, "%d", byte);
    }
}

Test(base_ascii, only_capitals_have_a_lower_case) {
    for (int byte = 0; byte < 256; byte++) {
        int want = byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte;
        cr_expect_eq(chute_to_lower((char)byte), (char)want, "%d", byte);
    }
}
