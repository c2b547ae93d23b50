#include "pipeline/text/redact/name.h"

#include <stdint.h>

#include "pipeline/base/ascii.h"
#include "pipeline/text/redact/word.h"

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
    struct chute_str text;
    uint8_t meaning;
    uint8_t qualifier;
};

/* In order, for a binary search. */
static const struct word words[] = {
    { W("access"), 0, KEY_OF_LOCK },
    { W("account"), 0, KEY_OF_LOCK },
    { W("admin"), 0, KEY_OF_LOCK },
    { W("aes"), 0, KEY_OF_LOCK },
    { W("again"), TAIL, 0 },
    { W("allow"), 0, NOT_A_VALUE },
    { W("api"), 0, KEY_OF_LOCK },
    { W("app"), 0, KEY_OF_LOCK },
    { W("application"), 0, KEY_OF_LOCK },
    { W("auth"), HINT, KEY_OF_LOCK },
    { W("authorisation"), AUTHORIZE, 0 },
    { W("authorization"), AUTHORIZE, 0 },
    { W("aws"), 0, KEY_OF_LOCK },
    { W("b"), TAIL, 0 },
    { W("bad"), 0, NOT_A_VALUE },
    { W("base"), TAIL, 0 },
    { W("bearer"), HINT, KEY_OF_LOCK },
    { W("bindpw"), SECRET, 0 },
    { W("cache"), 0, KEY_OF_ROW },
    { W("card"), CARD, OF_A_CARD },
    { W("cardnumber"), SECRET, 0 },
    { W("cellphone"), PHONE, 0 },
    { W("cipher"), 0, KEY_OF_LOCK },
    { W("client"), 0, KEY_OF_LOCK },
    { W("code"), CODE, 0 },
    { W("completion"), 0, NOT_A_TOKEN },
    { W("composite"), 0, KEY_OF_ROW },
    { W("confirm"), TAIL, 0 },
    { W("confirmation"), TAIL, 0 },
    { W("confirmed"), TAIL, 0 },
    { W("consumer"), 0, KEY_OF_LOCK },
    { W("continuation"), 0, NOT_A_TOKEN },
    { W("contrasena"), SECRET, 0 },
    { W("contraseña"), SECRET, 0 },
    { W("cookie"), COOKIE, KEY_OF_LOCK },
    { W("cookies"), COOKIE, 0 },
    { W("count"), 0, NOT_A_VALUE },
    { W("credential"), SECRET, 0 },
    { W("credentials"), PLURAL, 0 },
    { W("credit"), 0, OF_A_CARD },
    { W("creditcard"), SECRET, OF_A_CARD },
    { W("creds"), PLURAL, 0 },
    { W("crypt"), 0, KEY_OF_LOCK },
    { W("csrf"), HINT, 0 },
    { W("current"), TAIL, 0 },
    { W("cvc"), SECRET, OF_SECURITY },
    { W("cvv"), SECRET, OF_SECURITY },
    { W("dbpass"), SECRET, 0 },
    { W("dbpwd"), SECRET, 0 },
    { W("debit"), 0, OF_A_CARD },
    { W("dedup"), 0, KEY_OF_ROW },
    { W("deploy"), 0, KEY_OF_LOCK },
    { W("dev"), TAIL, 0 },
    { W("digest"), TAIL, 0 },
    { W("disable"), 0, NOT_A_VALUE },
    { W("duplicate"), 0, KEY_OF_ROW },
    { W("empty"), 0, NOT_A_VALUE },
    { W("enable"), 0, NOT_A_VALUE },
    { W("enc"), TAIL, 0 },
    { W("encrypt"), 0, KEY_OF_LOCK },
    { W("encrypted"), TAIL, 0 },
    { W("encryption"), 0, KEY_OF_LOCK },
    { W("expired"), 0, NOT_A_VALUE },
    { W("fax"), PHONE, 0 },
    { W("foreign"), 0, KEY_OF_ROW },
    { W("forgot"), 0, NOT_A_VALUE },
    { W("group"), 0, KEY_OF_ROW },
    { W("has"), 0, NOT_A_VALUE },
    { W("hash"), TAIL, 0 },
    { W("hashed"), TAIL, 0 },
    { W("header"), TAIL, 0 },
    { W("hide"), 0, NOT_A_VALUE },
    { W("hmac"), 0, KEY_OF_LOCK },
    { W("hot"), 0, KEY_OF_ROW },
    { W("id"), ID, 0 },
    { W("idempotency"), 0, KEY_OF_ROW },
    { W("illegal"), 0, NOT_A_VALUE },
    { W("index"), 0, KEY_OF_ROW },
    { W("input"), TAIL, 0 },
    { W("invalid"), 0, NOT_A_VALUE },
    { W("is"), 0, NOT_A_VALUE },
    { W("jsessionid"), SESSION_ID, 0 },
    { W("jwt"), SECRET, 0 },
    { W("kennwort"), SECRET, 0 },
    { W("key"), KEY, 0 },
    { W("keypass"), SECRET, 0 },
    { W("keys"), KEYS, 0 },
    { W("license"), 0, KEY_OF_LOCK },
    { W("lookup"), 0, KEY_OF_ROW },
    { W("master"), 0, KEY_OF_LOCK },
    { W("masterauth"), SECRET, 0 },
    { W("max"), 0, NOT_A_VALUE },
    { W("message"), 0, KEY_OF_ROW },
    { W("mfa"), 0, OF_SECURITY },
    { W("min"), 0, NOT_A_VALUE },
    { W("missing"), 0, NOT_A_VALUE },
    { W("mobile"), PHONE, 0 },
    { W("motdepasse"), SECRET, 0 },
    { W("msisdn"), PHONE, 0 },
    { W("need"), 0, NOT_A_VALUE },
    { W("needs"), 0, NOT_A_VALUE },
    { W("new"), TAIL, 0 },
    { W("next"), 0, NOT_A_TOKEN },
    { W("no"), NUMBER, NOT_A_VALUE },
    { W("nr"), NUMBER, 0 },
    { W("num"), NUMBER, NOT_A_VALUE },
    { W("number"), NUMBER, 0 },
    { W("object"), 0, KEY_OF_ROW },
    { W("old"), TAIL, 0 },
    { W("openai"), 0, KEY_OF_LOCK },
    { W("otp"), SECRET, OF_SECURITY },
    { W("pad"), 0, NOT_A_TOKEN },
    { W("page"), 0, NOT_A_TOKEN },
    { W("pan"), NOTHING, OF_A_CARD },
    { W("partition"), 0, KEY_OF_ROW },
    { W("pass"), PASS, 0 },
    { W("passcode"), SECRET, 0 },
    { W("passkey"), SECRET, 0 },
    { W("passphrase"), SECRET, 0 },
    { W("passwd"), SECRET, 0 },
    { W("password"), SECRET, 0 },
    { W("passwords"), PLURAL, 0 },
    { W("passwort"), SECRET, 0 },
    { W("payment"), 0, OF_A_CARD },
    { W("phone"), PHONE, 0 },
    { W("phpsessid"), SESSION_ID, 0 },
    { W("pin"), SESSION, OF_SECURITY },
    { W("plain"), TAIL, 0 },
    { W("plaintext"), TAIL, 0 },
    { W("primary"), 0, KEY_OF_ROW },
    { W("private"), 0, KEY_OF_LOCK },
    { W("prod"), TAIL, 0 },
    { W("prompt"), 0, NOT_A_TOKEN },
    { W("pub"), 0, KEY_OF_ROW },
    { W("public"), 0, KEY_OF_ROW },
    { W("pw"), PASS, 0 },
    { W("pwd"), SECRET, 0 },
    { W("raw"), TAIL, 0 },
    { W("rediscli"), 0, OF_SECURITY },
    { W("registry"), 0, KEY_OF_ROW },
    { W("repeat"), TAIL, 0 },
    { W("require"), 0, NOT_A_VALUE },
    { W("required"), 0, NOT_A_VALUE },
    { W("requirepass"), SECRET, 0 },
    { W("requires"), 0, NOT_A_VALUE },
    { W("rootpw"), SECRET, 0 },
    { W("routing"), 0, KEY_OF_ROW },
    { W("row"), 0, KEY_OF_ROW },
    { W("rsa"), 0, KEY_OF_LOCK },
    { W("salt"), HINT, 0 },
    { W("secret"), SECRET, KEY_OF_LOCK },
    { W("secrets"), PLURAL, 0 },
    { W("security"), 0, OF_SECURITY },
    { W("sendgrid"), 0, KEY_OF_LOCK },
    { W("senha"), SECRET, 0 },
    { W("service"), 0, KEY_OF_LOCK },
    { W("sess"), SESSION, KEY_OF_LOCK },
    { W("sessid"), SESSION_ID, 0 },
    { W("session"), SESSION, KEY_OF_LOCK },
    { W("sessionid"), SESSION_ID, 0 },
    { W("shared"), 0, KEY_OF_LOCK },
    { W("show"), 0, NOT_A_VALUE },
    { W("sid"), HINT, 0 },
    { W("sig"), HINT, 0 },
    { W("sign"), 0, KEY_OF_LOCK },
    { W("signature"), HINT, 0 },
    { W("signing"), 0, KEY_OF_LOCK },
    { W("sort"), 0, KEY_OF_ROW },
    { W("ssh"), 0, KEY_OF_LOCK },
    { W("sshpass"), SECRET, 0 },
    { W("ssl"), 0, KEY_OF_LOCK },
    { W("ssn"), SECRET, OF_SECURITY },
    { W("storepass"), SECRET, 0 },
    { W("string"), TAIL, 0 },
    { W("stripe"), 0, KEY_OF_LOCK },
    { W("subscription"), 0, KEY_OF_LOCK },
    { W("tel"), PHONE, 0 },
    { W("telefon"), PHONE, 0 },
    { W("telefone"), PHONE, 0 },
    { W("telefono"), PHONE, 0 },
    { W("telephone"), PHONE, 0 },
    { W("test"), TAIL, 0 },
    { W("text"), TAIL, 0 },
    { W("tls"), 0, KEY_OF_LOCK },
    { W("token"), SECRET, KEY_OF_LOCK },
    { W("tokens"), PLURAL, 0 },
    { W("total"), 0, NOT_A_VALUE },
    { W("totp"), SECRET, OF_SECURITY },
    { W("translation"), 0, KEY_OF_ROW },
    { W("twilio"), 0, KEY_OF_LOCK },
    { W("unexpected"), 0, NOT_A_VALUE },
    { W("unique"), 0, KEY_OF_ROW },
    { W("unknown"), 0, NOT_A_VALUE },
    { W("use"), 0, NOT_A_VALUE },
    { W("userpwd"), SECRET, 0 },
    { W("uses"), 0, NOT_A_VALUE },
    { W("v"), TAIL, 0 },
    { W("val"), TAIL, 0 },
    { W("value"), TAIL, 0 },
    { W("verification"), 0, OF_SECURITY },
    { W("wachtwoord"), SECRET, 0 },
    { W("webhook"), 0, KEY_OF_LOCK },
    { W("wrong"), 0, NOT_A_VALUE },
    { W("xsrf"), HINT, 0 },
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
        parts->text[i] = chute_to_lower(byte);
        if (!is_part || begins) {
            end_word(parts, parts->text + start, i - start);
            start = is_part ? i : i + 1;
        }
    }
    end_word(parts, parts->text + start, name.len - start);
}

static const struct word *look_up(struct chute_str text) {
    static const struct word unknown = { W(""), NOTHING, NO_QUALIFIER };
    size_t first = 0, last = sizeof(words) / sizeof(words[0]);
    while (first < last) {
        size_t middle = (first + last) / 2;
        int order = chute_str_cmp(text, words[middle].text);
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

/* passWord, pass-phrase: of two words. */
static bool is_split(const struct parts *parts, struct chute_str last) {
    return parts->count > 1 && chute_str_eq(parts->at[parts->count - 2], CHUTE_STR("pass")) &&
           (chute_str_eq(last, CHUTE_STR("word")) || chute_str_eq(last, CHUTE_STR("wd")) ||
               chute_str_eq(last, CHUTE_STR("phrase")) || chute_str_eq(last, CHUTE_STR("code")));
}

static enum chute_redact_name judge(const struct parts *parts) {
    struct chute_str last = parts->at[parts->count - 1];
    if (is_split(parts, last)) {
        return CHUTE_NAME_SECRET;
    }
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
        return before & NOT_A_VALUE ? CHUTE_NAME_PLAIN
               : before & OF_A_CARD ? CHUTE_NAME_SECRET /* its PIN */
                                    : CHUTE_NAME_SESSION;
    case SESSION_ID:
        return CHUTE_NAME_SESSION_ID;
    case KEY:
        return judge_key(before);
    case KEYS:
        return before & KEY_OF_LOCK ? CHUTE_NAME_LISTS : CHUTE_NAME_PLAIN;
    case HINT:
        return before & NOT_A_VALUE   ? CHUTE_NAME_PLAIN
               : before & OF_SECURITY ? CHUTE_NAME_SECRET /* REDISCLI_AUTH */
                                      : CHUTE_NAME_HINTS;
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
