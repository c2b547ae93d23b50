/* pipeline/text/redact/kinds.h - the kinds of secrets that are found without being told how they look: their names,
 * groups and what each stands for.
 *
 * Ownership: a constant table.
 * Threads: any. */
#ifndef CHUTE_TEXT_REDACT_KINDS_H
#define CHUTE_TEXT_REDACT_KINDS_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/base/str.h"

/* Of two kinds that claim the same text the first one here names it. */
enum chute_redact_kind {
    CHUTE_REDACT_PRIVATE_KEY,
    CHUTE_REDACT_JWT,
    CHUTE_REDACT_AWS_ACCESS_KEY,
    CHUTE_REDACT_GITHUB_TOKEN,
    CHUTE_REDACT_GITLAB_TOKEN,
    CHUTE_REDACT_SLACK_TOKEN,
    CHUTE_REDACT_SLACK_WEBHOOK,
    CHUTE_REDACT_STRIPE_KEY,
    CHUTE_REDACT_GOOGLE_API_KEY,
    CHUTE_REDACT_AZURE_KEY,
    CHUTE_REDACT_NPM_TOKEN,
    CHUTE_REDACT_PYPI_TOKEN,
    CHUTE_REDACT_OPENAI_KEY,
    CHUTE_REDACT_SERVICE_KEY,
    CHUTE_REDACT_CREDIT_CARD,
    CHUTE_REDACT_IBAN,
    CHUTE_REDACT_EMAIL,
    CHUTE_REDACT_PHONE,
    CHUTE_REDACT_IP_ADDRESS,
    CHUTE_REDACT_URL_PASSWORD,
    CHUTE_REDACT_BASIC_AUTH,
    CHUTE_REDACT_BEARER_TOKEN,
    CHUTE_REDACT_COOKIE,
    CHUTE_REDACT_HIGH_ENTROPY,
    CHUTE_REDACT_KEY_VALUE,
    CHUTE_REDACT_FIELD,
    CHUTE_REDACT_KINDS,
};

/* A set of kinds: bit n for kind n. */
#define CHUTE_REDACT_BIT(kind) (UINT32_C(1) << (kind))
#define CHUTE_REDACT_ALL (CHUTE_REDACT_BIT(CHUTE_REDACT_KINDS) - 1)

struct chute_redact_kind_row {
    const char *name;
    const char *group;  /* "secrets", "pii", "financial" */
    const char *doc;    /* one line */
    bool is_named_only; /* only when its own name is given: not by its group, nor by "all" */
};
extern const struct chute_redact_kind_row chute_redact_kinds[CHUTE_REDACT_KINDS];

#define CHUTE_REDACT_ERROR_SIZE 160

/* The kinds that `name` stands for: one kind, a group, or "all"; 0 if it is none of these. */
uint32_t chute_redact_kinds_named(struct chute_str name);
/* Takes one name of a list that somebody wrote into the set `*kinds`, empty at first; with a minus before it, out again,
 * of all if it `is_first`. False, with what is wrong in `error`, if there is no such name. */
bool chute_redact_kinds_take(
    uint32_t *kinds, struct chute_str name, bool is_first, char error[CHUTE_REDACT_ERROR_SIZE]);

#endif
