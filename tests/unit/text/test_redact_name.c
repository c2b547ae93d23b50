#include <criterion/criterion.h>

#include "pipeline/text/redact/name.h"

static const char *const secret[] = { "password", "Password", "PASSWORD", "passwd", "pwd",
    "db_password", "DB_PASSWORD", "newPassword", "oldPassword2", "password_confirmation",
    "passwordHash", "password.old", "user-password", "userpassword", "dbpasswd", "secret",
    "clientSecret", "client_secret", "CLIENT-SECRET", "topsecret", "token", "accessToken",
    "access_token", "X-Auth-Token", "refreshToken", "id_token", "authtoken", "apiKey", "api_key",
    "apikey", "API-Key", "X-Api-Key", "DBPassword", "APIKey", "x_api_key_v2", "privateKey",
    "private_key", "PRIVATE KEY", "secretKey", "secret_key_base", "accessKey", "encryption_key",
    "ssh_key", "masterKey", "signing-key", "aws_secret_access_key", "AccountKey", "passphrase",
    "passcode", "ssn", "cvv", "cvv2", "cvc", "otp", "jwt", "credit_card", "creditCard",
    "creditcard_number", "card_number", "cardNumber", "security_code", "socialSecurityNumber",
    "secret_id", "db_pass", "smtp.pass", "kennwort", "contraseña", "senha",
    "spring.datasource.password", "totp", "credential", "pin_code", "passwort", "csrfToken", NULL };
static const char *const plain[] = { "secretary", "passwordless", "tokens_left", "tokenizer",
    "token_type", "token_count", "max_token", "next_page_token", "password_length",
    "password_policy", "password_changed_at", "has_password", "isPassword", "forgot_password",
    "secret_name", "key_id", "keyboard", "monkey", "primary_key", "foreignKey", "public_key",
    "publicKey", "cache_key", "sort_key", "partitionKey", "author", "authority", "authenticated",
    "compass", "bypass", "passenger", "spinning", "shipping", "mapping", "opinion", "pinned",
    "cookie_consent", "session_count", "sessions", "message", "id", "user_id", "name", "", "_",
    "123", "number", "zip_code", "code", "card", "postcard", "discard", "phone_model", "keys",
    "hash", "text", "value", "credential_type", "notoken2x", NULL };

Test(text_redact_name, knows_secrets_in_every_spelling) {
    for (size_t i = 0; secret[i] != NULL; i++) {
        cr_expect_eq(
            chute_redact_name(chute_str_of(secret[i])), CHUTE_NAME_SECRET, "%s", secret[i]);
    }
}

Test(text_redact_name, leaves_other_words_alone) {
    for (size_t i = 0; plain[i] != NULL; i++) {
        cr_expect_eq(chute_redact_name(chute_str_of(plain[i])), CHUTE_NAME_PLAIN, "%s: %d",
            plain[i], (int)chute_redact_name(chute_str_of(plain[i])));
    }
}

static const struct {
    const char *name;
    enum chute_redact_name want;
} rows[] = {
    { "key", CHUTE_NAME_HINTS },
    { "auth", CHUTE_NAME_HINTS },
    { "X-Amz-Signature", CHUTE_NAME_HINTS },
    { "pass", CHUTE_NAME_HINTS },
    { "passwords", CHUTE_NAME_LISTS },
    { "api_keys", CHUTE_NAME_LISTS },
    { "credentials", CHUTE_NAME_LISTS },
    { "session", CHUTE_NAME_SESSION },
    { "pin", CHUTE_NAME_SESSION },
    { "sessionId", CHUTE_NAME_SESSION_ID },
    { "JSESSIONID", CHUTE_NAME_SESSION_ID },
    { "session_id", CHUTE_NAME_SESSION_ID },
    { "phone", CHUTE_NAME_PHONE },
    { "mobile_number", CHUTE_NAME_PHONE },
    { "Cookie", CHUTE_NAME_COOKIE },
    { "Set-Cookie", CHUTE_NAME_COOKIE },
    { "Authorization", CHUTE_NAME_AUTHORIZATION },
    { "proxy-authorization", CHUTE_NAME_AUTHORIZATION },
};

Test(text_redact_name, tells_how_much_a_name_says) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect_eq(chute_redact_name(chute_str_of(rows[i].name)), rows[i].want, "%s: %d",
            rows[i].name, (int)chute_redact_name(chute_str_of(rows[i].name)));
    }
}

/* Its table is searched by halving: each of its words has to be found. */
Test(text_redact_name, takes_names_of_any_length) {
    char name[4096];
    memset(name, 'x', sizeof(name));
    cr_expect_eq(chute_redact_name((struct chute_str){ name, sizeof(name) }), CHUTE_NAME_PLAIN);
    memcpy(name + sizeof(name) - 9, "_password", 9);
    cr_expect_eq(chute_redact_name((struct chute_str){ name, sizeof(name) }), CHUTE_NAME_SECRET);
}
