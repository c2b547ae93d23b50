#include "pipeline/text/redact/find.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/ascii.h"
#include "pipeline/text/regex_literals.h"
#include "pipeline/text/redact/token.h"
#include "pipeline/text/scan.h"

typedef void (*detector)(struct chute_redact_finder *finder, size_t at, size_t len);

#define BY_NAME                                                                                    \
    (CHUTE_REDACT_BIT(CHUTE_REDACT_KEY_VALUE) | CHUTE_REDACT_BIT(CHUTE_REDACT_HIGH_ENTROPY) |      \
        CHUTE_REDACT_BIT(CHUTE_REDACT_COOKIE) | CHUTE_REDACT_BIT(CHUTE_REDACT_BASIC_AUTH) |        \
        CHUTE_REDACT_BIT(CHUTE_REDACT_BEARER_TOKEN))
#define NUMBERS                                                                                    \
    (CHUTE_REDACT_BIT(CHUTE_REDACT_CREDIT_CARD) | CHUTE_REDACT_BIT(CHUTE_REDACT_IBAN) |            \
        CHUTE_REDACT_BIT(CHUTE_REDACT_PHONE) | CHUTE_REDACT_BIT(CHUTE_REDACT_IP_ADDRESS))

/* A program that takes secrets by short options. */
#define COMMAND(name)                                                                              \
    { name, false, CHUTE_REDACT_BIT(CHUTE_REDACT_KEY_VALUE), chute_redact_command }

/* What brings a detector to a place. The names are parts of those that name.c knows. */
static const struct {
    const char *text;
    bool is_caseless;
    uint32_t kinds; /* any of which needs it */
    detector detect;
} signs[] = {
    { "pass", true, BY_NAME, chute_redact_key_value },
    { "pwd", true, BY_NAME, chute_redact_key_value },
    { "pw", true, BY_NAME, chute_redact_key_value },
    { "kennwort", true, BY_NAME, chute_redact_key_value },
    { "contrase", true, BY_NAME, chute_redact_key_value },
    { "motdepasse", true, BY_NAME, chute_redact_key_value },
    { "senha", true, BY_NAME, chute_redact_key_value },
    { "wachtwoord", true, BY_NAME, chute_redact_key_value },
    { "secret", true, BY_NAME, chute_redact_key_value },
    { "token", true, BY_NAME, chute_redact_key_value },
    { "mfa", true, BY_NAME, chute_redact_key_value },
    { "verification", true, BY_NAME, chute_redact_key_value },
    { "otp", true, BY_NAME, chute_redact_key_value },
    { "jwt", true, BY_NAME, chute_redact_key_value },
    { "ssn", true, BY_NAME, chute_redact_key_value },
    { "cvv", true, BY_NAME, chute_redact_key_value },
    { "cvc", true, BY_NAME, chute_redact_key_value },
    { "cred", true, BY_NAME, chute_redact_key_value },
    { "pin", true, BY_NAME, chute_redact_key_value },
    { "sess", true, BY_NAME, chute_redact_key_value },
    { "csrf", true, BY_NAME, chute_redact_key_value },
    { "xsrf", true, BY_NAME, chute_redact_key_value },
    { "key", true, BY_NAME, chute_redact_key_value },
    { "auth", true, BY_NAME, chute_redact_key_value },
    { "sid", true, BY_NAME, chute_redact_key_value },
    { "sig", true, BY_NAME, chute_redact_key_value },
    { "salt", true, BY_NAME, chute_redact_key_value },
    { "bearer", true, BY_NAME, chute_redact_key_value },
    { "cookie", true, BY_NAME, chute_redact_key_value },
    { "security", true, BY_NAME, chute_redact_key_value },
    { "card", true, BY_NAME, chute_redact_key_value },
    { "identified ", true, CHUTE_REDACT_BIT(CHUTE_REDACT_KEY_VALUE), chute_redact_identified_by },
    { "password for ", true, CHUTE_REDACT_BIT(CHUTE_REDACT_KEY_VALUE), chute_redact_set_password },
    { "values", true, CHUTE_REDACT_BIT(CHUTE_REDACT_KEY_VALUE), chute_redact_values },
    COMMAND("curl"),
    COMMAND("sshpass"),
    COMMAND("mysql"),
    COMMAND("mariadb"),
    COMMAND("redis-cli"),
    COMMAND("openssl"),
    COMMAND("mongo"),
    COMMAND("ldap"),
    COMMAND("smbclient"),
    COMMAND("login -"),
    COMMAND("plink"),
    COMMAND("pscp"),
    COMMAND("7z "),
    COMMAND("unzip"),
    COMMAND("sqlcmd"),
    COMMAND("sqlplus"),
    COMMAND("ipmitool"),
    COMMAND("snmp"),
    COMMAND("lftp"),
    COMMAND("keytool"),
    COMMAND("jarsigner"),
    { "phone", true, CHUTE_REDACT_BIT(CHUTE_REDACT_PHONE), chute_redact_key_value },
    { "telefon", true, CHUTE_REDACT_BIT(CHUTE_REDACT_PHONE), chute_redact_key_value },
    { "tel=", true, CHUTE_REDACT_BIT(CHUTE_REDACT_PHONE), chute_redact_key_value },
    { "tel:", true, CHUTE_REDACT_BIT(CHUTE_REDACT_PHONE), chute_redact_key_value },
    { "tel\"", true, CHUTE_REDACT_BIT(CHUTE_REDACT_PHONE), chute_redact_key_value },
    { "fax", true, CHUTE_REDACT_BIT(CHUTE_REDACT_PHONE), chute_redact_key_value },
    { "msisdn", true, CHUTE_REDACT_BIT(CHUTE_REDACT_PHONE), chute_redact_key_value },
    { "mobile", true, CHUTE_REDACT_BIT(CHUTE_REDACT_PHONE), chute_redact_key_value },
    { "bearer ", true, CHUTE_REDACT_BIT(CHUTE_REDACT_BEARER_TOKEN), chute_redact_bearer },
    { "auth plain ", true, CHUTE_REDACT_BIT(CHUTE_REDACT_BASIC_AUTH), chute_redact_basic },
    { "basic ", true, CHUTE_REDACT_BIT(CHUTE_REDACT_BASIC_AUTH), chute_redact_basic },
    { "@tcp(", false, CHUTE_REDACT_BIT(CHUTE_REDACT_URL_PASSWORD), chute_redact_dsn },
    { ":thin:", false, CHUTE_REDACT_BIT(CHUTE_REDACT_URL_PASSWORD), chute_redact_thin },
    { "@unix(", false, CHUTE_REDACT_BIT(CHUTE_REDACT_URL_PASSWORD), chute_redact_dsn },
    { "://", false, CHUTE_REDACT_BIT(CHUTE_REDACT_URL_PASSWORD), chute_redact_url },
    { "%40", false, CHUTE_REDACT_BIT(CHUTE_REDACT_EMAIL), chute_redact_email },
    { "@", false, CHUTE_REDACT_BIT(CHUTE_REDACT_EMAIL), chute_redact_email },
    { "-----BEGIN ", false, CHUTE_REDACT_BIT(CHUTE_REDACT_PRIVATE_KEY), chute_redact_private_key },
    { ":", false, CHUTE_REDACT_BIT(CHUTE_REDACT_IP_ADDRESS), chute_redact_ip },
};
#define SIGN_COUNT (sizeof(signs) / sizeof(signs[0]))

/* What a needle of the scan stands for: a sign, or a token's pattern. */
struct source {
    detector detect; /* NULL: a token */
    uint32_t len;
    uint32_t token;
    uint32_t distance; /* of the literal from the token's start */
};

struct chute_redact_plan {
    uint32_t kinds;
    struct chute_scan *scan;
    struct source *sources; /* of each needle */
    size_t source_count;
    struct chute_needle *needles;
    struct chute_regex **regexes; /* of each token; NULL: not looked for */
};

/* ------------------------------------------------------------------ the plan */

static void add_source(struct chute_redact_plan *plan, struct chute_str text, bool is_caseless,
    const struct source *source) {
    size_t count = plan->source_count++;
    plan->sources = chute_realloc(plan->sources, sizeof(*plan->sources) * (count + 1));
    plan->needles = chute_realloc(plan->needles, sizeof(*plan->needles) * (count + 1));
    plan->sources[count] = *source;
    plan->sources[count].len = (uint32_t)text.len;
    plan->needles[count] =
        (struct chute_needle){ { chute_strndup(text.at, text.len), text.len }, is_caseless };
}

static void add_token(struct chute_redact_plan *plan, uint32_t token) {
    const char *pattern = chute_redact_tokens[token].pattern;
    struct chute_literals literals;
    chute_regex_literals(chute_str_of(pattern), false, &literals);
    chute_assert(literals.count > 0); /* by which every one of them is found */
    for (uint32_t i = 0; i < literals.count; i++) {
        const struct chute_literal *literal = &literals.items[i];
        chute_assert(literal->distance != CHUTE_LITERAL_ANYWHERE);
        struct source source = { .token = token, .distance = literal->distance };
        add_source(plan, (struct chute_str){ literal->text, literal->len }, false, &source);
    }
    struct chute_buf anchored = { 0 };
    chute_buf_printf(&anchored, "\\G%s", pattern);
    struct chute_regex_error error;
    plan->regexes[token] = chute_regex_compile(chute_buf_str(&anchored), NULL, &error);
    chute_assert(plan->regexes[token] != NULL);
    chute_buf_finish(&anchored);
}

struct chute_redact_plan *chute_redact_plan_create(uint32_t kinds) {
    struct chute_redact_plan *plan = chute_calloc(1, sizeof(*plan));
    plan->kinds = kinds;
    plan->regexes = chute_calloc(chute_redact_token_count, sizeof(*plan->regexes));
    for (size_t i = 0; i < SIGN_COUNT; i++) {
        if ((signs[i].kinds & kinds) != 0) {
            struct source source = { .detect = signs[i].detect };
            add_source(plan, chute_str_of(signs[i].text), signs[i].is_caseless, &source);
        }
    }
    for (uint32_t i = 0; i < chute_redact_token_count; i++) {
        if (kinds & CHUTE_REDACT_BIT(chute_redact_tokens[i].kind)) {
            add_token(plan, i);
        }
    }
    plan->scan = chute_scan_create(plan->needles, plan->source_count, (kinds & NUMBERS) != 0);
    return plan;
}

void chute_redact_plan_destroy(struct chute_redact_plan *plan) {
    if (plan == NULL) {
        return;
    }
    for (size_t i = 0; i < chute_redact_token_count; i++) {
        chute_regex_destroy(plan->regexes[i]);
    }
    for (size_t i = 0; i < plan->source_count; i++) {
        chute_free((char *)plan->needles[i].text.at);
    }
    chute_scan_destroy(plan->scan);
    chute_free(plan->needles);
    chute_free(plan->sources);
    chute_free(plan->regexes);
    chute_free(plan);
}

/* ------------------------------------------------------------------ spans */

static bool is_inside_character(char byte) {
    return ((unsigned char)byte & 0xC0) == 0x80;
}

void chute_redact_add(
    struct chute_redact_finder *finder, size_t start, size_t end, enum chute_redact_kind kind) {
    if (!chute_redact_wants(finder, kind) || end <= start) {
        return;
    }
    while (start > 0 && is_inside_character(finder->text.at[start])) {
        start--; /* what a detector looks at is bounded in bytes */
    }
    while (end < finder->text.len && is_inside_character(finder->text.at[end])) {
        end++;
    }
    struct chute_redact_span made = { start, end, kind };
    size_t first = finder->count;
    while (first > 0 && finder->spans[first - 1].end > start) {
        first--;
    }
    size_t last = first; /* behind those it overlaps */
    for (; last < finder->count && finder->spans[last].start < end; last++) {
        const struct chute_redact_span *other = &finder->spans[last];
        size_t len = made.end - made.start, other_len = other->end - other->start;
        /* the longer one names it; of the same length the more particular one */
        if (other_len > len || (other_len == len && other->kind < made.kind)) {
            made.kind = other->kind;
        }
        made.start = other->start < made.start ? other->start : made.start;
        made.end = other->end > made.end ? other->end : made.end;
    }
    if (last == first) {
        if (finder->count == finder->room) {
            finder->room = finder->room * 2 + 16;
            finder->spans = chute_realloc(finder->spans, sizeof(*finder->spans) * finder->room);
        }
        memmove(finder->spans + first + 1, finder->spans + first,
            sizeof(*finder->spans) * (finder->count - first));
        finder->count++;
    } else if (last > first + 1) {
        memmove(finder->spans + first + 1, finder->spans + last,
            sizeof(*finder->spans) * (finder->count - last));
        finder->count -= last - first - 1;
    }
    finder->spans[first] = made;
}

void chute_redact_finder_finish(struct chute_redact_finder *finder) {
    chute_free(finder->spans);
    *finder = (struct chute_redact_finder){ 0 };
}

/* ------------------------------------------------------------------ finding */

/* Whether a token may start at `at`: it is looked at before the regex is, which in a long text would look for the bytes
 * it needs far behind. */
static bool is_free(const struct chute_redact_finder *finder, size_t at, const char *not_behind) {
    char before = chute_redact_byte(finder, at - 1);
    if (before == '\0') {
        return true;
    }
    bool is_of_a_word = chute_is_alnum(before) || before == '_';
    /* a sign that may not stand before it is a part of something only behind a word: not in a list, or in a diff */
    return !(chute_is_alnum(finder->text.at[at]) && is_of_a_word) &&
           (not_behind == NULL || strchr(not_behind, before) == NULL ||
               !chute_is_alnum(chute_redact_byte(finder, at - 2)));
}

static void try_token(const struct chute_redact_plan *plan, struct chute_redact_finder *finder,
    const struct source *source, size_t at) {
    const struct chute_redact_token *token = &chute_redact_tokens[source->token];
    const size_t *groups;
    size_t start = at - source->distance;
    if (at < source->distance || !is_free(finder, start, token->not_behind)) {
        return;
    }
    int found = chute_regex_match(
        plan->regexes[source->token], finder->scratch, finder->text, start, &groups);
    if (found < 0) {
        finder->is_undecided = true;
        return;
    }
    if (found > 0 &&
        (token->check == NULL || token->check(chute_redact_slice(finder, groups[0], groups[1])))) {
        chute_redact_add(finder, groups[0], groups[1], token->kind);
    }
}

/* What lies in a span is a secret already; only a token may give it a better name. */
static void look_at(const struct chute_redact_plan *plan, struct chute_redact_finder *finder,
    const struct chute_hit *hit) {
    bool is_inside = finder->count > 0 && hit->at < finder->spans[finder->count - 1].end &&
                     hit->at >= finder->spans[finder->count - 1].start;
    if (hit->needle == CHUTE_SCAN_NUMBER) {
        if (!is_inside || hit->at == finder->spans[finder->count - 1].start) {
            chute_redact_number(finder, hit->at, 0);
        }
        return;
    }
    const struct source *source = &plan->sources[hit->needle];
    if (source->detect == NULL) {
        try_token(plan, finder, source, hit->at);
    } else if (!is_inside || (source->detect == chute_redact_private_key &&
                                 finder->spans[finder->count - 1].end < finder->text.len)) {
        source->detect(
            finder, hit->at, source->len); /* a key may begin in a span, and end behind it */
    }
}

static void begin(const struct chute_redact_plan *plan, struct chute_redact_finder *finder,
    struct chute_regex_scratch *scratch, struct chute_str text) {
    finder->text = text;
    finder->kinds = plan->kinds;
    finder->scratch = scratch;
    finder->count = 0;
    finder->has_next_at = finder->is_undecided = false;
    finder->plain_start = finder->plain_end = finder->header_start = finder->header_end = 0;
    finder->name_start = finder->name_end = finder->command_end = finder->authority_end = 0;
    if (chute_redact_wants(finder, CHUTE_REDACT_PRIVATE_KEY) && chute_redact_is_key_line(text)) {
        chute_redact_add(finder, 0, text.len, CHUTE_REDACT_PRIVATE_KEY);
    }
}

size_t chute_redact_find(const struct chute_redact_plan *plan, struct chute_redact_finder *finder,
    struct chute_regex_scratch *scratch, struct chute_str text) {
    begin(plan, finder, scratch, text);
    struct chute_scanner scanner = chute_scan_begin(plan->scan, text);
    struct chute_hit hit;
    while (chute_scan_next(&scanner, &hit)) {
        look_at(plan, finder, &hit);
    }
    return finder->count;
}

static bool stands_at(const struct chute_needle *needle, struct chute_str text, size_t at) {
    struct chute_str there = { text.at + at, needle->text.len };
    if (text.len - at < needle->text.len) {
        return false;
    }
    return needle->is_caseless ? chute_str_eq_nocase(there, needle->text)
                               : chute_str_eq(there, needle->text);
}

size_t chute_redact_find_slowly(const struct chute_redact_plan *plan,
    struct chute_redact_finder *finder, struct chute_regex_scratch *scratch,
    struct chute_str text) {
    begin(plan, finder, scratch, text);
    for (size_t at = 0; at < text.len; at++) {
        struct chute_hit hit = { at, CHUTE_SCAN_NUMBER };
        char before = at == 0 ? '\0' : text.at[at - 1];
        if (plan->scan->has_numbers && chute_is_digit(text.at[at]) && !chute_is_digit(before) &&
            !chute_is_lower(before)) {
            look_at(plan, finder, &hit);
        }
        for (size_t i = 0; i < plan->source_count; i++) {
            hit.needle = (uint32_t)i;
            if ((plan->needles[i].text.at[0] | 0x20) == (text.at[at] | 0x20) &&
                stands_at(&plan->needles[i], text, at)) {
                look_at(plan, finder, &hit);
            }
        }
    }
    return finder->count;
}
