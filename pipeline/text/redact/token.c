/* pipeline/text/redact/token.c - keys and tokens that are told by their beginning: a row a shape. */
#include "pipeline/text/redact/token.h"

#include "pipeline/base/ascii.h"

/* What may not stand behind a token. */
#define DONE "(?![A-Za-z0-9])"

static bool is_jwt(struct chute_str found);

/* A new service is a new row; the literals by which it is found are taken out of the pattern. */
const struct chute_redact_token chute_redact_tokens[] = {
    { CHUTE_REDACT_JWT, "eyJ[A-Za-z0-9_-]{6,}\\.[A-Za-z0-9_-]{4,}(?:\\.[A-Za-z0-9_-]*){0,3}",
        .not_behind = "-.", .check = is_jwt },
    { CHUTE_REDACT_AWS_ACCESS_KEY, "(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}" DONE },
    { CHUTE_REDACT_GITHUB_TOKEN, "gh[pousr]_[A-Za-z0-9]{36,255}" DONE },
    { CHUTE_REDACT_GITHUB_TOKEN, "github_pat_[A-Za-z0-9_]{22,255}" },
    { CHUTE_REDACT_GITLAB_TOKEN,
        "gl(?:pat|dt|rt|ptt|cbt|ft|soat|imt|agent|oas|ffct)-[A-Za-z0-9_=.-]{20,300}" },
    { CHUTE_REDACT_GITLAB_TOKEN, "GR1348941[A-Za-z0-9_-]{20}" },
    { CHUTE_REDACT_SLACK_TOKEN, "xox[abceoprs]-[A-Za-z0-9-]{10,250}" },
    { CHUTE_REDACT_SLACK_TOKEN, "xapp-[0-9]-[A-Za-z0-9-]{10,250}" },
    { CHUTE_REDACT_SLACK_TOKEN, "xoxe\\.xox[bp]-[A-Za-z0-9-]{10,250}" },
    { CHUTE_REDACT_SLACK_WEBHOOK, "(?:http|https)://hooks\\.slack\\.com/"
                                  "(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,300}" },
    { CHUTE_REDACT_SLACK_WEBHOOK,
        "hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,300}" },
    { CHUTE_REDACT_SLACK_WEBHOOK,
        "(?:discord|discordapp)\\.com/api/webhooks/[0-9]{10,25}/[A-Za-z0-9_-]{30,120}" },
    { CHUTE_REDACT_SLACK_WEBHOOK, "\\.webhook\\.office\\.com/webhookb2/[A-Za-z0-9@/_-]{40,300}" },
    { CHUTE_REDACT_STRIPE_KEY, "[sprk]k_(?:live|test|prod)_[A-Za-z0-9]{10,250}" },
    { CHUTE_REDACT_STRIPE_KEY, "whsec_[A-Za-z0-9+/=]{24,100}" },
    { CHUTE_REDACT_GOOGLE_API_KEY, "AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])" },
    { CHUTE_REDACT_GOOGLE_API_KEY, "GOCSPX-[A-Za-z0-9_-]{24,40}" },
    { CHUTE_REDACT_GOOGLE_API_KEY, "ya29\\.[A-Za-z0-9_-]{20,1024}" },
    { CHUTE_REDACT_AZURE_KEY, "[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}" },
    { CHUTE_REDACT_AZURE_KEY, "[A-Za-z0-9+/]{76}AZ(?:EH|Fu|Cp|DB)[A-Za-z0-9+/]{5,40}=*" },
    { CHUTE_REDACT_NPM_TOKEN, "npm_[A-Za-z0-9]{36}" DONE },
    { CHUTE_REDACT_PYPI_TOKEN, "pypi-[A-Za-z0-9_-]{40,1024}" },
    { CHUTE_REDACT_OPENAI_KEY, "sk-(?:proj|svcacct|admin|ant|or|lf)-[A-Za-z0-9_-]{20,250}" },
    { CHUTE_REDACT_OPENAI_KEY, "sk-[A-Za-z0-9]{20,250}" },
    { CHUTE_REDACT_SERVICE_KEY, "SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{30,64}" },
    { CHUTE_REDACT_SERVICE_KEY, "SK[0-9a-f]{32}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "do[opr]_v1_[a-f0-9]{64}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "hf_[A-Za-z0-9]{30,50}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "dckr_pat_[A-Za-z0-9_-]{20,60}" },
    { CHUTE_REDACT_SERVICE_KEY, "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "sq0[a-z]{3}-[A-Za-z0-9_-]{20,60}" },
    { CHUTE_REDACT_SERVICE_KEY, "dapi[a-f0-9]{32}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "hv[sbr]\\.[A-Za-z0-9_-]{20,300}" },
    { CHUTE_REDACT_SERVICE_KEY, "dp\\.(?:pt|st|ct|scim|audit)\\.[A-Za-z0-9._-]{20,100}" },
    { CHUTE_REDACT_SERVICE_KEY, "gl(?:sa|c)_[A-Za-z0-9+/=_-]{30,400}" },
    { CHUTE_REDACT_SERVICE_KEY, "AGE-SECRET-KEY-1[A-Z0-9]{40,80}" },
    { CHUTE_REDACT_SERVICE_KEY, "ATATT3[A-Za-z0-9_=-]{100,300}" },
    { CHUTE_REDACT_SERVICE_KEY, "rubygems_[a-f0-9]{48}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "sntry[su]_[A-Za-z0-9+/=_-]{40,300}" },
    { CHUTE_REDACT_SERVICE_KEY, "NRAK-[A-Z0-9]{27}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "lin_api_[A-Za-z0-9]{40}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "ntn_[A-Za-z0-9]{40,60}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "figd_[A-Za-z0-9_-]{40,60}" },
    { CHUTE_REDACT_SERVICE_KEY, "PMAK-[a-f0-9]{24}-[a-f0-9]{34}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "sbp_[a-f0-9]{40}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "pul-[a-f0-9]{40}" DONE },
    { CHUTE_REDACT_HIGH_ENTROPY, "\\$2[aby]\\$[0-9]{2}\\$[./A-Za-z0-9]{53}" },
    { CHUTE_REDACT_HIGH_ENTROPY, "\\$argon2(?:id|i|d)\\$v=[0-9]+\\$[A-Za-z0-9+/=,$]{20,250}" },
    { CHUTE_REDACT_SERVICE_KEY, "gsk_[A-Za-z0-9]{52}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "xai-[A-Za-z0-9]{80}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "pplx-[A-Za-z0-9]{48}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "r8_[A-Za-z0-9]{37}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "key-[0-9a-f]{32}" DONE },
    { CHUTE_REDACT_SERVICE_KEY, "EAAC[A-Za-z0-9]{60,300}" },
    { CHUTE_REDACT_SERVICE_KEY, "(?<=[0-9]{8}):AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])" },
    { CHUTE_REDACT_SERVICE_KEY, "[0-9a-f]{32}-us[0-9]{1,2}" DONE },
};
const size_t chute_redact_token_count =
    sizeof(chute_redact_tokens) / sizeof(chute_redact_tokens[0]);

/* Whether a part of a token decodes to what an object starts and, if it is short enough to be seen whole, ends with. */
static bool is_object(struct chute_str part) {
    char plain[512];
    size_t count = chute_redact_base64(part, plain, sizeof(plain));
    if (count < 2 || plain[0] != '{' ||
        (plain[1] != '"' && !chute_is_space(plain[1]) && plain[1] != '}')) {
        return false;
    }
    while (count > 1 && chute_is_space(plain[count - 1])) {
        count--;
    }
    return count >= sizeof(plain) - 2 || plain[count - 1] == '}';
}

/* RFC 7519: a header and a payload that are objects, and a signature, which may be empty or cut off. The five parts of
 * an encrypted one have a header only. */
static bool is_jwt(struct chute_str found) {
    struct chute_str parts[5];
    size_t count = 0;
    bool has_more = true;
    for (; has_more && count < 5; count++) {
        parts[count] = chute_str_cut(&found, '.');
        has_more = parts[count].at + parts[count].len < found.at;
    }
    return count >= 2 && is_object(parts[0]) && (count == 5 || is_object(parts[1]));
}
