#include "pipeline/text/redact/name.h"

#include <stdint.h>

#include "pipeline/base/ascii.h"

#define WORDS_MAX 12

/* What a word of a name means. */
enum meaning {
    NOTHING,
    SECRET,  /* its own end says it all: password, token */
    PASS,    /* db_pass, but not pass alone */
    PLURAL,  /* passwords, tokens */
    SESSION, /* session, and session id */
    SESSION_ID,
    KEY, /* decided by the word before */
    KEYS,
    HINT,      /* auth, sig */
    AUTHORIZE, /* authorization */
    COOKIE,
    PHONE,
    CARD,   /* credit card */
    ID,     /* of a session, of a secret */
    NUMBER, /* of a card */
    CODE,   /* security code */
    TAIL,   /* says nothing: password_hash, new_password_2 */
};

/* What a word before the last one means for it. */
enum qualifier {
    NO_QUALIFIER,
    KEY_OF_LOCK = 1,  /* api key, private key */
    KEY_OF_ROW = 2,   /* primary key, public key */
    NOT_A_VALUE = 4,  /* has_password, forgot_password */
    NOT_A_TOKEN = 8,  /* next_page_token, unexpected token */
    OF_A_CARD = 16,   /* credit, card */
    OF_SECURITY = 32, /* security code */
};

struct word {
    const char *text;
    uint8_t meaning;
    uint8_t qualifier;
};

/* In order, for a binary search. */
static const struct word words[] = {
    { "access", 0, KEY_OF_LOCK },
    { "account", 0, KEY_OF_LOCK },
    { "admin", 0, KEY_OF_LOCK },
    { "aes", 0, KEY_OF_LOCK },
    { "again", TAIL, 0 },
    { "allow", 0, NOT_A_VALUE },
    { "api", 0, KEY_OF_LOCK },
    { "app", 0, KEY_OF_LOCK },
    { "application", 0, KEY_OF_LOCK },
    { "auth", HINT, KEY_OF_LOCK },
    { "authorisation", AUTHORIZE, 0 },
    { "authorization", AUTHORIZE, 0 },
    { "aws", 0, KEY_OF_LOCK },
    { "b", TAIL, 0 },
    { "bad", 0, NOT_A_VALUE },
    { "base", TAIL, 0 },
    { "bearer", HINT, KEY_OF_LOCK },
    { "cache", 0, KEY_OF_ROW },
    { "card", CARD, OF_A_CARD },
    { "cardnumber", SECRET, 0 },
    { "cipher", 0, KEY_OF_LOCK },
    { "client", 0, KEY_OF_LOCK },
    { "code", CODE, 0 },
    { "completion", 0, NOT_A_TOKEN },
    { "composite", 0, KEY_OF_ROW },
    { "confirm", TAIL, 0 },
    { "confirmation", TAIL, 0 },
    { "confirmed", TAIL, 0 },
    { "consumer", 0, KEY_OF_LOCK },
    { "continuation", 0, NOT_A_TOKEN },
    { "contrasena", SECRET, 0 },
    { "contraseña", SECRET, 0 },
    { "cookie", COOKIE, KEY_OF_LOCK },
    { "cookies", COOKIE, 0 },
    { "count", 0, NOT_A_VALUE },
    { "credential", SECRET, 0 },
    { "credentials", PLURAL, 0 },
    { "credit", 0, OF_A_CARD },
    { "creditcard", SECRET, OF_A_CARD },
    { "creds", PLURAL, 0 },
    { "crypt", 0, KEY_OF_LOCK },
    { "csrf", HINT, 0 },
    { "current", TAIL, 0 },
    { "cvc", SECRET, 0 },
    { "cvv", SECRET, 0 },
    { "debit", 0, OF_A_CARD },
    { "dedup", 0, KEY_OF_ROW },
    { "deploy", 0, KEY_OF_LOCK },
    { "dev", TAIL, 0 },
    { "digest", TAIL, 0 },
    { "disable", 0, NOT_A_VALUE },
    { "duplicate", 0, KEY_OF_ROW },
    { "empty", 0, NOT_A_VALUE },
    { "enable", 0, NOT_A_VALUE },
    { "enc", TAIL, 0 },
    { "encrypt", 0, KEY_OF_LOCK },
    { "encrypted", TAIL, 0 },
    { "encryption", 0, KEY_OF_LOCK },
    { "expired", 0, NOT_A_VALUE },
    { "foreign", 0, KEY_OF_ROW },
    { "forgot", 0, NOT_A_VALUE },
    { "group", 0, KEY_OF_ROW },
    { "has", 0, NOT_A_VALUE },
    { "hash", TAIL, 0 },
    { "hashed", TAIL, 0 },
    { "header", TAIL, 0 },
    { "hide", 0, NOT_A_VALUE },
    { "hmac", 0, KEY_OF_LOCK },
    { "hot", 0, KEY_OF_ROW },
    { "id", ID, 0 },
    { "idempotency", 0, KEY_OF_ROW },
    { "illegal", 0, NOT_A_VALUE },
    { "index", 0, KEY_OF_ROW },
    { "input", TAIL, 0 },
    { "invalid", 0, NOT_A_VALUE },
    { "is", 0, NOT_A_VALUE },
    { "jsessionid", SESSION_ID, 0 },
    { "jwt", SECRET, 0 },
    { "kennwort", SECRET, 0 },
    { "key", KEY, 0 },
    { "keys", KEYS, 0 },
    { "license", 0, KEY_OF_LOCK },
    { "lookup", 0, KEY_OF_ROW },
    { "master", 0, KEY_OF_LOCK },
    { "max", 0, NOT_A_VALUE },
    { "message", 0, KEY_OF_ROW },
    { "min", 0, NOT_A_VALUE },
    { "missing", 0, NOT_A_VALUE },
    { "mobile", PHONE, 0 },
    { "motdepasse", SECRET, 0 },
    { "need", 0, NOT_A_VALUE },
    { "needs", 0, NOT_A_VALUE },
    { "new", TAIL, 0 },
    { "next", 0, NOT_A_TOKEN },
    { "no", NUMBER, NOT_A_VALUE },
    { "nr", NUMBER, 0 },
    { "num", NUMBER, NOT_A_VALUE },
    { "number", NUMBER, 0 },
    { "object", 0, KEY_OF_ROW },
    { "old", TAIL, 0 },
    { "openai", 0, KEY_OF_LOCK },
    { "otp", SECRET, 0 },
    { "pad", 0, NOT_A_TOKEN },
    { "page", 0, NOT_A_TOKEN },
    { "pan", NOTHING, OF_A_CARD },
    { "partition", 0, KEY_OF_ROW },
    { "pass", PASS, 0 },
    { "passcode", SECRET, 0 },
    { "passkey", SECRET, 0 },
    { "passphrase", SECRET, 0 },
    { "passwd", SECRET, 0 },
    { "password", SECRET, 0 },
    { "passwords", PLURAL, 0 },
    { "passwort", SECRET, 0 },
    { "payment", 0, OF_A_CARD },
    { "phone", PHONE, 0 },
    { "phpsessid", SESSION_ID, 0 },
    { "pin", SESSION, OF_SECURITY },
    { "plain", TAIL, 0 },
    { "plaintext", TAIL, 0 },
    { "primary", 0, KEY_OF_ROW },
    { "private", 0, KEY_OF_LOCK },
    { "prod", TAIL, 0 },
    { "prompt", 0, NOT_A_TOKEN },
    { "pub", 0, KEY_OF_ROW },
    { "public", 0, KEY_OF_ROW },
    { "pw", PASS, 0 },
    { "pwd", SECRET, 0 },
    { "raw", TAIL, 0 },
    { "registry", 0, KEY_OF_ROW },
    { "repeat", TAIL, 0 },
    { "require", 0, NOT_A_VALUE },
    { "required", 0, NOT_A_VALUE },
    { "requires", 0, NOT_A_VALUE },
    { "routing", 0, KEY_OF_ROW },
    { "row", 0, KEY_OF_ROW },
    { "rsa", 0, KEY_OF_LOCK },
    { "salt", HINT, 0 },
    { "secret", SECRET, KEY_OF_LOCK },
    { "secrets", PLURAL, 0 },
    { "security", 0, OF_SECURITY },
    { "sendgrid", 0, KEY_OF_LOCK },
    { "senha", SECRET, 0 },
    { "service", 0, KEY_OF_LOCK },
    { "sess", SESSION, KEY_OF_LOCK },
    { "sessid", SESSION_ID, 0 },
    { "session", SESSION, KEY_OF_LOCK },
    { "sessionid", SESSION_ID, 0 },
    { "shared", 0, KEY_OF_LOCK },
    { "show", 0, NOT_A_VALUE },
    { "sid", HINT, 0 },
    { "sig", HINT, 0 },
    { "sign", 0, KEY_OF_LOCK },
    { "signature", HINT, 0 },
    { "signing", 0, KEY_OF_LOCK },
    { "sort", 0, KEY_OF_ROW },
    { "ssh", 0, KEY_OF_LOCK },
    { "ssl", 0, KEY_OF_LOCK },
    { "ssn", SECRET, 0 },
    { "string", TAIL, 0 },
    { "stripe", 0, KEY_OF_LOCK },
    { "subscription", 0, KEY_OF_LOCK },
    { "telephone", PHONE, 0 },
    { "test", TAIL, 0 },
    { "text", TAIL, 0 },
    { "tls", 0, KEY_OF_LOCK },
    { "token", SECRET, KEY_OF_LOCK },
    { "tokens", PLURAL, 0 },
    { "total", 0, NOT_A_VALUE },
    { "totp", SECRET, 0 },
    { "translation", 0, KEY_OF_ROW },
    { "twilio", 0, KEY_OF_LOCK },
    { "unexpected", 0, NOT_A_VALUE },
    { "unique", 0, KEY_OF_ROW },
    { "unknown", 0, NOT_A_VALUE },
    { "use", 0, NOT_A_VALUE },
    { "uses", 0, NOT_A_VALUE },
    { "val", TAIL, 0 },
    { "value", TAIL, 0 },
    { "verification", 0, OF_SECURITY },
    { "wachtwoord", SECRET, 0 },
    { "webhook", 0, KEY_OF_LOCK },
    { "wrong", 0, NOT_A_VALUE },
    { "xsrf", HINT, 0 },
};

/* Endings of words that were written together: dbpassword, authtoken. */
static const char *const endings[] = { "password", "passwd", "passphrase", "passwort", "secret",
    "token", "apikey", "privatekey", "secretkey", "accesskey", "authkey", "sessionid", "sessid" };

struct parts {
    struct chute_str at[WORDS_MAX]; /* in lower case, the last ones */
    size_t count;
    char text[CHUTE_NAME_LONGEST];
};

/* Bytes of other alphabets count as small letters. */
static bool is_small(char byte) {
    return chute_is_lower(byte) || (unsigned char)byte >= 0x80;
}

static void end_word(struct parts *parts, const char *start, size_t len) {
    while (len > 0 && chute_is_digit(start[len - 1])) { /* password2 */
        len--;
    }
    if (len == 0) {
        return;
    }
    if (parts->count == WORDS_MAX) {
        memmove(parts->at, parts->at + 1, sizeof(parts->at[0]) * (WORDS_MAX - 1));
        parts->count--;
    }
    parts->at[parts->count++] = (struct chute_str){ start, len };
}

/* A word ends before a capital that follows a small letter, and before the last capital of several that a small
 * letter follows: `DBPassword`, `apiKey`. */
static void split(struct chute_str name, struct parts *parts) {
    if (name.len > CHUTE_NAME_LONGEST) {
        name.at += name.len - CHUTE_NAME_LONGEST;
        name.len = CHUTE_NAME_LONGEST;
    }
    size_t start = 0;
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.at[i];
        bool is_part = chute_is_upper(byte) || is_small(byte) || chute_is_digit(byte);
        bool begins = chute_is_upper(byte) && i > start &&
                      (is_small(name.at[i - 1]) || chute_is_digit(name.at[i - 1]) ||
                          (i + 1 < name.len && is_small(name.at[i + 1])));
        parts->text[i] = chute_is_upper(byte) ? (char)(byte + ('a' - 'A')) : byte;
        if (!is_part || begins) {
            end_word(parts, parts->text + start, i - start);
            start = is_part ? i : i + 1;
        }
    }
    end_word(parts, parts->text + start, name.len - start);
}

static const struct word *look_up(struct chute_str text) {
    static const struct word unknown = { "", NOTHING, NO_QUALIFIER };
    size_t first = 0, last = sizeof(words) / sizeof(words[0]);
    while (first < last) {
        size_t middle = (first + last) / 2;
        int order = chute_str_cmp(text, chute_str_of(words[middle].text));
        if (order == 0) {
            return &words[middle];
        }
        first = order > 0 ? middle + 1 : first;
        last = order < 0 ? middle : last;
    }
    return &unknown;
}

static bool has_ending(struct chute_str text) {
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (chute_str_ends_with(text, chute_str_of(endings[i]))) {
            return true;
        }
    }
    return false;
}

/* Of the words before the one at `count`. */
static unsigned qualifiers(const struct parts *parts, size_t count) {
    return count == 0 ? 0 : look_up(parts->at[count - 1])->qualifier;
}

static enum chute_redact_name judge_key(unsigned before) {
    if (before & KEY_OF_LOCK) {
        return CHUTE_NAME_SECRET;
    }
    return before & (KEY_OF_ROW | NOT_A_VALUE) ? CHUTE_NAME_PLAIN : CHUTE_NAME_HINTS;
}

/* The last word is `id`, `number` or `code`: the one before says of what. */
static enum chute_redact_name judge_detail(const struct parts *parts, enum meaning meaning) {
    size_t count = parts->count - 1;
    const struct word *before = count == 0 ? NULL : look_up(parts->at[count - 1]);
    if (before == NULL) {
        return CHUTE_NAME_PLAIN;
    }
    if (meaning == ID) {
        if (before->meaning == SESSION && !(before->qualifier & OF_SECURITY)) {
            return CHUTE_NAME_SESSION_ID;
        }
        bool is_secret = chute_str_eq(parts->at[count - 1], CHUTE_STR("secret"));
        return is_secret ? CHUTE_NAME_SECRET : CHUTE_NAME_PLAIN;
    }
    if (before->meaning == PHONE && meaning == NUMBER) {
        return CHUTE_NAME_PHONE;
    }
    unsigned of = OF_SECURITY | (meaning == NUMBER ? OF_A_CARD : 0);
    return before->qualifier & of ? CHUTE_NAME_SECRET : CHUTE_NAME_PLAIN;
}

static enum chute_redact_name judge(const struct parts *parts) {
    struct chute_str last = parts->at[parts->count - 1];
    enum meaning meaning = look_up(last)->meaning;
    unsigned before = qualifiers(parts, parts->count - 1);
    switch (meaning) {
    case SECRET:
        return before & (NOT_A_VALUE | NOT_A_TOKEN) ? CHUTE_NAME_PLAIN : CHUTE_NAME_SECRET;
    case PASS:
        return parts->count == 1      ? CHUTE_NAME_HINTS
               : before & NOT_A_VALUE ? CHUTE_NAME_PLAIN
                                      : CHUTE_NAME_SECRET;
    case PLURAL:
        return before & (NOT_A_VALUE | NOT_A_TOKEN) ? CHUTE_NAME_PLAIN : CHUTE_NAME_LISTS;
    case SESSION:
        return before & NOT_A_VALUE ? CHUTE_NAME_PLAIN : CHUTE_NAME_SESSION;
    case SESSION_ID:
        return CHUTE_NAME_SESSION_ID;
    case KEY:
        return judge_key(before);
    case KEYS:
        return before & KEY_OF_LOCK ? CHUTE_NAME_LISTS : CHUTE_NAME_PLAIN;
    case HINT:
        return before & NOT_A_VALUE ? CHUTE_NAME_PLAIN : CHUTE_NAME_HINTS;
    case AUTHORIZE:
        return CHUTE_NAME_AUTHORIZATION;
    case COOKIE:
        return before & NOT_A_VALUE ? CHUTE_NAME_PLAIN : CHUTE_NAME_COOKIE;
    case PHONE:
        return before & NOT_A_VALUE ? CHUTE_NAME_PLAIN : CHUTE_NAME_PHONE;
    case CARD:
        return before & OF_A_CARD ? CHUTE_NAME_SECRET : CHUTE_NAME_PLAIN;
    case ID:
    case NUMBER:
    case CODE:
        return judge_detail(parts, meaning);
    default:
        return has_ending(last) && !(before & NOT_A_VALUE) ? CHUTE_NAME_SECRET : CHUTE_NAME_PLAIN;
    }
}

enum chute_redact_name chute_redact_name(struct chute_str name) {
    struct parts parts;
    parts.count = 0;
    split(name, &parts);
    while (parts.count > 1 && look_up(parts.at[parts.count - 1])->meaning == TAIL) {
        parts.count--;
    }
    return parts.count == 0 ? CHUTE_NAME_PLAIN : judge(&parts);
}
