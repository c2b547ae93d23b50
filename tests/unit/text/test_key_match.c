#include <criterion/criterion.h>

#include <stdio.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/value.h"
#include "pipeline/text/key_match.h"

static uint32_t match(
    const struct chute_key_rules *rules, struct chute_key_cache *cache, struct chute_str key) {
    bool is_known;
    uint32_t *found = chute_key_cache_find(cache, key, chute_key_head(key), &is_known);
    if (found == NULL) {
        return chute_key_match(rules, key);
    }
    *found = is_known ? *found : chute_key_match(rules, key);
    return *found;
}

static const struct {
    const char *name, *key;
    bool want;
} rows[] = {
    { "password", "password", true },
    { "PassWord", "pASSWORD", true },
    { "password", "password2", false },
    { "password", "passwor", false },
    { "*password*", "password", true },
    { "*password*", "user_PASSWORD_hash", true },
    { "*password*", "pass_word", false },
    { "pass*", "pass", true },
    { "pass*", "apass", false },
    { "*key", "monkey", true },
    { "*key", "keys", false },
    { "a*b*c", "aXXbYYbZc", true },
    { "a*b*c", "aXXcYYb", false },
    { "?id", "uid", true },
    { "?id", "id", false },
    { "*", "anything", true },
    { "*", "", true },
    { "", "", true },
    { "", "x", false },
    { "*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
    { "*token*", "a_key_that_is_longer_than_what_the_cache_takes_token_x", true },
    { "É", "é", false },
};

Test(text_key_match, matches_names_and_globs) {
    struct chute_arena arena = { 0 };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_str name = chute_str_of(rows[i].name);
        struct chute_key_rules rules = chute_key_rules_compile(&arena, &name, 1);
        struct chute_key_cache *cache = chute_calloc(1, sizeof(*cache));
        for (int again = 0; again < 2; again++) {
            uint32_t got = match(&rules, cache, chute_str_of(rows[i].key));
            cr_expect_eq(
                got, rows[i].want ? 1 : 0, "%s on %s: got %u", rows[i].name, rows[i].key, got);
        }
        chute_free(cache);
    }
    chute_arena_finish(&arena);
}

Test(text_key_match, tells_which_name_it_was) {
    struct chute_arena arena = { 0 };
    const struct chute_str names[] = { CHUTE_STR("ssn"), CHUTE_STR("*ssn*"), CHUTE_STR("pin") };
    struct chute_key_rules rules = chute_key_rules_compile(&arena, names, 3);
    struct chute_key_cache *cache = chute_calloc(1, sizeof(*cache));
    cr_expect_eq(match(&rules, cache, CHUTE_STR("SSN")), 1);
    cr_expect_eq(match(&rules, cache, CHUTE_STR("ssns")), 2);
    cr_expect_eq(match(&rules, cache, CHUTE_STR("pin")), 3);
    cr_expect_eq(match(&rules, cache, CHUTE_STR("pine")), 0);
    chute_free(cache);
    chute_arena_finish(&arena);
}

/* More keys than the cache has slots, over and over: it may forget, but never mix keys up. */
Test(text_key_match, survives_full_slots) {
    struct chute_arena arena = { 0 };
    const struct chute_str name = CHUTE_STR("*7");
    struct chute_key_rules rules = chute_key_rules_compile(&arena, &name, 1);
    struct chute_key_cache *cache = chute_calloc(1, sizeof(*cache));
    for (int i = 0; i < 20000; i++) {
        char key[32];
        int number = i % 3000;
        int len = snprintf(key, sizeof(key), "field_%d", number);
        uint32_t got = match(&rules, cache, (struct chute_str){ key, (size_t)len });
        cr_assert_eq(got, number % 10 == 7 ? 1 : 0, "%s", key);
    }
    chute_free(cache);
    chute_arena_finish(&arena);
}
