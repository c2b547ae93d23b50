/* pipeline/cli/setup_ask.c - one question after the other, asked again while nobody can answer. */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "pipeline/base/ascii.h"
#include "pipeline/base/time.h"
#include "pipeline/cli/setup.h"

#define PATIENCE_MS 30000L            /* of a request … */
#define LEAST_PATIENCE_MS 5000L       /* … and where --timeout leaves less */
#define MOST_BYTES (32 * 1024 * 1024) /* of an answer */
#define PAUSE_MS 250 /* between two tries: the template should be there before the first event */
#define REASON_BYTES 400

void chute_setup_ask_start(struct chute_setup *setup) {
    setup->http = (struct chute_http_settings){
        .tls = &setup->tls,
        .user_agent = "logchute/" CHUTE_VERSION,
        .timeout_ms = PATIENCE_MS,
        .connect_timeout_ms = 5000,
        .max_connections = 2,
        .max_per_host = 1,
    };
    uv_loop_init(&setup->loop);
    setup->client = chute_http_client_create(&setup->loop, &setup->http);
    setup->json = chute_json_parser_create();
}

void chute_setup_ask_stop(struct chute_setup *setup) {
    if (setup->client != NULL) {
        chute_http_client_close(setup->client, NULL, NULL);
        uv_run(&setup->loop, UV_RUN_DEFAULT);
        uv_loop_close(&setup->loop);
    }
    chute_json_parser_destroy(setup->json);
    chute_buf_finish(&setup->request.answer);
    chute_buf_finish(&setup->url);
    chute_buf_finish(&setup->why);
}

struct chute_value chute_setup_answer(struct chute_setup *setup) {
    struct chute_value value = chute_null();
    struct chute_str text = chute_buf_str(&setup->request.answer);
    /* Texts are slices of what is decoded, and the answer makes room for the next. */
    text = chute_arena_copy(&setup->arena, text);
    return chute_json_decode(setup->json, &setup->arena, text, &value) == CHUTE_JSON_OK
               ? value
               : chute_null();
}

const struct chute_value *chute_setup_member(const struct chute_value *value, const char *name) {
    return value != NULL && value->type == CHUTE_OBJECT
               ? chute_object_get(value->as.object, chute_str_of(name))
               : NULL;
}

/* ------------------------------------------------------------------ why not */

/* On one line, and nothing that a terminal would obey. */
static void add_shown(struct chute_buf *out, struct chute_str text) {
    text.len = text.len > REASON_BYTES ? REASON_BYTES : text.len;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        chute_buf_add_char(out, c < ' ' || c == 0x7f ? ' ' : (char)c);
    }
}

static bool add_member(struct chute_buf *out, const struct chute_value *from, const char *name) {
    const struct chute_value *text = chute_setup_member(from, name);
    if (text == NULL || text->type != CHUTE_STRING) {
        return false;
    }
    add_shown(out, chute_value_str(text));
    return true;
}

/* What an answer of Elasticsearch ({"error":{"type","reason"}}) or Kibana ({"message"}) says, or its first bytes. */
static void add_reason(struct chute_setup *setup) {
    struct chute_value answer = chute_setup_answer(setup);
    const struct chute_value *error = chute_setup_member(&answer, "error");
    struct chute_buf *why = &setup->why;
    chute_buf_add_str(why, CHUTE_STR(": "));
    if (add_member(why, &answer, "message") || add_member(why, error, "reason") ||
        add_member(why, &answer, "error")) {
        return;
    }
    add_shown(why, chute_str_trim(chute_buf_str(&setup->request.answer)));
}

static bool is_passing(int status) {
    return status == 0 || status == 408 || status == 409 || status == 429 || status == 502 ||
           status == 503 || status == 504;
}

static bool will_do(int status, enum chute_setup_need need) {
    bool is_refusal = status >= 400 && status < 500 && status != 401 && !is_passing(status);
    return (status >= 200 && status < 300) || (need == CHUTE_SETUP_MAY_LACK && status == 404) ||
           (need == CHUTE_SETUP_MAY_REFUSE && is_refusal);
}

static void note_failure(struct chute_setup *setup, const struct chute_setup_place *place,
    const char *method, const char *path) {
    const struct chute_http_request *request = &setup->request;
    int path_len = (int)strcspn(path, "?");
    setup->why.len = 0;
    if (request->status == 0 || request->is_cut) {
        chute_buf_printf(&setup->why, "%s does not answer: %s", place->url, request->error);
    } else if (request->status == 401) {
        chute_buf_printf(&setup->why, "%s %s (--user and --password-file, or --api-key)",
            place->url,
            place->authorization == NULL ? "wants credentials" : "does not take the credentials");
        add_reason(setup);
    } else {
        chute_buf_printf(&setup->why, "%s answers %d to %s %.*s", place->url, request->status,
            method, path_len, path);
        add_reason(setup);
    }
}

/* A certificate that is not trusted, or a file that is none, does not change by waiting. */
static bool is_hopeless(const struct chute_http_request *request) {
    return request->status == 0 &&
           (strstr(request->error, "certificate") != NULL || strstr(request->error, "CA ") != NULL);
}

/* ------------------------------------------------------------------ one question */

static void on_done(struct chute_http_request *request) {
    *(bool *)request->ctx = true;
}

static void ask_once(struct chute_setup *setup, const struct chute_setup_place *place,
    const char *method, const char *path, struct chute_str body) {
    struct chute_http_request *request = &setup->request;
    bool is_done = false;
    size_t headers = 0;
    setup->url.len = 0;
    chute_buf_printf(&setup->url, "%s%s%s%s", place->url, path,
        place->query[0] == '\0' ? "" : (strchr(path, '?') == NULL ? "?" : "&"), place->query);
    request->method = method;
    request->url = chute_buf_cstr(&setup->url);
    request->body = body;
    request->headers[headers++] = "Content-Type: application/json";
    request->headers[headers++] = "Accept: application/json";
    request->headers[headers++] = "kbn-xsrf: true";
    request->headers[headers++] = "osd-xsrf: true";
    request->headers[headers++] = place->authorization;
    request->headers[headers] = NULL;
    request->answer_limit = MOST_BYTES;
    request->on_done = on_done;
    request->ctx = &is_done;
    chute_http_client_send(setup->client, request);
    while (!is_done) {
        uv_run(&setup->loop, UV_RUN_ONCE);
    }
}

static void pause_for(long ms) {
    struct timespec rest = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
}

static long patience(const struct chute_setup *setup) {
    uint64_t now = chute_now_ms();
    if (setup->deadline_ms == 0 || setup->deadline_ms > now + (uint64_t)PATIENCE_MS) {
        return PATIENCE_MS;
    }
    return setup->deadline_ms < now + (uint64_t)LEAST_PATIENCE_MS
               ? LEAST_PATIENCE_MS
               : (long)(setup->deadline_ms - now);
}

bool chute_setup_ask(struct chute_setup *setup, const struct chute_setup_place *places,
    size_t count, const char *method, const char *path, struct chute_str body,
    enum chute_setup_need need, int *status) {
    const struct chute_http_request *request = &setup->request;
    struct chute_buf said = { 0 };
    while (true) {
        const struct chute_setup_place *place = &places[setup->next % count];
        setup->http.timeout_ms = patience(setup);
        ask_once(setup, place, method, path, body);
        *status = request->is_cut ? 0 : request->status;
        if (will_do(*status, need)) {
            break;
        }
        note_failure(setup, place, method, path);
        bool is_late = setup->deadline_ms != 0 && chute_now_ms() + PAUSE_MS >= setup->deadline_ms;
        if (!is_passing(*status) || is_hopeless(request) || is_late) {
            fprintf(stderr, "logchute setup: %s%s\n", chute_buf_cstr(&setup->why),
                is_passing(*status) && is_late ? " (the time of --timeout is over)" : "");
            chute_buf_finish(&said);
            return false;
        }
        /* A cause is told once. */
        if (!chute_str_eq(chute_buf_str(&said), chute_buf_str(&setup->why))) {
            said.len = 0;
            chute_buf_add_str(&said, chute_buf_str(&setup->why));
            fprintf(stderr, "logchute setup: waiting: %s\n", chute_buf_cstr(&setup->why));
        }
        setup->next++;
        pause_for(PAUSE_MS);
    }
    chute_buf_finish(&said);
    return true;
}
