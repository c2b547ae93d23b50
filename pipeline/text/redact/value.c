#include "pipeline/text/redact/value.h"

#include <stdint.h>

#include "pipeline/base/ascii.h"
#include "pipeline/text/redact/name.h"
#include "pipeline/text/redact/word.h"

#define LONGEST_BLANK 35
#define LONGEST_CODE 256 /* bytes of a piece of code, a path, a mask that shows a part */
#define RANDOM_LEN 16
#define LOOKED_AT 128 /* bytes of a value: the rest will be like them */

static const struct chute_str blanks[] = {
    W("null"),
    W("nil"),
    W("none"),
    W("undefined"),
    W("true"),
    W("false"),
    W("yes"),
    W("no"),
    W("on"),
    W("off"),
    W("n/a"),
    W("na"),
    W("nan"),
    W("empty"),
    W("redacted"),
    W("hidden"),
    W("masked"),
    W("filtered"),
    W("protected"),
    W("removed"),
    W("omitted"),
    W("sanitized"),
    W("unset"),
    W("nothing"),
    /* how passwords are kept and tokens signed */
    W("argon2"),
    W("argon2i"),
    W("argon2id"),
    W("bcrypt"),
    W("scrypt"),
    W("pbkdf2"),
    W("md5"),
    W("sha1"),
    W("sha256"),
    W("sha512"),
    W("hs256"),
    W("rs256"),
    W("es256"),
    /* flags */
    W("0"),
    W("1"),
    /* Ansible */
    W("value_specified_in_no_log_parameter"),
};

static const struct chute_str prose[] = {
    W("a"),
    W("an"),
    W("the"),
    W("is"),
    W("was"),
    W("are"),
    W("be"),
    W("been"),
    W("has"),
    W("had"),
    W("have"),
    W("must"),
    W("should"),
    W("shall"),
    W("can"),
    W("cannot"),
    W("could"),
    W("may"),
    W("might"),
    W("will"),
    W("would"),
    W("do"),
    W("does"),
    W("did"),
    W("not"),
    W("and"),
    W("or"),
    W("but"),
    W("for"),
    W("from"),
    W("in"),
    W("of"),
    W("to"),
    W("at"),
    W("by"),
    W("with"),
    W("without"),
    W("as"),
    W("if"),
    W("when"),
    W("your"),
    W("you"),
    W("user"),
    W("users"),
    W("field"),
    W("value"),
    W("length"),
    W("required"),
    W("requires"),
    W("optional"),
    W("mandatory"),
    W("missing"),
    W("invalid"),
    W("valid"),
    W("incorrect"),
    W("wrong"),
    W("expired"),
    W("expires"),
    W("expected"),
    W("unexpected"),
    W("failed"),
    W("failure"),
    W("failing"),
    W("error"),
    W("rejected"),
    W("accepted"),
    W("denied"),
    W("granted"),
    W("changed"),
    W("reset"),
    W("resetting"),
    W("updated"),
    W("created"),
    W("deleted"),
    W("removed"),
    W("revoked"),
    W("rotated"),
    W("refreshed"),
    W("renewed"),
    W("generated"),
    W("issued"),
    W("verified"),
    W("started"),
    W("ended"),
    W("opened"),
    W("closed"),
    W("found"),
    W("loaded"),
    W("too"),
    W("only"),
    W("unknown"),
    W("mismatch"),
    W("mismatched"),
    W("matches"),
    W("match"),
    W("ok"),
    W("okay"),
    W("success"),
    W("successful"),
    W("successfully"),
    W("please"),
    W("enter"),
    W("check"),
    W("checking"),
    W("checked"),
    W("using"),
    W("used"),
    W("new"),
    W("old"),
    W("string"),
    W("str"),
    W("text"),
    W("varchar"),
    W("char"),
    W("number"),
    W("integer"),
    W("int"),
    W("bool"),
    W("boolean"),
    W("object"),
    W("bytes"),
    W("disabled"),
    W("enabled"),
    W("set"),
    W("not_set"),
    W("present"),
    W("absent"),
    W("provided"),
    W("supplied"),
    W("given"),
    W("sent"),
    W("received"),
    W("policy"),
    W("rules"),
    W("strength"),
    W("weak"),
    W("strong"),
    W("short"),
    W("long"),
    W("never"),
    W("always"),
    W("any"),
    W("all"),
    W("some"),
    W("this"),
    W("that"),
    W("it"),
    W("its"),
    W("than"),
    W("then"),
    W("minimum"),
    W("maximum"),
    W("least"),
    W("most"),
    W("characters"),
    W("chars"),
    W("bearer"),
    W("basic"),
    W("authentication"),
    W("authorization"),
    W("login"),
    W("access"),
    W("token"),
    W("tokens"),
    W("key"),
    W("keys"),
    W("type"),
    W("name"),
    W("id"),
    W("await"),
    W("async"),
    W("function"),
    W("lambda"),
    W("typeof"),
    W("self"),
    W("&self"),
    W("&str"),
    W("&string"),
    W("*string"),
    W("[]byte"),
    W("byte[]"),
    W("std::string"),
    W("option"),
    W("scheme"),
    W("readonly"),
    W("const"),
    W("static"),
    W("final"),
};

/* How a text goes on that says something of a password, in quotes too. */
static const struct chute_str claims[] = {
    W("must"),
    W("should"),
    W("is"),
    W("was"),
    W("has"),
    W("are"),
    W("cannot"),
    W("can't"),
    W("may"),
    W("required"),
    W("invalid"),
    W("incorrect"),
    W("too"),
    W("does"),
    W("do"),
    W("not"),
    W("expired"),
    W("missing"),
    W("needs"),
    W("contains"),
};

static bool is_in(struct chute_str word, const struct chute_str *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (list[i].len == word.len && (word.at[0] | 0x20) == (list[i].at[0] | 0x20) &&
            chute_str_eq_nocase(word, list[i])) {
            return true;
        }
    }
    return false;
}

/* `***`, `xxxx`, `•••`, `....`: one sign, over and over. */
static bool is_mask(struct chute_str value) {
    if (value.len < 3) {
        return value.len > 0 && (value.at[0] == '*' || value.at[0] == '-');
    }
    char first = value.at[0];
    size_t unit = (unsigned char)first >= 0x80 ? 3 : 1; /* a bullet has three bytes */
    if (unit == 1 ? strchr("*xX.-_#?", first) == NULL : first != (char)0xE2 || value.len < 6) {
        return false;
    }
    for (size_t i = unit; i < value.len; i++) {
        if (value.at[i] != value.at[i % unit]) {
            return false;
        }
    }
    return true;
}

static bool is_upper_name(struct chute_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (!chute_is_upper(text.at[i]) && !chute_is_digit(text.at[i]) && text.at[i] != '_') {
            return false;
        }
    }
    return text.len > 1;
}

static bool is_identifier(struct chute_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (!chute_is_alnum(text.at[i]) && text.at[i] != '_' && text.at[i] != '.') {
            return false;
        }
    }
    return text.len > 0 && !chute_is_digit(text.at[0]);
}

/* `password`, `p1`, `1`: what statements call what is filled in. */
static bool is_parameter(struct chute_str text) {
    size_t digits = text.len > 0 && chute_to_lower(text.at[0]) == 'p' ? 1 : 0;
    while (digits < text.len && chute_is_digit(text.at[digits])) {
        digits++;
    }
    return text.len > 0 && (digits == text.len ? text.len <= 3
                                               : is_identifier(text) &&
                                                     chute_redact_name(text) != CHUTE_NAME_PLAIN);
}

/* `%s`, `%(password)s`, `%{password}`, `%PASSWORD%`. */
static bool is_format(struct chute_str value) {
    char second = value.len > 1 ? value.at[1] : '\0';
    char last = value.at[value.len - 1];
    return second == '{' || (second == '(' && value.at[value.len - 2] == ')') ||
           (value.len == 2 && strchr("sdvqp", second) != NULL) || (last == '%' && value.len > 2);
}

/* A place that a program fills in later, not what it fills in. */
static bool is_placeholder(struct chute_str value) {
    char first = value.at[0], last = value.at[value.len - 1];
    char second = value.len > 1 ? value.at[1] : '\0';
    struct chute_str rest = { value.at + 1, value.len - 1 };
    switch (first) {
    case '$':
        return second == '{' || second == '(' || is_upper_name(rest) || is_parameter(rest);
    case ':':
    case '@':
        return is_parameter(rest) || (second == first && last == first);
    case '%':
        return is_format(value);
    case '{':
        return second == '{' || (last == '}' && value.len > 2);
    case '#':
        return second == '{';
    case '_':
        return second == '_' && last == '_' && value.len > 4;
    case '?':
        return value.len == 1;
    case '<':
        return last == '>' || second == '%';
    case '[':
        return last == ']';
    case '(':
        return last == ')';
    default:
        return false;
    }
}

/* Whether `(…` at `at` are a function's arguments: with the bracket that closes them, or, where they were cut off, behind a
 * name like `getToken` and without digits. */
static bool is_arguments(struct chute_str value, size_t at) {
    while (value.len > at && strchr(";,", value.at[value.len - 1]) != NULL) {
        value.len--;
    }
    bool is_closed = value.at[value.len - 1] == ')' || value.len == at + 1;
    size_t lower = 0;
    while (lower < at && (chute_is_lower(value.at[lower]) || value.at[lower] == '.')) {
        lower++;
    }
    for (size_t i = at + 1; i < value.len; i++) {
        char byte = value.at[i];
        if (!chute_is_alnum(byte) && strchr("_.,'\"()[]:&*=; ", byte) == NULL) {
            return false;
        }
        if (!is_closed && (chute_is_digit(byte) || lower < 3)) {
            return false;
        }
    }
    return true;
}

/* A piece of code, as stack traces and templates print it. */
static bool is_code(struct chute_str value) {
    static const char *const starts[] = { "process.env", "os.environ", "os.getenv", "req.",
        "request.", "this.", "self.", "config.", "params[", "ENV[", "env.", "secrets.", "vault:" };
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (chute_str_starts_with(value, chute_str_of(starts[i]))) {
            return true;
        }
    }
    size_t name = 0; /* a function's, or `user.password` */
    while (name < value.len &&
           (chute_is_alpha(value.at[name]) || value.at[name] == '_' || value.at[name] == '.')) {
        name++;
    }
    const char *dot = memrchr(value.at, '.', name);
    if (name > 0 && name < value.len) {
        return value.at[name] == '(' && is_arguments(value, name);
    }
    return dot != NULL && dot > value.at && dot + 1 < value.at + name &&
           chute_redact_name((struct chute_str){ dot + 1, (size_t)(value.at + name - dot - 1) }) !=
               CHUTE_NAME_PLAIN;
}

/* `/srv` */
static bool is_folder(struct chute_str value) {
    size_t i = 1;
    while (i < value.len && chute_is_lower(value.at[i])) {
        i++;
    }
    return value.len > 1 && value.at[0] == '/' && i == value.len;
}

/* `/run/secrets/db_password`, `./key.pem`, an ARN: where something lies. */
static bool is_path(struct chute_str value) {
    static const char *const starts[] = { "/", "./", "../", "~/", "file:", "env:", "arn:" };
    bool is_started = false, is_absolute = value.at[0] == '/';
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]) && !is_started; i++) {
        is_started = chute_str_starts_with(value, chute_str_of(starts[i]));
    }
    size_t slashes = 0, start = 0;
    for (size_t i = 0; i < value.len && is_started; i++) {
        char byte = value.at[i];
        if (byte == '/') {
            slashes++;
            start = i + 1;
        } else if (!chute_is_alnum(byte) && strchr("._-~:", byte) == NULL) {
            return false;
        }
        struct chute_str part = { value.at + start, i + 1 - start };
        if (part.len == RANDOM_LEN && chute_redact_is_random(part)) {
            return false;
        }
    }
    return (is_started && (slashes >= 2 || !is_absolute)) || is_folder(value);
}

/* `SHA256:8O0f…`, as ssh shows the keys of others. */
static bool is_fingerprint(struct chute_str value) {
    return chute_str_starts_with(value, CHUTE_STR("SHA256:")) ||
           chute_str_starts_with(value, CHUTE_STR("MD5:"));
}

/* `****1234`, `sk-****`: a part was taken out already. */
static bool is_partial(struct chute_str value) {
    size_t stars = 0, most = 0, shown = 0;
    for (size_t i = 0; i < value.len && value.len <= 64; i++) {
        stars = value.at[i] == '*' ? stars + 1 : 0;
        most = stars > most ? stars : most;
        shown += value.at[i] != '*';
    }
    return most >= 3 && shown <= 8;
}

/* `(hidden)`, `<none`: the word in brackets, the last of which may be lost. */
static struct chute_str without_brackets(struct chute_str value) {
    while (value.len > 1 && strchr(")]}>.,;:", value.at[value.len - 1]) != NULL) {
        value.len--;
    }
    if (value.len > 1 && strchr("([{<", value.at[0]) != NULL) {
        value.at++;
        value.len--;
    }
    return value;
}

bool chute_redact_is_blank(struct chute_str value) {
    while (value.len > 0 && strchr(".,;:", value.at[value.len - 1]) != NULL) {
        value.len--;
    }
    if (value.len == 0 || is_mask(value) || is_placeholder(value)) {
        return true;
    }
    struct chute_str word = without_brackets(value);
    if (value.len > LONGEST_CODE) {
        return chute_str_starts_with(word, CHUTE_STR("REDACTED"));
    }
    return chute_str_starts_with(word, CHUTE_STR("REDACTED")) || is_fingerprint(value) ||
           is_code(value) || is_path(value) || is_partial(value) ||
           (word.len <= LONGEST_BLANK && is_in(word, blanks, sizeof(blanks) / sizeof(blanks[0])));
}

bool chute_redact_is_prose(struct chute_str value) {
    while (value.len > 0 && strchr(".,;:!?)", value.at[value.len - 1]) != NULL) {
        value.len--;
    }
    return value.len == 0 || is_in(value, prose, sizeof(prose) / sizeof(prose[0]));
}

bool chute_redact_is_claim(struct chute_str value) {
    const char *space = value.len == 0 ? NULL : memchr(value.at, ' ', value.len);
    return space != NULL && is_in((struct chute_str){ value.at, (size_t)(space - value.at) },
                                claims, sizeof(claims) / sizeof(claims[0]));
}

bool chute_redact_is_uuid(struct chute_str value) {
    if (value.len != 36) {
        return false;
    }
    for (size_t i = 0; i < 36; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? value.at[i] != '-' : !chute_is_hex(value.at[i])) {
            return false;
        }
    }
    return true;
}

/* What a value is made of. */
struct makeup {
    size_t lower, upper, digits, signs;
    size_t changes; /* from one of the first three to another */
    size_t distinct;
};

static struct makeup look_at(struct chute_str value) {
    struct makeup seen = { 0 };
    uint64_t bytes[4] = { 0 };
    char last = '\0';
    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = (unsigned char)value.at[i];
        char class = chute_is_lower((char)byte)   ? 'a'
                     : chute_is_upper((char)byte) ? 'A'
                     : chute_is_digit((char)byte) ? '0'
                                                  : '\0';
        seen.lower += class == 'a';
        seen.upper += class == 'A';
        seen.digits += class == '0';
        seen.signs += class == '\0';
        seen.changes += class != '\0' && last != '\0' && class != last;
        last = class == '\0' ? last : class;
        seen.distinct += (bytes[byte / 64] >> byte % 64 & 1) == 0;
        bytes[byte / 64] |= UINT64_C(1) << byte % 64;
    }
    return seen;
}

bool chute_redact_is_random(struct chute_str value) {
    if (value.len < RANDOM_LEN || chute_redact_is_uuid(value) ||
        memchr(value.at, ' ', value.len < LOOKED_AT ? value.len : LOOKED_AT) != NULL) {
        return false;
    }
    if (value.at[0] == '0' && value.at[1] == 'x') {
        return false; /* an address, a number */
    }
    value.len = value.len > LOOKED_AT ? LOOKED_AT : value.len;
    struct makeup seen = look_at(value);
    size_t letters = seen.lower + seen.upper;
    /* words in camelCase have few digits, and few changes */
    bool is_drawn = seen.digits > 0 ? seen.changes * 5 >= value.len
                                    : seen.signs == 0 && seen.changes * 3 >= value.len;
    return letters >= 2 && seen.digits + seen.upper >= 2 && seen.signs * 4 <= value.len &&
           seen.distinct >= 9 && is_drawn;
}

bool chute_redact_is_odd(struct chute_str value) {
    if (value.len < 8 || chute_redact_is_uuid(value)) {
        return false;
    }
    if (chute_redact_is_random(value)) {
        return true;
    }
    value.len = value.len > LOOKED_AT ? LOOKED_AT : value.len;
    struct makeup seen = look_at(value);
    int classes = (seen.lower > 0) + (seen.upper > 0) + (seen.digits > 0) + (seen.signs > 0);
    return classes >= 3 && seen.digits > 0 && seen.lower + seen.upper > seen.signs;
}
