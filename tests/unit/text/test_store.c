#include <criterion/criterion.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/text/store.h"

static char folder[64];
static char path[128];

static void make_folder(void) {
    snprintf(folder, sizeof(folder), "/tmp/chute-store-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/a/b/events.db", folder);
}

static void remove_folder(void) {
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
    chute_clock_reset();
}

TestSuite(store, .init = make_folder, .fini = remove_folder);

static struct chute_store *open_store(long long max_bytes, long long max_age_ms) {
    struct chute_store_limits limits = { .max_bytes = max_bytes, .max_age_ms = max_age_ms };
    struct chute_store *store;
    struct chute_buf why = { 0 };
    enum chute_store_status status = chute_store_open(&store, path, &limits, &why);
    cr_assert_eq(status, CHUTE_STORE_OK, "%s", chute_buf_cstr(&why));
    chute_buf_finish(&why);
    return store;
}

static void add(struct chute_store *store, int64_t time_ms, const char *document) {
    enum chute_store_status status = chute_store_add(store, time_ms, chute_str_of(document));
    cr_assert_eq(status, CHUTE_STORE_OK, "%s", chute_store_reason(store));
}

static void commit(struct chute_store *store) {
    cr_assert_eq(chute_store_commit(store), CHUTE_STORE_OK, "%s", chute_store_reason(store));
}

static void begin(struct chute_store *store) {
    cr_assert_eq(chute_store_begin(store), CHUTE_STORE_OK, "%s", chute_store_reason(store));
}

static void append(void *arg, struct chute_str document) {
    chute_buf_printf(arg, "%.*s\n", CHUTE_STR_ARGS(document));
}

/* What a query finds, one document a line, NUL-terminated, in `out`. */
static const char *find(struct chute_store *store, const char *text, long long limit,
    int64_t since_ms, int64_t until_ms, struct chute_buf *out) {
    struct chute_arena arena = { 0 };
    struct chute_store_search search = {
        .since_ms = since_ms, .until_ms = until_ms, .limit = limit
    };
    out->len = 0;
    search.query = chute_query_parse(&arena, chute_str_of(text), out);
    cr_assert_not_null(search.query, "%s", text);
    enum chute_store_status status = chute_store_find(store, &search, append, out);
    cr_expect_eq(status, CHUTE_STORE_OK, "%s: %s", text, chute_store_reason(store));
    chute_arena_finish(&arena);
    return chute_buf_cstr(out);
}

Test(store, finds_what_is_asked_for) {
    static const struct {
        const char *query, *found;
        long long limit;
        int64_t since_ms, until_ms;
    } rows[] = {
        { "", "1234", 50, 0, 9999 },
        { "", "34", 2, 0, 9999 },
        { "", "23", 50, 2000, 4000 },
        { "timeout", "14", 50, 0, 9999 },
        { "TIMEOUT level:error", "1", 50, 0, 9999 },
        { "\"gate way\"", "", 50, 0, 9999 },
        { "\"at gateway\"", "1", 50, 0, 9999 },
        { "-timeout", "23", 50, 0, 9999 },
        { "-level:info", "14", 50, 0, 9999 },
        { "level", "", 50, 0, 9999 }, /* the name of a field is no word */
        { "nline", "", 50, 0, 9999 }, /* the n of an escape is part of none */
        { "line", "2", 50, 0, 9999 },
        { "quote", "2", 50, 0, 9999 },
        { "n:3", "3", 50, 0, 9999 },
        { "true", "4", 50, 0, 9999 },
        { "gate*", "1", 50, 0, 9999 },
        { "nothing", "", 50, 0, 9999 },
    };
    struct chute_store *store = open_store(0, 0);
    struct chute_buf out = { 0 };
    begin(store);
    add(store, 2000, "{\"n\":2,\"level\":\"info\",\"message\":\"first\\nline, a \\\"quote\\\"\"}");
    add(store, 1000, "{\"n\":1,\"level\":\"error\",\"message\":\"timeout at gateway\"}");
    add(store, 4000, "{\"n\":4,\"ok\":true,\"tags\":[\"x\",\"timeout\"]}");
    add(store, 3000, "{\"n\":3,\"level\":\"info\"}");
    commit(store);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char found[8] = "";
        const char *text =
            find(store, rows[i].query, rows[i].limit, rows[i].since_ms, rows[i].until_ms, &out);
        for (size_t n = 0; (text = strstr(text, "{\"n\":")) != NULL; text += 5) {
            found[n++] = text[5];
        }
        cr_expect_str_eq(found, rows[i].found, "%s: %s", rows[i].query, found);
    }
    chute_buf_finish(&out);
    chute_store_close(store);
}

static bool count_down(void *arg) {
    int *left = arg;
    return --*left < 0;
}

static void count_event(void *arg, struct chute_str document) {
    (void)document;
    ++*(int *)arg;
}

Test(store, a_search_can_be_given_up) {
    struct chute_store *store = open_store(0, 0);
    struct chute_arena arena = { 0 };
    int left = 1, events = 0;
    begin(store);
    for (int i = 0; i < 5000; i++) {
        add(store, i, "{\"a\":{\"b\":\"c\"}}");
    }
    commit(store);
    struct chute_buf why = { 0 };
    struct chute_store_search search = { .query =
                                             chute_query_parse(&arena, CHUTE_STR("a.b:c"), &why),
        .until_ms = INT64_MAX,
        .limit = 5000,
        .is_given_up = count_down,
        .arg = &left };
    cr_expect_eq(chute_store_find(store, &search, count_event, &events), CHUTE_STORE_FAILED);
    cr_expect_str_eq(chute_store_reason(store), "interrupted");
    cr_expect_eq(events, 0);
    left = 1000000;
    cr_expect_eq(chute_store_find(store, &search, count_event, &events), CHUTE_STORE_OK);
    cr_expect_eq(events, 5000);
    search.is_given_up = NULL; /* nor is it asked any more */
    left = -1;
    cr_expect_eq(chute_store_find(store, &search, count_event, &events), CHUTE_STORE_OK);
    chute_arena_finish(&arena);
    chute_store_close(store);
}

Test(store, forgets_what_was_not_committed) {
    struct chute_store *store = open_store(0, 0);
    struct chute_buf out = { 0 };
    begin(store);
    add(store, 1, "{\"n\":\"kept\"}");
    commit(store);
    begin(store);
    add(store, 2, "{\"n\":\"undone\"}");
    chute_store_rollback(store);
    begin(store);
    add(store, 3, "{\"n\":\"later\"}");
    commit(store);
    chute_store_close(store);
    cr_assert_eq(chute_store_open_reader(&store, path, &out), CHUTE_STORE_OK);
    cr_expect_str_eq(find(store, "", 9, 0, 9, &out), "{\"n\":\"kept\"}\n{\"n\":\"later\"}\n");
    cr_expect_str_eq(find(store, "undone", 9, 0, 9, &out), "");
    chute_store_close(store);
    chute_buf_finish(&out);
}

Test(store, follows_what_comes) {
    struct chute_store *store = open_store(0, 0);
    struct chute_store *reader;
    struct chute_buf out = { 0 };
    struct chute_arena arena = { 0 };
    int64_t id = -1;
    struct chute_store_search search = { .until_ms = INT64_MAX, .limit = 1 };
    search.query = chute_query_parse(&arena, CHUTE_STR("a*"), &out);
    cr_assert_eq(chute_store_open_reader(&reader, path, &out), CHUTE_STORE_OK);
    cr_assert_eq(chute_store_last_id(reader, &id), CHUTE_STORE_OK);
    cr_expect_eq(id, 0);
    for (int round = 0; round < 2; round++) {
        begin(store);
        add(store, 5, round == 0 ? "{\"n\":\"a1\"}" : "{\"n\":\"a3\"}");
        add(store, 4, round == 0 ? "{\"n\":\"a2\"}" : "{\"n\":\"b4\"}");
        commit(store);
        out.len = 0;
        cr_assert_eq(chute_store_follow(reader, &search, &id, append, &out), CHUTE_STORE_OK);
        cr_expect_str_eq(chute_buf_cstr(&out),
            round == 0 ? "{\"n\":\"a1\"}\n{\"n\":\"a2\"}\n" : "{\"n\":\"a3\"}\n", "%s", out.at);
    }
    cr_expect_eq(id, 4);
    chute_store_close(reader);
    chute_store_close(store);
    chute_arena_finish(&arena);
    chute_buf_finish(&out);
}

Test(store, keeps_to_its_size_and_drops_the_oldest) {
    const long long most = 2 * 1024 * 1024;
    struct chute_store *store = open_store(most, 0);
    struct chute_buf document = { 0 };
    struct chute_buf out = { 0 };
    int64_t last = 0;
    for (int parcel = 0; parcel < 40; parcel++) {
        begin(store);
        for (int i = 0; i < 500; i++) {
            document.len = 0;
            last++;
            chute_buf_printf(&document, "{\"n\":%d,\"word\":\"w%x\",\"text\":\"%0120d\"}",
                (int)last, (unsigned)(last * 2654435761u), (int)last);
            add(store, last, chute_buf_cstr(&document));
        }
        commit(store);
        struct stat info;
        cr_assert_eq(stat(path, &info), 0);
        cr_expect_leq(info.st_size, most, "%lld bytes", (long long)info.st_size);
    }
    cr_expect_neq(find(store, "n:20000", 9, 0, INT64_MAX, &out)[0], '\0', "the newest is there");
    cr_expect_str_eq(find(store, "n:1", 9, 0, INT64_MAX, &out), "", "the oldest is gone");
    find(store, "", 100000, 0, INT64_MAX, &out);
    size_t lines = 0;
    for (size_t i = 0; i < out.len; i++) {
        lines += out.at[i] == '\n';
    }
    cr_expect_gt(lines, 2000, "most of the room is used: %zu", lines);
    cr_expect_lt(lines, 20000);
    chute_store_close(store);
    chute_buf_finish(&document);
    chute_buf_finish(&out);
}

Test(store, drops_what_is_too_old) {
    struct chute_store *store = open_store(0, 16000);
    struct chute_buf out = { 0 };
    for (int second = 0; second < 40; second++) {
        char document[32];
        chute_clock_set((struct chute_time){ .seconds = 1000000 + second * 2 });
        snprintf(document, sizeof(document), "{\"n\":%d}", second);
        begin(store);
        add(store, 77, document);
        commit(store);
    }
    find(store, "", 100, 0, 100, &out);
    cr_expect_null(strstr(chute_buf_cstr(&out), "{\"n\":30}"), "18 seconds old: %s", out.at);
    cr_expect_not_null(strstr(out.at, "{\"n\":32}"), "14 seconds old: %s", out.at);
    chute_store_close(store);
    chute_buf_finish(&out);
}

Test(store, knows_a_damaged_file_and_moves_it_away) {
    struct chute_store *store = open_store(0, 0);
    struct chute_store_limits limits = { 0 };
    struct chute_buf why = { 0 };
    struct chute_buf moved = { 0 };
    chute_store_close(store);
    int fd = open(path, O_WRONLY);
    cr_assert_eq(write(fd, "this is no database any more", 28), 28);
    close(fd);
    cr_expect_eq(chute_store_open(&store, path, &limits, &why), CHUTE_STORE_DAMAGED);
    cr_expect_null(store);
    cr_expect_gt(why.len, 0);
    cr_expect_eq(chute_store_set_aside(path, &moved), 0);
    cr_expect_eq(access(chute_buf_cstr(&moved), F_OK), 0, "%s", moved.at);
    cr_expect_not_null(strstr(moved.at, "events.db.damaged-2"));
    chute_store_close(open_store(0, 0));
    chute_buf_finish(&why);
    chute_buf_finish(&moved);
}

Test(store, tells_why_it_cannot_be_read) {
    struct chute_store *store;
    struct chute_buf why = { 0 };
    cr_expect_eq(chute_store_open_reader(&store, path, &why), CHUTE_STORE_MISSING);
    cr_expect_null(store);
    cr_assert_eq(mkdir(path, 0700), -1); /* its folders are not there: */
    cr_expect_eq(chute_store_open_reader(&store, folder, &why), CHUTE_STORE_FAILED);
    cr_expect_null(store);
    cr_expect_gt(why.len, 0);
    chute_buf_finish(&why);
}

Test(store, words_are_those_of_values) {
    static const char *const rows[][2] = {
        { "{}", "" },
        { "{\"a\":\"b c\"}", "b c\n" },
        { "{\"a\":{\"b\":[1,-2.5,true,null]}}", "1\n-2.5\ntrue\nnull\n" },
        { "{\"a\":\"x\\ny\\u001bz\\\\\"}", "x y z \n" },
        { "{\"a\\\"b\":\"c\"}", "c\n" },
        { "\"cut", "cut\n" },
        { "{\"a\":\"\\", " \n" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_buf out = { 0 };
        chute_store_words(chute_str_of(rows[i][0]), &out);
        cr_expect_str_eq(chute_buf_cstr(&out), rows[i][1], "%s: '%s'", rows[i][0], out.at);
        chute_buf_finish(&out);
    }
}
