/* pipeline/cli/setup.h - what the files of `logchute setup` share: what was asked for, whom to ask, and asking.
 *
 * Ownership: texts lie in the arena of the setup, or are argv's and the environment's.
 * Threads: main. */
#ifndef CHUTE_CLI_SETUP_H
#define CHUTE_CLI_SETUP_H

#include <uv.h>

#include "pipeline/base/json.h"
#include "pipeline/net/hosts.h"
#include "pipeline/net/http_client.h"

#define CHUTE_SETUP_TEMPLATE "timetable"

/* One server, as requests use it. */
struct chute_setup_place {
    const char *url;           /* "http://es:9200/path": no user in it */
    const char *query;         /* "a=b" or "" */
    const char *authorization; /* a whole header, or NULL */
};

struct chute_setup {
    /* --- as written: NULL where it was not */
    const char *hosts;
    const char *kibana;
    const char *user;
    const char *password;
    const char *password_file;
    const char *api_key;
    const char *cacert;
    long long timeout_ms; /* negative: not written */
    bool prints;
    bool is_help;

    /* --- made of it */
    struct chute_arena arena;
    struct chute_setup_place *nodes;
    size_t node_count;
    struct chute_setup_place *boards; /* Kibana: one, or none */
    size_t board_count;
    uint64_t deadline_ms; /* 0: none */
    bool says_opensearch;

    /* --- asking */
    struct chute_http_tls tls;
    struct chute_http_settings http;
    uv_loop_t loop;
    struct chute_http_client *client;
    struct chute_http_request request;
    struct chute_json_parser *json;
    struct chute_buf url;
    struct chute_buf why; /* the last failure */
    size_t next;          /* place, in turn */
};

/* setup_places.c: reads hosts and credentials, from the environment where no flag was written. False after saying what
 * is wrong. */
bool chute_setup_find_places(struct chute_setup *setup);

/* setup_ask.c */
void chute_setup_ask_start(struct chute_setup *setup);
void chute_setup_ask_stop(struct chute_setup *setup);
enum chute_setup_need {
    CHUTE_SETUP_MUST,       /* only success will do */
    CHUTE_SETUP_MAY_LACK,   /* or 404 */
    CHUTE_SETUP_MAY_REFUSE, /* or any answer that says no to this call, but 401 */
};
/* Asks one of `places` after the other until one gives an answer that is final, or the deadline is over. True if it is
 * one that will do (`*status` tells which); false after saying on standard error what is wrong. The answer is in
 * setup->request.answer until the next question. */
bool chute_setup_ask(struct chute_setup *setup, const struct chute_setup_place *places,
    size_t count, const char *method, const char *path, struct chute_str body,
    enum chute_setup_need need, int *status);
/* The answer as JSON; null if it is none. In the arena. */
struct chute_value chute_setup_answer(struct chute_setup *setup);
/* The member of `value` by a name, or NULL. */
const struct chute_value *chute_setup_member(const struct chute_value *value, const char *name);

/* setup_template.c: JSON texts. */
#define CHUTE_SETUP_TEMPLATE_VERSION 1
struct chute_setup_view {
    const char *id, *title, *name;
};
extern const struct chute_setup_view chute_setup_views[];
extern const size_t chute_setup_view_count;
void chute_setup_add_template(struct chute_buf *out);
/* For Kibana 8 and later; and as a saved object, for Kibana 7 and OpenSearch Dashboards. */
void chute_setup_add_view(struct chute_buf *out, const struct chute_setup_view *view);
void chute_setup_add_saved_view(struct chute_buf *out, const struct chute_setup_view *view);

#endif
