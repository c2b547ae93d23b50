/* pipeline/text/redact/command.c - secrets that well-known programs take by short options, as shells, audit logs and process
 * lists show them: `curl -u name:password`, `mysql -ppassword`, `sshpass -p password`. Options with a telling name
 * (`--password`) need no program: key_value.c. */
#include "pipeline/text/redact/quote.h"
#include "pipeline/text/redact/value.h"

#define COMMAND_MOST 2048 /* bytes of a command that are looked at */

/* Where a secret stands in the option or the word behind it. */
enum shape {
    NEXT,       /* -p secret */
    JOINED,     /* -psecret */
    EITHER,     /* -p secret, -psecret */
    AFTER_SIGN, /* -u name:secret */
};

static const struct option {
    const char *program; /* its name begins so */
    const char *flag;
    enum shape shape;
    char sign; /* of AFTER_SIGN */
} options[] = {
    { "curl", "-u", AFTER_SIGN, ':' },
    { "curl", "-U", AFTER_SIGN, ':' },
    { "curl", "--user", AFTER_SIGN, ':' },
    { "curl", "--proxy-user", AFTER_SIGN, ':' },
    { "sshpass", "-p", EITHER, '\0' },
    { "mysql", "-p", JOINED, '\0' },
    { "mariadb", "-p", JOINED, '\0' },
    { "redis-cli", "-a", NEXT, '\0' },
    { "openssl", "pass:", JOINED, '\0' },
    { "mongo", "-p", EITHER, '\0' },
    { "ldap", "-w", NEXT, '\0' },
    { "smbclient", "-U", AFTER_SIGN, '%' },
    { "login", "-p", NEXT, '\0' }, /* docker login, az login, … */
    { "plink", "-pw", NEXT, '\0' },
    { "pscp", "-pw", NEXT, '\0' },
    { "7z", "-p", JOINED, '\0' },
    { "unzip", "-P", EITHER, '\0' },
    { "sqlcmd", "-P", EITHER, '\0' },
    { "sqlplus", "", AFTER_SIGN, '/' },
    { "ipmitool", "-P", NEXT, '\0' },
    { "snmp", "-A", NEXT, '\0' },
    { "snmp", "-X", NEXT, '\0' },
    { "snmp", "-c", NEXT, '\0' },
    { "lftp", "-u", AFTER_SIGN, ',' },
    { "keytool", "-storepass", NEXT, '\0' },
    { "keytool", "-keypass", NEXT, '\0' },
    { "jarsigner", "-storepass", NEXT, '\0' },
    { "jarsigner", "-keypass", NEXT, '\0' },
};
#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

/* A word of a command, without its quotes. */
struct word {
    size_t start, end;
    size_t next; /* behind its quote */
};

static bool ends_command(const struct chute_redact_finder *finder, size_t at) {
    char byte = chute_redact_byte(finder, at);
    return byte == '\0' || byte == '\n' || byte == '|' || byte == ';' ||
           (byte == '\\' && chute_redact_byte(finder, at + 1) == 'n');
}

/* The word at or behind `at`; false at the end of the command. */
static bool read_word(
    const struct chute_redact_finder *finder, size_t at, size_t limit, struct word *word) {
    while (at < limit && chute_redact_byte(finder, at) != '\0' &&
           strchr(" \t,[]()", chute_redact_byte(finder, at)) != NULL) {
        at++;
    }
    if (at >= limit || ends_command(finder, at)) {
        return false;
    }
    struct chute_redact_quote quote = chute_redact_read_quote(finder, at);
    word->start = at + quote.len;
    if (quote.len > 0) {
        bool is_closed;
        word->end = chute_redact_quoted_end(finder, word->start, &quote, &is_closed);
        word->next = word->end + (is_closed ? quote.len : 0);
        return is_closed;
    }
    for (word->end = at; word->end < limit && !ends_command(finder, word->end); word->end++) {
        char byte = finder->text.at[word->end];
        if (chute_is_blank(byte) || chute_redact_read_quote(finder, word->end).len > 0) {
            break;
        }
    }
    word->next = word->end;
    return true;
}

static void add(struct chute_redact_finder *finder, size_t start, size_t end) {
    struct chute_str value = chute_redact_slice(finder, start, end);
    if (end > start && value.at[0] != '-' && !chute_redact_is_blank(value)) {
        chute_redact_add(finder, start, end, CHUTE_REDACT_KEY_VALUE);
    }
}

/* The secret behind the sign in `name:secret`. */
static void add_behind_sign(
    struct chute_redact_finder *finder, const struct word *word, char sign) {
    const char *text = finder->text.at + word->start;
    const char *found = memchr(text, sign, word->end - word->start);
    if (found == NULL || found == text || *text == '@' || found[1] == sign) {
        return;
    }
    size_t start = (size_t)(found - finder->text.at) + 1;
    size_t end = word->end;
    const char *host = sign == '/' ? memchr(found, '@', end - start + 1) : NULL;
    add(finder, start, host == NULL ? end : (size_t)(host - finder->text.at));
}

/* What `word` says as an option of `program`; `*word` moves on where the next one is its value. */
static void read_option(struct chute_redact_finder *finder, const struct option *option,
    struct word *word, size_t limit) {
    struct chute_str text = chute_redact_slice(finder, word->start, word->end);
    struct chute_str flag = chute_str_of(option->flag);
    struct word next;
    if (!chute_str_starts_with(text, flag)) {
        return;
    }
    if (text.len > flag.len) {
        bool is_joined = option->shape == JOINED || option->shape == EITHER;
        bool is_short = flag.len < 2 || flag.at[1] != '-';
        if (is_joined) {
            add(finder, word->start + flag.len, word->end);
        } else if (option->shape == AFTER_SIGN && (is_short || text.at[flag.len] == '=')) {
            add_behind_sign(finder, word, option->sign);
        }
        return;
    }
    bool is_beside = chute_redact_read_quote(finder, word->next).len > 0; /* -p'secret' */
    if ((option->shape == JOINED && !is_beside) || !read_word(finder, word->next, limit, &next)) {
        return;
    }
    if (option->shape == AFTER_SIGN) {
        add_behind_sign(finder, &next, option->sign);
    } else {
        add(finder, next.start, next.end);
    }
    *word = next;
}

/* Whether a word is the path of a program whose name begins with `name`. */
static bool is_program(struct chute_str word, struct chute_str name) {
    const char *slash;
    while ((slash = memchr(word.at, '/', word.len)) != NULL) {
        word.len -= (size_t)(slash + 1 - word.at);
        word.at = slash + 1;
    }
    return chute_str_starts_with(word, name);
}

static struct chute_str program_of(struct chute_str word, struct chute_str current) {
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (is_program(word, chute_str_of(options[i].program))) {
            return chute_str_of(options[i].program);
        }
    }
    return current;
}

/* The options of the program at `at` that `word` may be. */
static void read_options(struct chute_redact_finder *finder, struct chute_str *program, size_t at,
    struct word *word, size_t limit) {
    size_t start = word->start;
    for (size_t i = 0; i < OPTION_COUNT && start > at && word->start == start; i++) {
        if (chute_str_eq(*program, chute_str_of(options[i].program))) {
            read_option(finder, &options[i], word, limit);
        }
    }
    bool starts_another = word->start != start && chute_str_eq(*program, CHUTE_STR("sshpass"));
    program->len = starts_another ? 0 : program->len; /* sshpass -p … ssh -p 22 */
}

void chute_redact_command(struct chute_redact_finder *finder, size_t at, size_t len) {
    if (at < finder->command_end || chute_is_alnum(chute_redact_byte(finder, at - 1))) {
        return;
    }
    size_t limit = at + COMMAND_MOST < finder->text.len ? at + COMMAND_MOST : finder->text.len;
    struct chute_str program = { 0 };
    struct word word;
    struct chute_redact_quote quote = chute_redact_quote_before(finder, at);
    bool is_in_list = quote.len > 0 && chute_redact_read_quote(finder, at + len).len > 0;
    size_t next = at - (is_in_list ? quote.len : 0); /* ["curl", "-u", … */
    while (read_word(finder, next, limit, &word)) {
        struct chute_str text = chute_redact_slice(finder, word.start, word.end);
        program = program_of(text, program);
        read_options(finder, &program, at, &word, limit);
        next = word.next;
    }
    finder->command_end = next;
}
