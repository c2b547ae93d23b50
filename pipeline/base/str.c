#include "pipeline/base/str.h"

#include <strings.h>

bool chute_str_eq_nocase(struct chute_str a, struct chute_str b) {
    return a.len == b.len && (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

ptrdiff_t chute_str_find(struct chute_str text, struct chute_str needle) {
    if (needle.len == 0) {
        return 0;
    }
    if (text.len < needle.len) {
        return -1;
    }
    const char *found = memmem(text.at, text.len, needle.at, needle.len);
    return found == NULL ? -1 : found - text.at;
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\v' ||
           byte == '\f';
}

struct chute_str chute_str_trim(struct chute_str text) {
    while (text.len > 0 && is_blank(text.at[0])) {
        text.at++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.at[text.len - 1])) {
        text.len--;
    }
    return text;
}
