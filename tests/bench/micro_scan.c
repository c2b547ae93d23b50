/* micro_scan [EVENTS]: CPU time of looking for the literals of redaction in the strings of the timetable's events, in
 * nanoseconds an event; by one pass, by one pass that looks for numbers, too, and by a search for each literal. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/arena.h"
#include "pipeline/text/scan.h"

enum { STRINGS = 8, ROUNDS = 20 };

static const char *const caseless[] = { "pass", "pwd", "secret", "token", "otp", "jwt", "ssn",
    "cvv", "cvc", "cred", "pin", "sess", "csrf", "xsrf", "key", "auth", "sid", "sig", "salt",
    "bearer", "cookie", "security", "card", "phone", "mobile", "kennwort", "contrase", "senha" };
static const char *const exact[] = { "://", "@", "-----BEGIN ", "eyJ", "AKIA", "ASIA", "ABIA",
    "ACCA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glrt-",
    "glptt-", "xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "xapp-", "xoxe.xoxb-", "xoxe.xoxp-",
    "hooks.slack.com/", "discord.com/api/webhooks", ".webhook.office.com/", "sk_live_", "sk_test_",
    "rk_live_", "pk_live_", "whsec_", "AIza", "GOCSPX-", "ya29.", "Q~", "AZEH", "AZFu", "AZCp",
    "AZDB", "npm_", "pypi-", "sk-proj-", "sk-svcacct-", "sk-admin-", "sk-ant-", "sk-or-", "SG.",
    "dop_v1_", "doo_v1_", "dor_v1_", "hf_", "dckr_pat_", "shpat_", "shpca_", "shppa_", "shpss_",
    "dapi", "hvs.", "hvb.", "hvr.", "glsa_", "glc_", "AGE-SECRET-KEY-1", "ATATT3", "rubygems_",
    "sntrys_", "sntryu_", "NRAK-", "lin_api_", "ntn_", "figd_", "PMAK-", "sbp_", "pul-", "EAAC",
    ":AA", "-us" };
enum {
    CASELESS = sizeof(caseless) / sizeof(caseless[0]),
    EXACT = sizeof(exact) / sizeof(exact[0]),
    NEEDLES = CASELESS + EXACT
};

static double now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void make_event(struct chute_arena *arena, struct chute_str *strings, unsigned i) {
    static const char *const services[] = { "checkout", "inventory", "search", "mailer",
        "gateway" };
    static const char *const messages[] = { "user %u logged in from 192.0.2.%u",
        "order %u was paid after %u retries, sent to the warehouse",
        "GET /api/v1/items/%u took %u ms, cache miss",
        "worker %u: connection reset by peer, retry %u",
        "reindexed %u documents of shard %u in the background" };
    strings[0] =
        chute_arena_printf(arena, "2026-11-23T10:%02u:%02u.%03uZ", i / 60 % 60, i % 60, i % 1000);
    strings[1] = chute_arena_printf(arena, "web-%02u.example.org", i % 40);
    strings[2] = chute_arena_printf(arena, "10.1.%u.%u", i % 250, i % 199);
    strings[3] = chute_arena_printf(arena, "%s", services[i % 5]);
    strings[4] = chute_arena_printf(arena, "%s", i % 10 == 0 ? "error" : "info");
    strings[5] = i % 50 == 0 ? chute_arena_printf(arena, "login failed: password=hunter%u", i)
                             : chute_arena_printf(arena, messages[i * 7 % 5], i, i % 255);
    strings[6] = chute_arena_printf(arena, "/api/v1/orders/%08u/items", i);
    strings[7] = chute_arena_printf(arena, "%08x%08x", i * 2654435761u, i * 40503u);
}

static size_t pass(const struct chute_scan *scan, const struct chute_str *strings, size_t count) {
    size_t hits = 0;
    for (size_t i = 0; i < count; i++) {
        struct chute_scanner scanner = chute_scan_begin(scan, strings[i]);
        struct chute_hit hit;
        while (chute_scan_next(&scanner, &hit)) {
            hits++;
        }
    }
    return hits;
}

static size_t search(
    const struct chute_needle *needles, const struct chute_str *strings, size_t count) {
    size_t hits = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < NEEDLES; k++) {
            if (needles[k].is_caseless) {
                for (size_t at = 0; at + needles[k].text.len <= strings[i].len; at++) {
                    hits += strncasecmp(
                                strings[i].at + at, needles[k].text.at, needles[k].text.len) == 0;
                }
            } else {
                hits += memmem(strings[i].at, strings[i].len, needles[k].text.at,
                            needles[k].text.len) != NULL;
            }
        }
    }
    return hits;
}

static void report(const char *what, double ns, size_t hits, unsigned events) {
    printf("%-28s %8.1f ns  %.2f hits\n", what, ns / events, (double)hits / events);
}

int main(int argc, char **argv) {
    unsigned events = argc > 1 ? (unsigned)atoi(argv[1]) : 20000;
    struct chute_arena arena = { 0 };
    struct chute_str *strings = chute_calloc((size_t)events * STRINGS, sizeof(*strings));
    size_t count = (size_t)events * STRINGS, bytes = 0;
    for (unsigned i = 0; i < events; i++) {
        make_event(&arena, strings + (size_t)i * STRINGS, i);
    }
    for (size_t i = 0; i < count; i++) {
        bytes += strings[i].len;
    }
    struct chute_needle needles[NEEDLES];
    for (size_t i = 0; i < NEEDLES; i++) {
        needles[i].is_caseless = i < CASELESS;
        needles[i].text = chute_str_of(i < CASELESS ? caseless[i] : exact[i - CASELESS]);
    }
    printf("%zu literals, %d strings of %zu bytes an event\n", (size_t)NEEDLES, STRINGS,
        bytes / events);
    for (int has_numbers = 0; has_numbers < 2; has_numbers++) {
        struct chute_scan *scan = chute_scan_create(needles, NEEDLES, has_numbers);
        double best = 1e18;
        size_t hits = 0;
        for (int round = 0; round < ROUNDS; round++) {
            double start = now_ns();
            hits = pass(scan, strings, count);
            double took = now_ns() - start;
            best = took < best ? took : best;
        }
        report(has_numbers ? "one pass, numbers as well" : "one pass", best, hits, events);
        chute_scan_destroy(scan);
    }
    double start = now_ns();
    size_t hits = search(needles, strings, count);
    report("a search for each literal", now_ns() - start, hits, events);
    chute_free(strings);
    chute_arena_finish(&arena);
    return 0;
}
