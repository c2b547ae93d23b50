#include <criterion/criterion.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/time.h"
#include "pipeline/base/tzif.h"
#include "pipeline/base/zone.h"

static struct chute_zone find(const char *id) {
    struct chute_zone zone = { 0 };
    cr_assert(chute_zone_find(chute_str_of(id), &zone), "%s", id);
    return zone;
}

/* Cross-checked with Python's zoneinfo. */
static const struct {
    const char *zone;
    long long seconds;
    int offset;
} offset_rows[] = {
    { "Europe/Berlin", -2500000000LL, 3208 },
    { "Europe/Berlin", 0LL, 3600 },
    { "Europe/Berlin", 131421549LL, 3600 },
    { "Europe/Berlin", 1711846799LL, 3600 },
    { "Europe/Berlin", 1711846800LL, 7200 },
    { "Europe/Berlin", 2190947745LL, 7200 },
    { "Europe/Berlin", 4095061658LL, 7200 },
    { "Europe/Berlin", 15423938499LL, 7200 },
    { "Europe/Berlin", 1795742288LL, 3600 },
    { "Europe/Berlin", -792611376LL, 3600 },
    { "America/New_York", -2500000000LL, -18000 },
    { "America/New_York", 0LL, -18000 },
    { "America/New_York", 131421549LL, -14400 },
    { "America/New_York", 1711846799LL, -14400 },
    { "America/New_York", 1711846800LL, -14400 },
    { "America/New_York", 2157205881LL, -14400 },
    { "America/New_York", 4117557392LL, -14400 },
    { "America/New_York", 15575398922LL, -14400 },
    { "America/New_York", -595714543LL, -18000 },
    { "America/New_York", 570621944LL, -18000 },
    { "America/Caracas", -2500000000LL, -16060 },
    { "America/Caracas", 0LL, -14400 },
    { "America/Caracas", 131421549LL, -14400 },
    { "America/Caracas", 1711846799LL, -14400 },
    { "America/Caracas", 1711846800LL, -14400 },
    { "America/Caracas", 2225704130LL, -14400 },
    { "America/Caracas", 4091946120LL, -14400 },
    { "America/Caracas", 15976787301LL, -14400 },
    { "America/Caracas", 1179419893LL, -14400 },
    { "America/Caracas", -77878324LL, -14400 },
    { "Asia/Kolkata", -2500000000LL, 19270 },
    { "Asia/Kolkata", 0LL, 19800 },
    { "Asia/Kolkata", 131421549LL, 19800 },
    { "Asia/Kolkata", 1711846799LL, 19800 },
    { "Asia/Kolkata", 1711846800LL, 19800 },
    { "Asia/Kolkata", 2152516230LL, 19800 },
    { "Asia/Kolkata", 4092883910LL, 19800 },
    { "Asia/Kolkata", 15465623510LL, 19800 },
    { "Asia/Kolkata", 796035739LL, 19800 },
    { "Asia/Kolkata", -699973233LL, 19800 },
    { "Australia/Lord_Howe", -2500000000LL, 38180 },
    { "Australia/Lord_Howe", 0LL, 36000 },
    { "Australia/Lord_Howe", 131421549LL, 36000 },
    { "Australia/Lord_Howe", 1711846799LL, 39600 },
    { "Australia/Lord_Howe", 1711846800LL, 39600 },
    { "Australia/Lord_Howe", 2179784889LL, 39600 },
    { "Australia/Lord_Howe", 4093043823LL, 37800 },
    { "Australia/Lord_Howe", 15591682483LL, 39600 },
    { "Australia/Lord_Howe", 823296038LL, 39600 },
    { "Australia/Lord_Howe", -746122314LL, 36000 },
    { "Pacific/Apia", -2500000000LL, 45184 },
    { "Pacific/Apia", 0LL, -39600 },
    { "Pacific/Apia", 131421549LL, -39600 },
    { "Pacific/Apia", 1711846799LL, 46800 },
    { "Pacific/Apia", 1711846800LL, 46800 },
    { "Pacific/Apia", 2223377558LL, 46800 },
    { "Pacific/Apia", 4094154104LL, 46800 },
    { "Pacific/Apia", 15239701014LL, 46800 },
    { "Pacific/Apia", 1708517688LL, 46800 },
    { "Pacific/Apia", 1694805173LL, 46800 },
    { "Africa/Casablanca", -2500000000LL, -1820 },
    { "Africa/Casablanca", 0LL, 0 },
    { "Africa/Casablanca", 131421549LL, 0 },
    { "Africa/Casablanca", 1711846799LL, 0 },
    { "Africa/Casablanca", 1711846800LL, 0 },
    { "Africa/Casablanca", 2225732167LL, 3600 },
    { "Africa/Casablanca", 4092075745LL, 3600 },
    { "Africa/Casablanca", 15619659571LL, 3600 },
    { "Africa/Casablanca", 1514881269LL, 0 },
    { "Africa/Casablanca", 703729684LL, 0 },
    { "America/Sao_Paulo", -2500000000LL, -11188 },
    { "America/Sao_Paulo", 0LL, -10800 },
    { "America/Sao_Paulo", 131421549LL, -10800 },
    { "America/Sao_Paulo", 1711846799LL, -10800 },
    { "America/Sao_Paulo", 1711846800LL, -10800 },
    { "America/Sao_Paulo", 2154139412LL, -10800 },
    { "America/Sao_Paulo", 4097418275LL, -10800 },
    { "America/Sao_Paulo", 15050017772LL, -10800 },
    { "America/Sao_Paulo", 1390857534LL, -7200 },
    { "America/Sao_Paulo", -428018515LL, -10800 },
    { "Europe/Dublin", -2500000000LL, -1521 },
    { "Europe/Dublin", 0LL, 3600 },
    { "Europe/Dublin", 131421549LL, 0 },
    { "Europe/Dublin", 1711846799LL, 0 },
    { "Europe/Dublin", 1711846800LL, 3600 },
    { "Europe/Dublin", 2186354348LL, 3600 },
    { "Europe/Dublin", 4104063972LL, 0 },
    { "Europe/Dublin", 15154892713LL, 3600 },
    { "Europe/Dublin", 1322228204LL, 0 },
    { "Europe/Dublin", -494086208LL, 3600 },
    { "Asia/Tehran", -2500000000LL, 12344 },
    { "Asia/Tehran", 0LL, 12600 },
    { "Asia/Tehran", 131421549LL, 12600 },
    { "Asia/Tehran", 1711846799LL, 12600 },
    { "Asia/Tehran", 1711846800LL, 12600 },
    { "Asia/Tehran", 2224110386LL, 12600 },
    { "Asia/Tehran", 4100350932LL, 12600 },
    { "Asia/Tehran", 15601571670LL, 12600 },
    { "Asia/Tehran", 1929179284LL, 12600 },
    { "Asia/Tehran", -223786101LL, 12600 },
    { "Antarctica/Troll", -2500000000LL, 0 },
    { "Antarctica/Troll", 0LL, 0 },
    { "Antarctica/Troll", 131421549LL, 0 },
    { "Antarctica/Troll", 1711846799LL, 0 },
    { "Antarctica/Troll", 1711846800LL, 7200 },
    { "Antarctica/Troll", 2161315551LL, 7200 },
    { "Antarctica/Troll", 4109515263LL, 0 },
    { "Antarctica/Troll", 15613326042LL, 7200 },
    { "Antarctica/Troll", 1744112455LL, 7200 },
    { "Antarctica/Troll", -193100091LL, 0 },
    { "CET", -2500000000LL, 3600 },
    { "CET", 0LL, 3600 },
    { "CET", 131421549LL, 3600 },
    { "CET", 1711846799LL, 3600 },
    { "CET", 1711846800LL, 7200 },
    { "CET", 2197466000LL, 7200 },
    { "CET", 4093269227LL, 7200 },
    { "CET", 15588136138LL, 3600 },
    { "CET", -730323401LL, 3600 },
    { "CET", 1423943363LL, 3600 },
    { "EST5EDT", -2500000000LL, -18000 },
    { "EST5EDT", 0LL, -18000 },
    { "EST5EDT", 131421549LL, -14400 },
    { "EST5EDT", 1711846799LL, -14400 },
    { "EST5EDT", 1711846800LL, -14400 },
    { "EST5EDT", 2155483181LL, -14400 },
    { "EST5EDT", 4110770515LL, -14400 },
    { "EST5EDT", 15221146487LL, -14400 },
    { "EST5EDT", 1132084004LL, -18000 },
    { "EST5EDT", 1922295636LL, -18000 },
    { "America/Nuuk", -2500000000LL, -12416 },
    { "America/Nuuk", 0LL, -10800 },
    { "America/Nuuk", 131421549LL, -10800 },
    { "America/Nuuk", 1711846799LL, -7200 },
    { "America/Nuuk", 1711846800LL, -3600 },
    { "America/Nuuk", 2218849931LL, -3600 },
    { "America/Nuuk", 4104347616LL, -7200 },
    { "America/Nuuk", 15834543046LL, -3600 },
    { "America/Nuuk", 349251823LL, -10800 },
    { "America/Nuuk", 999744784LL, -7200 },
    { "Etc/GMT+8", -2500000000LL, -28800 },
    { "Etc/GMT+8", 0LL, -28800 },
    { "Etc/GMT+8", 131421549LL, -28800 },
    { "Etc/GMT+8", 1711846799LL, -28800 },
    { "Etc/GMT+8", 1711846800LL, -28800 },
    { "Etc/GMT+8", 2226076430LL, -28800 },
    { "Etc/GMT+8", 4105206344LL, -28800 },
    { "Etc/GMT+8", 15388246102LL, -28800 },
    { "Etc/GMT+8", 287489453LL, -28800 },
    { "Etc/GMT+8", 66984055LL, -28800 },
    { "Asia/Gaza", -2500000000LL, 8272 },
    { "Asia/Gaza", 0LL, 7200 },
    { "Asia/Gaza", 131421549LL, 7200 },
    { "Asia/Gaza", 1711846799LL, 7200 },
    { "Asia/Gaza", 1711846800LL, 7200 },
    { "Asia/Gaza", 2171611532LL, 7200 },
    { "Asia/Gaza", 4113454361LL, 10800 },
    { "Asia/Gaza", 15837335688LL, 7200 },
    { "Asia/Gaza", 48386555LL, 7200 },
    { "Asia/Gaza", -648435393LL, 7200 },
    { "Australia/Sydney", -2500000000LL, 36292 },
    { "Australia/Sydney", 0LL, 36000 },
    { "Australia/Sydney", 131421549LL, 39600 },
    { "Australia/Sydney", 1711846799LL, 39600 },
    { "Australia/Sydney", 1711846800LL, 39600 },
    { "Australia/Sydney", 2224581493LL, 36000 },
    { "Australia/Sydney", 4100074688LL, 39600 },
    { "Australia/Sydney", 15563925448LL, 39600 },
    { "Australia/Sydney", 1126508550LL, 36000 },
    { "Australia/Sydney", 475216845LL, 39600 },
};

Test(zone, offsets) {
    for (size_t i = 0; i < sizeof(offset_rows) / sizeof(offset_rows[0]); i++) {
        int got = chute_zone_offset(find(offset_rows[i].zone), offset_rows[i].seconds);
        cr_expect(got == offset_rows[i].offset, "%s %lld: got %d, want %d", offset_rows[i].zone,
            offset_rows[i].seconds, got, offset_rows[i].offset);
    }
}

/* Cross-checked with Python's zoneinfo (fold=0). */
static const struct {
    const char *zone;
    struct chute_civil wall;
    enum chute_zone_wall kind;
    int offset;
} wall_rows[] = {
    { "Europe/Berlin", { 2016, 3, 27, 1, 59, 59 }, CHUTE_ZONE_ONCE, 3600 },
    { "Europe/Berlin", { 2016, 3, 27, 2, 0, 0 }, CHUTE_ZONE_SKIPPED, 3600 },
    { "Europe/Berlin", { 2016, 3, 27, 2, 59, 59 }, CHUTE_ZONE_SKIPPED, 3600 },
    { "Europe/Berlin", { 2016, 3, 27, 3, 0, 0 }, CHUTE_ZONE_ONCE, 7200 },
    { "Europe/Berlin", { 2016, 10, 30, 1, 59, 59 }, CHUTE_ZONE_ONCE, 7200 },
    { "Europe/Berlin", { 2016, 10, 30, 2, 0, 0 }, CHUTE_ZONE_TWICE, 7200 },
    { "Europe/Berlin", { 2016, 10, 30, 2, 59, 59 }, CHUTE_ZONE_TWICE, 7200 },
    { "Europe/Berlin", { 2016, 10, 30, 3, 0, 0 }, CHUTE_ZONE_ONCE, 3600 },
    { "America/New_York", { 2016, 3, 13, 2, 30, 0 }, CHUTE_ZONE_SKIPPED, -18000 },
    { "America/New_York", { 2016, 11, 6, 1, 30, 0 }, CHUTE_ZONE_TWICE, -14400 },
    { "America/New_York", { 2100, 3, 14, 2, 30, 0 }, CHUTE_ZONE_SKIPPED, -18000 },
    { "America/New_York", { 2100, 11, 7, 1, 30, 0 }, CHUTE_ZONE_TWICE, -14400 },
    { "America/New_York", { 2100, 7, 4, 12, 0, 0 }, CHUTE_ZONE_ONCE, -14400 },
    { "Australia/Lord_Howe", { 2024, 4, 7, 1, 45, 0 }, CHUTE_ZONE_TWICE, 39600 },
    { "Australia/Lord_Howe", { 2024, 10, 6, 2, 15, 0 }, CHUTE_ZONE_SKIPPED, 37800 },
    { "Pacific/Apia", { 2011, 12, 30, 12, 0, 0 }, CHUTE_ZONE_SKIPPED, -36000 },
    { "Pacific/Apia", { 2011, 12, 31, 0, 0, 0 }, CHUTE_ZONE_ONCE, 50400 },
    { "Pacific/Apia", { 2011, 12, 29, 23, 59, 59 }, CHUTE_ZONE_ONCE, -36000 },
    { "America/Sao_Paulo", { 2018, 11, 4, 0, 30, 0 }, CHUTE_ZONE_SKIPPED, -10800 },
    { "America/Caracas", { 2007, 12, 9, 2, 45, 0 }, CHUTE_ZONE_TWICE, -14400 },
    { "America/Caracas", { 2007, 12, 9, 1, 0, 0 }, CHUTE_ZONE_ONCE, -14400 },
    { "America/Caracas", { 2016, 5, 1, 2, 40, 0 }, CHUTE_ZONE_SKIPPED, -16200 },
    { "Europe/Dublin", { 2050, 3, 27, 1, 30, 0 }, CHUTE_ZONE_SKIPPED, 0 },
    { "Europe/Dublin", { 2050, 10, 30, 1, 30, 0 }, CHUTE_ZONE_TWICE, 3600 },
    { "Asia/Kolkata", { 2024, 1, 1, 0, 0, 0 }, CHUTE_ZONE_ONCE, 19800 },
    { "Africa/Casablanca", { 2024, 3, 10, 2, 30, 0 }, CHUTE_ZONE_TWICE, 3600 },
    { "Africa/Casablanca", { 2024, 4, 14, 2, 30, 0 }, CHUTE_ZONE_SKIPPED, 0 },
    { "Europe/Berlin", { 1900, 1, 1, 0, 0, 0 }, CHUTE_ZONE_ONCE, 3600 },
    { "Europe/Berlin", { 1893, 4, 1, 0, 3, 0 }, CHUTE_ZONE_SKIPPED, 3208 },
};

Test(zone, wall_times) {
    for (size_t i = 0; i < sizeof(wall_rows) / sizeof(wall_rows[0]); i++) {
        int32_t offset = 0;
        enum chute_zone_wall kind = chute_zone_offset_of_wall(
            find(wall_rows[i].zone), chute_seconds_from_civil(&wall_rows[i].wall), &offset);
        cr_expect(kind == wall_rows[i].kind && offset == wall_rows[i].offset,
            "row %zu, %s: got %d %d", i, wall_rows[i].zone, (int)kind, (int)offset);
    }
}

Test(zone, fixed_offsets_and_names_of_utc) {
    static const struct {
        const char *id;
        int offset;
    } rows[] = {
        { "UTC", 0 },
        { "GMT", 0 },
        { "UT", 0 },
        { "Z", 0 },
        { "-05:00", -18000 },
        { "+0530", 19800 },
        { "-05", -18000 },
        { "GMT+2", 7200 },
        { "UTC-03:30", -12600 },
        { "UT+01", 3600 },
        { "+00:00", 0 },
        { "-00:00:30", -30 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_zone zone = find(rows[i].id);
        cr_expect(zone.rules == NULL && zone.offset == rows[i].offset, "%s", rows[i].id);
    }
}

Test(zone, refuses_what_is_no_zone) {
    static const char *const rows[] = { "", "Mars/Olympus", "../../../etc/passwd", "/etc/localtime",
        "Europe/../Europe/Berlin", "Europe//Berlin", "./UTC", "Europe/", "Europe", "zone.tab",
        "tzdata.zi", "leapseconds", "right/Europe/Berlin", "posix/Europe/Berlin", "+5", "+24:00",
        "+05:60", "+05:3", "+05:", "GMT+", "GMT+123", "-", "%{tz}", "europe/berlin",
        "Europe/Berlin ",
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_zone zone = { NULL, 77 };
        cr_expect(!chute_zone_find(chute_str_of(rows[i]), &zone), "%s", rows[i]);
        cr_expect(zone.offset == 77, "%s: touched", rows[i]);
    }
}

Test(zone, is_read_once) {
    cr_expect(find("Europe/Paris").rules == find("Europe/Paris").rules);
    cr_expect(find("Europe/Paris").rules != find("Europe/Rome").rules);
}

/* What one thread found, for comparing. */
static void *find_many(void *found) {
    static const char *const ids[] = { "Asia/Tokyo", "Asia/Seoul", "Asia/Dubai", "Asia/Kabul",
        "Asia/Dhaka", "Asia/Amman", "Asia/Baku", "Asia/Hovd" };
    const struct chute_zone_rules **rules = found;
    for (size_t i = 0; i < 8; i++) {
        struct chute_zone zone = { 0 };
        chute_zone_find(chute_str_of(ids[i]), &zone);
        rules[i] = zone.rules;
    }
    return NULL;
}

Test(zone, is_the_same_for_all_threads) {
    pthread_t threads[4];
    const struct chute_zone_rules *found[4][8];
    for (size_t i = 0; i < 4; i++) {
        cr_assert(pthread_create(&threads[i], NULL, find_many, found[i]) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        for (size_t zone = 0; zone < 8; zone++) {
            cr_expect(found[i][zone] != NULL && found[i][zone] == found[0][zone], "%zu", zone);
        }
    }
}

Test(zone, names) {
    char room[16];
    cr_expect(chute_str_eq(chute_zone_id(find("Europe/Berlin"), room), CHUTE_STR("Europe/Berlin")));
    cr_expect(chute_str_eq(chute_zone_id(find("GMT"), room), CHUTE_STR("UTC")));
    cr_expect(chute_str_eq(chute_zone_id(find("-0330"), room), CHUTE_STR("-03:30")));
    cr_expect(chute_str_eq(chute_zone_id(find("+01:02:03"), room), CHUTE_STR("+01:02:03")));
    cr_expect(chute_str_eq(
        chute_zone_abbreviation(find("Europe/Berlin"), 1467331200, room), CHUTE_STR("CEST")));
    cr_expect(chute_str_eq(
        chute_zone_abbreviation(find("Europe/Berlin"), 4102444800, room), CHUTE_STR("CET")));
    cr_expect(chute_str_eq(chute_zone_abbreviation(find("UTC"), 0, room), CHUTE_STR("UTC")));
}

static int local_offset_with(const char *tz, int64_t seconds) {
    setenv("TZ", tz, 1);
    return chute_zone_offset(chute_zone_local(), seconds);
}

Test(zone, local_is_what_tz_says) {
    cr_expect(local_offset_with("Etc/GMT+8", 0) == -28800);
}

Test(zone, local_may_be_a_file) {
    cr_expect(local_offset_with(":/usr/share/zoneinfo/Asia/Kolkata", 0) == 19800);
}

Test(zone, local_may_be_posix_rules) {
    cr_expect(local_offset_with("ABC-1DEF,M3.5.0,M10.5.0/3", 1467331200) == 7200);
    cr_expect(chute_zone_offset(chute_zone_local(), 1451606400) == 3600);
}

Test(zone, local_is_utc_if_tz_is_nonsense) {
    cr_expect(local_offset_with("No/Such", 0) == 0);
}

Test(tzif, posix_rules) {
    static const struct {
        const char *text;
        int64_t seconds;
        int offset; /* 1: the text is refused */
    } rows[] = {
        { "EST5EDT", 1467331200, -14400 },
        { "EST5EDT", 1451606400, -18000 },
        { "<+0330>-3:30<+0430>,J79/24,J263/24", 1467331200, 16200 },
        { "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1467331200, -3600 },
        { "AEST-10AEDT,M10.1.0,M4.1.0/3", 1451606400, 39600 },
        { "AEST-10AEDT,M10.1.0,M4.1.0/3", 1467331200, 36000 },
        { "XXX3EDT4,0/0,J365/23", 1483228799, -14400 },
        { "IST-1GMT0,M10.5.0,M3.5.0/1", 1467331200, 3600 },
        { "IST-1GMT0,M10.5.0,M3.5.0/1", 1451606400, 0 },
        { "UTC0", 99, 0 },
        { "AB3", 0, 1 },
        { "ABC", 0, 1 },
        { "ABC3DEF,M3.5.0", 0, 1 },
        { "ABC3DEF,M13.5.0,M3.5.0", 0, 1 },
        { "ABC3DEF,M3.6.0,M3.5.0", 0, 1 },
        { "ABC3DEF,M3.5.7,M3.5.0", 0, 1 },
        { "ABC3DEF,J0,J5", 0, 1 },
        { "ABC3DEF,J1,J366", 0, 1 },
        { "ABC3DEF,J1,J5x", 0, 1 },
        { "ABC999", 0, 1 },
        { "<ABC3", 0, 1 },
        { "ABC3:60", 0, 1 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_zone_rules *rules =
            chute_tzif_parse_posix(chute_str_of(rows[i].text), CHUTE_STR("test"));
        cr_expect((rules == NULL) == (rows[i].offset == 1), "%s", rows[i].text);
        if (rules != NULL) {
            int got = chute_tzif_segment(rules, rows[i].seconds).offset;
            cr_expect(got == rows[i].offset, "%s: got %d", rows[i].text, got);
        }
        chute_tzif_destroy(rules);
    }
}

Test(tzif, refuses_broken_files_at_any_length) {
    static const unsigned char file[] =
        "TZif1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" /* version 1, 15 unused */
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\7"
        "\0\0\0\x64\1"
        "\0\0\0\0\0\0\0\0\x0e\x10\1\4"
        "LMT\0CET";
    struct chute_str bytes = { (const char *)file, sizeof(file) - 1 };
    for (size_t len = 0; len < bytes.len; len++) {
        cr_expect(chute_tzif_parse((struct chute_str){ bytes.at, len }, CHUTE_STR("x")) == NULL);
    }
    struct chute_zone_rules *rules = chute_tzif_parse(bytes, CHUTE_STR("x"));
    cr_assert(rules != NULL);
    cr_expect(chute_tzif_segment(rules, 99).offset == 0);
    cr_expect(chute_tzif_segment(rules, 100).offset == 3600);
    cr_expect(strcmp(chute_tzif_segment(rules, 100).abbreviation, "CET") == 0);
    chute_tzif_destroy(rules);
}
