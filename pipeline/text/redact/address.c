/* pipeline/text/redact/address.c - e-mail addresses (RFC 5321, as people write them), and the password in the user info of a
 * URL (RFC 3986, and what connection strings make of it). */
#include "pipeline/base/ascii.h"
#include "pipeline/text/redact/finder.h"
#include "pipeline/text/redact/value.h"

#define LOCAL_MOST 64
#define DOMAIN_MOST 253
#define USER_INFO_MOST 1024
#define SLASHED_MOST 64 /* how far a password with a slash in it is followed */

/* ------------------------------------------------------------------ e-mail */

static bool is_local_byte(char byte) {
    return chute_is_alnum(byte) || (unsigned char)byte >= 0x80 ||
           (byte != '\0' && strchr("._%+-'", byte) != NULL);
}

static bool is_domain_byte(char byte) {
    return chute_is_alnum(byte) || byte == '-' || (unsigned char)byte >= 0x80;
}

/* Where the domain that starts at `at` ends: labels with a dot between them, the last one a name of a top-level
 * domain. 0 if it is none. */
static size_t domain_end(const struct chute_redact_finder *finder, size_t at) {
    size_t start = at, end = 0;
    while (at - start <= DOMAIN_MOST) {
        size_t label = at;
        bool is_name = true;
        while (is_domain_byte(chute_redact_byte(finder, at)) && at - start <= DOMAIN_MOST) {
            char byte = finder->text.at[at++];
            is_name = is_name && !chute_is_digit(byte) && byte != '-';
        }
        bool is_punycode = at - label > 4 && memcmp(finder->text.at + label, "xn--", 4) == 0;
        if (at == label || finder->text.at[label] == '-') {
            break;
        }
        end = label > start && at - label >= 2 && (is_name || is_punycode) ? at : end;
        if (chute_redact_byte(finder, at) != '.') {
            /* what ends in a number or in a single letter is no domain */
            return end == at ? end : 0;
        }
        at++;
    }
    return end;
}

/* Endings of names that hold an `@` and are no addresses: units of systemd, pictures, packages. */
static bool is_file(struct chute_str domain) {
    static const char *const endings[] = { ".service", ".socket", ".slice", ".scope", ".timer",
        ".mount", ".target", ".device", ".swap", ".path", ".png", ".jpg", ".jpeg", ".gif", ".svg",
        ".webp", ".ico", ".css", ".js", ".mjs", ".ts", ".json", ".yaml", ".yml", ".html", ".xml",
        ".conf", ".cfg", ".log", ".txt", ".class", ".java", ".jar", ".tar", ".tgz", ".gz",
        ".patch" };
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (chute_str_ends_with(domain, chute_str_of(endings[i]))) {
            return true;
        }
    }
    return false;
}

/* Behind the last sign of a URL's encoding in start … end - 1 that is none of an address: `mail%3Danna`. */
static size_t behind_escapes(const struct chute_redact_finder *finder, size_t start, size_t end) {
    for (size_t at = start; at + 3 <= end; at++) {
        const char *text = finder->text.at + at;
        if (text[0] == '%' && chute_is_hex(text[1]) && chute_is_hex(text[2]) &&
            memcmp(text, "%2B", 3) != 0 && memcmp(text, "%2b", 3) != 0 &&
            memcmp(text, "%2E", 3) != 0) {
            start = at + 3;
        }
    }
    return start;
}

/* `aes256-gcm@openssh.com`: what SSH calls an algorithm (RFC 4251, section 6). */
static bool is_algorithm(struct chute_str local, struct chute_str domain) {
    bool is_of_ssh = chute_str_eq(domain, CHUTE_STR("openssh.com")) ||
                     chute_str_eq(domain, CHUTE_STR("libssh.org")) ||
                     chute_str_eq(domain, CHUTE_STR("ssh.com"));
    return is_of_ssh && memchr(local.at, '-', local.len) != NULL;
}

void chute_redact_email(struct chute_redact_finder *finder, size_t at, size_t len) {
    size_t first = at > LOCAL_MOST ? at - LOCAL_MOST : 0;
    if (finder->authority_end == at + 1) {
        return; /* of user info */
    }
    size_t start = at;
    while (start > first && is_local_byte(finder->text.at[start - 1])) {
        start--;
    }
    start = behind_escapes(finder, start, at);
    while (start < at && strchr(".'-%", finder->text.at[start]) != NULL) {
        start++;
    }
    if (start == at || finder->text.at[at - 1] == '.') {
        return;
    }
    size_t end = domain_end(finder, at + len);
    if (end == 0 || is_file(chute_redact_slice(finder, at + len, end)) ||
        is_algorithm(
            chute_redact_slice(finder, start, at), chute_redact_slice(finder, at + len, end))) {
        return;
    }
    /* git@host:path is how a repository is reached; scheme://user@host is no mailbox either */
    if (chute_redact_byte(finder, end) == ':' &&
        chute_str_eq(chute_redact_slice(finder, start, at), CHUTE_STR("git"))) {
        return;
    }
    if (start >= 3 && memcmp(finder->text.at + start - 3, "://", 3) == 0) {
        return;
    }
    chute_redact_add(finder, start, end, CHUTE_REDACT_EMAIL);
}

/* ------------------------------------------------------------------ user info */

static bool ends_authority(char byte) {
    return byte == '\0' || chute_is_space(byte) || strchr("/?#\"'`<>\\", byte) != NULL;
}

/* The first `@` at or behind `at`. */
static size_t next_at_sign(struct chute_redact_finder *finder, size_t at) {
    if (at > finder->next_at || !finder->has_next_at) {
        const char *found = memchr(finder->text.at + at, '@', finder->text.len - at);
        finder->next_at = found == NULL ? finder->text.len : (size_t)(found - finder->text.at);
        finder->has_next_at = true;
    }
    return finder->next_at;
}

/* The `@` that ends the user info which starts at `at`: the last one before the host ends. A password may hold a slash
 * where what stands before it is no port. 0 if there is none. */
static size_t user_info_end(const struct chute_redact_finder *finder, size_t at, size_t colon) {
    size_t found = 0;
    size_t limit = at + USER_INFO_MOST;
    size_t end = at;
    for (; end < limit && !ends_authority(chute_redact_byte(finder, end)); end++) {
        found = finder->text.at[end] == '@' ? end : found;
    }
    char byte = chute_redact_byte(finder, end);
    if (found != 0 || (byte != '/' && byte != '?' && byte != '#')) {
        return found;
    }
    bool is_port = true;
    for (size_t i = colon + 1; i < end; i++) {
        is_port = is_port && chute_is_digit(finder->text.at[i]);
    }
    for (limit = end + SLASHED_MOST; !is_port && end < limit; end++) {
        byte = chute_redact_byte(finder, end);
        if (byte == '@') {
            return end;
        }
        if (ends_authority(byte) && byte != '/' && byte != '?' && byte != '#') {
            break;
        }
    }
    return 0;
}

/* `at` is of `://`. */
void chute_redact_url(struct chute_redact_finder *finder, size_t at, size_t len) {
    size_t start = at + len;
    if (!chute_is_alnum(chute_redact_byte(finder, at - 1)) ||
        next_at_sign(finder, start) > start + USER_INFO_MOST) {
        return;
    }
    size_t colon = start;
    while (colon < finder->next_at && finder->text.at[colon] != ':' &&
           !ends_authority(finder->text.at[colon])) {
        colon++;
    }
    bool has_password = chute_redact_byte(finder, colon) == ':';
    size_t end = user_info_end(finder, start, has_password ? colon : start);
    if (end == 0) {
        return;
    }
    finder->authority_end = end + 1;
    if (has_password && colon < end) {
        if (!chute_redact_is_blank(chute_redact_slice(finder, colon + 1, end))) {
            chute_redact_add(finder, colon + 1, end, CHUTE_REDACT_URL_PASSWORD);
        }
    } else if (chute_redact_is_random(chute_redact_slice(finder, start, end))) {
        chute_redact_add(
            finder, start, end, CHUTE_REDACT_URL_PASSWORD); /* a token in the user's place */
    }
}

void chute_redact_dsn(struct chute_redact_finder *finder, size_t at, size_t len) {
    (void)len;
    size_t start = at, colon = 0;
    while (start > 0 && at - start < SLASHED_MOST && finder->text.at[start - 1] != '@' &&
           !chute_is_space(finder->text.at[start - 1]) &&
           strchr("\"'`<>", finder->text.at[start - 1]) == NULL) {
        start--;
        colon = finder->text.at[start] == ':' ? start : colon;
    }
    struct chute_str password = chute_redact_slice(finder, colon + 1, at);
    if (colon > start && colon + 1 < at && !chute_redact_is_blank(password)) {
        chute_redact_add(finder, colon + 1, at, CHUTE_REDACT_URL_PASSWORD);
    }
}

void chute_redact_thin(struct chute_redact_finder *finder, size_t at, size_t len) {
    size_t slash = 0;
    for (size_t end = at + len; end - at < SLASHED_MOST; end++) {
        char byte = chute_redact_byte(finder, end);
        slash = byte == '/' && slash == 0 ? end : slash;
        if (byte == '@') {
            struct chute_str password = chute_redact_slice(finder, slash + 1, end);
            if (slash > 0 && slash + 1 < end && !chute_redact_is_blank(password)) {
                chute_redact_add(finder, slash + 1, end, CHUTE_REDACT_URL_PASSWORD);
            }
            return;
        }
        if (byte == '\0' || chute_is_space(byte)) {
            return;
        }
    }
}
