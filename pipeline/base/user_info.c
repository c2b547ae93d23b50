#include "pipeline/base/user_info.h"

#include <stdbool.h>
#include <string.h>

static bool ends_authority(char byte) {
    return byte == '\0' || strchr(" \t\r\n\"'/,<>()[]{}=", byte) != NULL;
}

void chute_user_info_hide(char *text, size_t len) {
    for (size_t at = 0; at < len;) {
        size_t end = at, user_end = 0;
        bool has_colon = false;
        bool has_scheme = at >= 3 && memcmp(text + at - 3, "://", 3) == 0;
        for (; end < len && !(has_scheme ? strchr(" \t\r\n\"'/,", text[end]) != NULL
                                         : ends_authority(text[end]));
             end++) {
            user_end = text[end] == '@' ? end : user_end;
            has_colon |= text[end] == ':' && user_end == 0;
        }
        if (user_end > at && (has_scheme || has_colon)) {
            memset(text + at, '*', user_end - at);
        }
        at = end + 1;
    }
}
