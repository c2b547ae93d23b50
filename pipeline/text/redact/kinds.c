#include "pipeline/text/redact/kinds.h"

#include <stdio.h>

#include "conf/diag.h"

const struct chute_redact_kind_row chute_redact_kinds[CHUTE_REDACT_KINDS] = {
    [CHUTE_REDACT_PRIVATE_KEY] = { "private_key", "secrets",
        "PEM and PGP private keys, over several lines or on one, cut off or not." },
    [CHUTE_REDACT_JWT] = { "jwt", "secrets",
        "JSON web tokens: three parts, of which the first two decode to objects." },
    [CHUTE_REDACT_AWS_ACCESS_KEY] = { "aws_access_key", "secrets", "AWS access key ids." },
    [CHUTE_REDACT_GITHUB_TOKEN] = { "github_token", "secrets", "GitHub tokens of all kinds." },
    [CHUTE_REDACT_GITLAB_TOKEN] = { "gitlab_token", "secrets", "GitLab tokens of all kinds." },
    [CHUTE_REDACT_SLACK_TOKEN] = { "slack_token", "secrets", "Slack tokens." },
    [CHUTE_REDACT_SLACK_WEBHOOK] = { "slack_webhook", "secrets",
        "Webhook addresses of Slack, Discord and Teams, whole." },
    [CHUTE_REDACT_STRIPE_KEY] = { "stripe_key", "secrets", "Stripe keys and webhook secrets." },
    [CHUTE_REDACT_GOOGLE_API_KEY] = { "google_api_key", "secrets",
        "Google API keys, OAuth secrets and access tokens." },
    [CHUTE_REDACT_AZURE_KEY] = { "azure_key", "secrets",
        "Azure account keys, client secrets and signatures." },
    [CHUTE_REDACT_NPM_TOKEN] = { "npm_token", "secrets", "npm tokens." },
    [CHUTE_REDACT_PYPI_TOKEN] = { "pypi_token", "secrets", "PyPI tokens." },
    [CHUTE_REDACT_OPENAI_KEY] = { "openai_key", "secrets",
        "Keys of OpenAI, Anthropic and others that begin with sk-." },
    [CHUTE_REDACT_SERVICE_KEY] = { "service_key", "secrets",
        "Keys of other services that can be told by their beginning: SendGrid, Twilio, "
        "DigitalOcean "
        "and more." },
    [CHUTE_REDACT_CREDIT_CARD] = { "credit_card", "financial",
        "Card numbers with an issuer's prefix, its length and a right check digit." },
    [CHUTE_REDACT_IBAN] = { "iban", "financial",
        "Account numbers of a country's length with right check digits." },
    [CHUTE_REDACT_EMAIL] = { "email", "pii", "E-mail addresses." },
    [CHUTE_REDACT_PHONE] = { "phone", "pii",
        "Telephone numbers: international ones, and common national forms." },
    [CHUTE_REDACT_IP_ADDRESS] = { "ip_address", "pii", "IPv4 and IPv6 addresses.",
        .is_named_only = true },
    [CHUTE_REDACT_URL_PASSWORD] = { "url_password", "secrets",
        "The password in an address: scheme://user:password@host." },
    [CHUTE_REDACT_BASIC_AUTH] = { "basic_auth", "secrets", "Basic credentials of HTTP." },
    [CHUTE_REDACT_BEARER_TOKEN] = { "bearer_token", "secrets", "Bearer credentials of HTTP." },
    [CHUTE_REDACT_COOKIE] = { "cookie", "secrets", "Values of cookies." },
    [CHUTE_REDACT_HIGH_ENTROPY] = { "high_entropy", "secrets",
        "Values that look random, behind a sensitive word or a weak name such as key." },
    [CHUTE_REDACT_KEY_VALUE] = { "key_value", "secrets",
        "Values in texts behind a sensitive name: password=…, \"token\": \"…\", --secret …" },
    [CHUTE_REDACT_FIELD] = { "field", "secrets", "Fields of the event with a sensitive name." },
};

uint32_t chute_redact_kinds_named(struct chute_str name) {
    uint32_t kinds = 0;
    for (unsigned i = 0; i < CHUTE_REDACT_KINDS; i++) {
        const struct chute_redact_kind_row *row = &chute_redact_kinds[i];
        bool is_meant =
            chute_str_eq(name, CHUTE_STR("all")) || chute_str_eq(name, chute_str_of(row->group));
        if (chute_str_eq(name, chute_str_of(row->name)) || (is_meant && !row->is_named_only)) {
            kinds |= CHUTE_REDACT_BIT(i);
        }
    }
    return kinds;
}

static void say_unknown(struct chute_str name, char error[CHUTE_REDACT_ERROR_SIZE]) {
    static const char *const groups[] = { "all", "secrets", "pii", "financial" };
    struct chute_nearest nearest = { .name = name };
    for (unsigned i = 0; i < CHUTE_REDACT_KINDS; i++) {
        chute_nearest_offer(&nearest, chute_redact_kinds[i].name);
    }
    for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        chute_nearest_offer(&nearest, groups[i]);
    }
    bool is_near = nearest.best != NULL;
    snprintf(error, CHUTE_REDACT_ERROR_SIZE, "there is no detector \"%.*s\"%s%s%s",
        CHUTE_STR_ARGS(name), is_near ? "; did you mean \"" : "", is_near ? nearest.best : "",
        is_near ? "\"?" : "");
}

bool chute_redact_kinds_take(
    uint32_t *kinds, struct chute_str name, bool is_first, char error[CHUTE_REDACT_ERROR_SIZE]) {
    bool is_taken_out = name.len > 0 && name.at[0] == '-';
    name.at += is_taken_out;
    name.len -= is_taken_out;
    uint32_t named = chute_redact_kinds_named(name);
    if (named == 0) {
        say_unknown(name, error);
        return false;
    }
    if (is_first && is_taken_out) { /* "-phone" is all but this */
        *kinds = chute_redact_kinds_named(CHUTE_STR("all"));
    }
    *kinds = is_taken_out ? *kinds & ~named : *kinds | named;
    return true;
}
