#include <criterion/criterion.h>

#include "pipeline/base/json.h"
#include "pipeline/net/hosts.h"

static const struct {
    const char *text, *want;
} rows[] = {
    { "es", "http es:0 path= query= user=-" },
    { " es:9201 ", "http es:9201 path= query= user=-" },
    { "//es", "http es:0 path= query= user=-" },
    { "HTTPS://es", "https es:0 path= query= user=-" },
    { "http://es:9200/a/b/?x=1&y=2#frag", "http es:9200 path=/a/b query=x=1&y=2 user=-" },
    { "https://u%40x:p%3Aw@es", "https es:0 path= query= user=u@x/p:w" },
    { "http://u:p@ss@es:1", "http es:1 path= query= user=u/p@ss" },
    { "[::1]:9200", "http [::1]:9200 path= query= user=-" },
    { "10.0.0.1", "http 10.0.0.1:0 path= query= user=-" },
    { "::1", "an IPv6 address has to stand in brackets" },
    { "[::1", "a bracket is not closed" },
    { "es:x", "its port is no number from 1 to 65535" },
    { "es:0", "its port is no number from 1 to 65535" },
    { "es:70000", "its port is no number from 1 to 65535" },
    { "", "it has no name" },
    { "http://", "it has no name" },
    { "ftp://es", "its scheme is neither http nor https" },
    { "a b", "a host's name cannot hold that" },
};

Test(net_hosts, parse) {
    struct chute_arena arena = { 0 };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_host host;
        const char *why = chute_host_parse(&arena, chute_str_of(rows[i].text), &host);
        const char *got = why;
        if (why == NULL) {
            bool has_user = host.user.at != NULL;
            got = chute_arena_printf(&arena, "%s %s:%d path=%s query=%s user=%s%s%s",
                host.is_tls ? "https" : "http", host.name.at, host.port, host.path.at,
                host.query.at, has_user ? host.user.at : "-", has_user ? "/" : "",
                has_user ? host.password.at : "")
                      .at;
        }
        cr_expect_str_eq(got, rows[i].want, "%s: got %s", rows[i].text, got);
    }
    chute_arena_finish(&arena);
}

static const char *take(struct chute_hosts *hosts, uint64_t now) {
    struct chute_node *node = chute_hosts_take(hosts, now);
    return node == NULL ? "none" : node->url;
}

static void put(struct chute_hosts *hosts) {
    for (size_t i = 0; i < hosts->count; i++) {
        while (hosts->nodes[i]->open > 0) {
            chute_node_give_back(hosts->nodes[i]);
        }
    }
}

Test(net_hosts, nodes_take_turns) {
    struct chute_hosts hosts = { 0 };
    chute_hosts_add(&hosts, "a", "", NULL);
    chute_hosts_add(&hosts, "b", "", NULL);
    chute_hosts_add(&hosts, "a", "", NULL);
    cr_expect_eq(hosts.count, 2);
    cr_expect_str_eq(take(&hosts, 0), "a");
    cr_expect_str_eq(take(&hosts, 0), "b");
    cr_expect_str_eq(take(&hosts, 0), "a");
    cr_expect_str_eq(take(&hosts, 0), "b");
    chute_node_give_back(hosts.nodes[1]);
    chute_node_give_back(hosts.nodes[1]);
    cr_expect_str_eq(take(&hosts, 0), "b", "the one with fewer requests");
    put(&hosts);
    chute_hosts_finish(&hosts);
}

Test(net_hosts, a_dead_node_is_left_alone_for_longer_each_time) {
    struct chute_hosts hosts = { 0 };
    chute_hosts_add(&hosts, "a", "", NULL);
    chute_hosts_add(&hosts, "b", "", NULL);
    cr_expect(chute_node_failed(hosts.nodes[0], 1000, 100, 300), "it was alive");
    cr_expect_str_eq(take(&hosts, 1000), "b");
    cr_expect_str_eq(take(&hosts, 2000), "b", "another one lives");
    cr_expect_eq(chute_hosts_wait_ms(&hosts, 1000), 0);
    chute_node_failed(hosts.nodes[1], 1000, 100, 300);
    cr_expect_str_eq(take(&hosts, 1050), "none");
    cr_expect_eq(chute_hosts_wait_ms(&hosts, 1050), 50);
    cr_expect_str_eq(take(&hosts, 1100), "a");
    cr_expect(!chute_node_failed(hosts.nodes[0], 1100, 100, 300), "it was dead");
    cr_expect_eq(hosts.nodes[0]->retry_at_ms, 1300);
    chute_node_failed(hosts.nodes[0], 1300, 100, 300);
    cr_expect_eq(hosts.nodes[0]->retry_at_ms, 1600, "no longer than that");
    cr_expect(chute_node_answered(hosts.nodes[0]));
    cr_expect(!chute_node_answered(hosts.nodes[0]));
    put(&hosts);
    chute_hosts_finish(&hosts);
}

Test(net_hosts, replacing_keeps_what_stays) {
    struct chute_hosts hosts = { 0 };
    chute_hosts_add(&hosts, "a", "", NULL);
    chute_hosts_add(&hosts, "b", "", NULL);
    struct chute_node *removed = chute_hosts_take(&hosts, 0);
    chute_node_failed(hosts.nodes[1], 0, 10, 10);
    struct chute_str urls[] = { CHUTE_STR("b"), CHUTE_STR("c") };
    cr_expect(chute_hosts_replace(&hosts, urls, 2, "", NULL));
    cr_expect_eq(hosts.count, 2);
    cr_expect_str_eq(hosts.nodes[0]->url, "b");
    cr_expect(hosts.nodes[0]->is_dead);
    cr_expect_str_eq(hosts.nodes[1]->url, "c");
    cr_expect_str_eq(removed->url, "a", "its request is still open");
    chute_node_give_back(removed);
    cr_expect(!chute_hosts_replace(&hosts, urls, 2, "", NULL), "nothing changed");
    chute_hosts_finish(&hosts);
}

Test(net_hosts, sniffed) {
    struct chute_arena arena = { 0 };
    struct chute_json_parser *json = chute_json_parser_create();
    struct chute_value value;
    struct chute_str text = CHUTE_STR(
        "{\"nodes\":{\"a\":{\"roles\":[\"data\",\"master\"],\"http\":{\"publish_address\":"
        "\"10.0.0.1:9200\"}},\"b\":{\"roles\":[\"master\"],\"http\":{\"publish_address\":"
        "\"10.0.0.2:9200\"}},\"c\":{\"http\":{\"publish_address\":\"es-c/10.0.0.3:9201\"}},"
        "\"d\":{\"roles\":[\"data\"]},\"e\":{\"http\":{\"publish_address\":\"[::1]:9200\"}}}}");
    cr_assert(chute_json_decode(json, &arena, text, &value) == CHUTE_JSON_OK);
    struct chute_str *found = NULL;
    cr_assert_eq(chute_hosts_sniffed(&arena, &value, &found), 3);
    cr_expect(chute_str_eq(found[0], CHUTE_STR("10.0.0.1:9200")));
    cr_expect(chute_str_eq(found[1], CHUTE_STR("es-c:9201")));
    cr_expect(chute_str_eq(found[2], CHUTE_STR("[::1]:9200")));
    value = chute_null();
    cr_expect_eq(chute_hosts_sniffed(&arena, &value, &found), 0);
    chute_json_parser_destroy(json);
    chute_arena_finish(&arena);
}

Test(net_hosts, base64) {
    static const struct {
        const char *plain, *coded;
    } pairs[] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
        { "user:p\xc3\xa9", "dXNlcjpww6k=" } };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct chute_buf out = { 0 };
        chute_base64_add(&out, chute_str_of(pairs[i].plain));
        cr_expect_str_eq(chute_buf_cstr(&out), pairs[i].coded);
        out.len = 0;
        cr_expect(chute_base64_decode(&out, chute_str_of(pairs[i].coded)));
        cr_expect_str_eq(chute_buf_cstr(&out), pairs[i].plain);
        cr_expect(!chute_base64_decode(&out, CHUTE_STR("a!bc")));
        chute_buf_finish(&out);
    }
}
