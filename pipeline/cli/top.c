/* pipeline/cli/top.c - `logchute top`: what a logchute that runs is doing, on a terminal, once a second. */
#include <curl/curl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/base/time.h"
#include "pipeline/base/user_info.h"
#include "pipeline/cli/api_place.h"
#include "pipeline/cli/cli.h"
#include "pipeline/cli/flags.h"
#include "pipeline/cli/terminal.h"
#include "pipeline/cli/top_frame.h"

#define PATIENCE_MS 3000L             /* of a request */
#define MOST_BYTES (32 * 1024 * 1024) /* of an answer */
#define LOOKS 31                      /* percentiles are those since the oldest one */

struct top {
    const char *url; /* as it was given; NULL: of the settings */
    double interval_s;
    bool is_once;
    bool has_colour;
    bool is_help;
    struct chute_buf base;     /* "http://127.0.0.1:9600" */
    int first_port, last_port; /* to be tried; 0: `base` is the one */
    const char *host;
    CURL *curl;
    struct curl_slist *headers;
    struct chute_buf why;               /* the last failure */
    struct chute_top_look looks[LOOKS]; /* the newest at `newest` */
    size_t newest, count;
};

static const char help[] =
    "logchute top [FLAGS] - shows what the logchute that runs with these settings is doing\n\n"
    "  --once              prints one frame and ends\n"
    "  --interval SECONDS  between two looks [1]\n"
    "  --url URL           asks there (http://127.0.0.1:9600), whatever the settings say\n"
    "  --color WHEN        always, never or auto [auto]\n"
    "  --path.data FOLDER  and all other settings, by which its port is found as it found it\n"
    "  --help\n\n"
    "q ends it, as Ctrl-C does.\n";

/* ------------------------------------------------------------------ asking */

static size_t on_bytes(char *at, size_t size, size_t count, void *arg) {
    struct chute_buf *answer = arg;
    if (answer->len + size * count > MOST_BYTES) {
        return 0;
    }
    chute_buf_add(answer, at, size * count);
    return size * count;
}

/* The status of the answer; 0 if nobody answered, and `why` tells. */
static long ask(struct top *top, const char *path, struct chute_buf *answer) {
    struct chute_buf url = { 0 };
    long status = 0;
    answer->len = 0;
    chute_buf_printf(&url, "%s%s", chute_buf_cstr(&top->base), path);
    curl_easy_setopt(top->curl, CURLOPT_URL, chute_buf_cstr(&url));
    curl_easy_setopt(top->curl, CURLOPT_WRITEDATA, answer);
    CURLcode code = curl_easy_perform(top->curl);
    if (code == CURLE_OK) {
        curl_easy_getinfo(top->curl, CURLINFO_RESPONSE_CODE, &status);
    } else {
        struct chute_buf shown = { 0 };
        chute_buf_add_str(&shown, chute_buf_str(&top->base));
        chute_user_info_hide(shown.at, shown.len);
        top->why.len = 0;
        chute_buf_printf(
            &top->why, "no answer from %s: %s", chute_buf_cstr(&shown), curl_easy_strerror(code));
        chute_buf_finish(&shown);
    }
    chute_buf_finish(&url);
    return status;
}

static void set_base(struct top *top, const char *host, int port) {
    bool has_colon = strchr(host, ':') != NULL;
    top->base.len = 0;
    chute_buf_printf(&top->base, has_colon ? "http://[%s]:%d" : "http://%s:%d", host, port);
}

/* Asks for all that a frame is made of. False, and `why` tells, if it is not to be had. */
static bool look(struct top *top) {
    struct chute_buf stats = { 0 }, report = { 0 }, page = { 0 };
    long status = ask(top, "/_node/stats", &stats);
    for (int port = top->first_port + 1;
         status == 0 && top->first_port > 0 && port <= top->last_port; port++) {
        set_base(top, top->host, port);
        status = ask(top, "/_node/stats", &stats);
    }
    bool is_good = status == 200;
    if (is_good) {
        top->first_port = 0;
        report.len = ask(top, "/_health_report", &report) == 200 ? report.len : 0;
        page.len = ask(top, "/_logchute/page.json", &page) == 200 ? page.len : 0;
        top->newest = (top->newest + 1) % LOOKS;
        top->count += top->count < LOOKS;
        struct chute_top_look *now = &top->looks[top->newest];
        chute_top_look_finish(now);
        is_good = chute_top_look_read(
            now, chute_buf_str(&stats), chute_buf_str(&report), chute_buf_str(&page));
    }
    if (!is_good && status != 0) {
        top->why.len = 0;
        chute_buf_printf(&top->why,
            status == 401   ? "it wants a name and a password: set api.auth.type basic, and both"
            : status == 200 ? "what answers is no logchute"
                            : "the answer's status is %ld",
            status);
    }
    chute_buf_finish(&stats);
    chute_buf_finish(&report);
    chute_buf_finish(&page);
    return is_good;
}

static const struct chute_top_look *earlier(const struct top *top, size_t back) {
    back = back < top->count ? back : top->count - 1;
    return top->count < 2 ? NULL : &top->looks[(top->newest + LOOKS - back) % LOOKS];
}

static void draw(
    const struct top *top, struct chute_buf *out, const struct chute_top_screen *screen) {
    chute_top_frame(
        out, &top->looks[top->newest], earlier(top, 1), earlier(top, LOOKS - 1), screen);
}

/* ------------------------------------------------------------------ once, and again and again */

static int fail(const struct top *top) {
    struct chute_buf why = { 0 };
    chute_buf_add_str(&why, chute_buf_str(&top->why));
    chute_cli_complain("top", chute_buf_cstr(&why), NULL);
    chute_buf_finish(&why);
    return 1;
}

static uint64_t next_ms(const struct top *top, uint64_t from_ms) {
    return from_ms + (uint64_t)(top->interval_s * 1000);
}

/* Two looks, as rates need. */
static int show_once(struct top *top) {
    struct chute_top_screen screen = { .has_colour = top->has_colour };
    struct chute_buf frame = { 0 };
    if (!look(top)) {
        return fail(top);
    }
    struct timespec pause = { .tv_sec = (time_t)top->interval_s,
        .tv_nsec = (long)(fmod(top->interval_s, 1) * 1e9) };
    nanosleep(&pause, NULL);
    if (!look(top)) {
        return fail(top);
    }
    draw(top, &frame, &screen);
    bool is_written = fwrite(frame.at, 1, frame.len, stdout) == frame.len && fflush(stdout) == 0;
    chute_buf_finish(&frame);
    return is_written ? 0 : 1;
}

static void show(struct top *top, bool is_good) {
    struct chute_top_screen screen = { .has_colour = top->has_colour };
    struct chute_buf frame = { 0 };
    chute_terminal_size(&screen.columns, &screen.lines);
    if (!is_good) {
        chute_buf_printf(&frame, "%.*s\n",
            (int)(top->why.len < screen.columns ? top->why.len : screen.columns), top->why.at);
        screen.lines -= screen.lines > 1;
    }
    if (top->count > 0) {
        draw(top, &frame, &screen);
    }
    chute_terminal_show(chute_buf_str(&frame));
    chute_buf_finish(&frame);
}

static int show_always(struct top *top) {
    struct chute_terminal terminal;
    bool is_good = look(top);
    if (!is_good) {
        return fail(top); /* on the screen where it is still seen afterwards */
    }
    if (!chute_terminal_open(&terminal)) {
        return show_once(top);
    }
    bool is_over = false;
    while (!is_over) {
        uint64_t until_ms = next_ms(top, chute_now_ms());
        enum chute_terminal_event event;
        show(top, is_good);
        while ((event = chute_terminal_wait(&terminal, until_ms)) != CHUTE_TERMINAL_TIME) {
            is_over = event == CHUTE_TERMINAL_END ||
                      (event == CHUTE_TERMINAL_KEY && (terminal.key | 0x20) == 'q');
            if (is_over) {
                break;
            }
            show(top, is_good);
        }
        is_good = is_over || look(top);
    }
    chute_terminal_close(&terminal);
    return terminal.exit_code;
}

/* ------------------------------------------------------------------ flags and settings */

static bool take_interval(void *to, const char *value) {
    struct top *top = to;
    char *end;
    top->interval_s = strtod(value, &end);
    bool is_good =
        *end == '\0' && end != value && top->interval_s >= 0.1 && top->interval_s <= 3600;
    return is_good ||
           chute_cli_complain("top", "--interval takes seconds, from 0.1 to 3600, not", value);
}

static bool take_color(void *to, const char *value) {
    return chute_cli_take_colour("top", value, &((struct top *)to)->has_colour);
}

/* Takes our own flags out of argv; what is left are settings. False after saying what is wrong. */
static bool take_flags(struct top *top, int *argc, char **argv) {
    const struct chute_cli_flag rows[] = {
        { "--once", .on = &top->is_once },
        { "--interval", .take = take_interval },
        { "--url", .text = &top->url },
        { "--color", .take = take_color },
        { "--help", 'h', .on = &top->is_help },
        { 0 },
    };
    const struct chute_cli_flags flags = { "top", rows, top };
    return chute_cli_flags_sift(&flags, argc, argv);
}

/* False after saying why nobody can be asked. */
static bool find_place(struct top *top, const struct chute_settings *settings) {
    char host[CHUTE_CLI_HOST_SIZE];
    int port;
    if (top->url != NULL) {
        size_t len = strlen(top->url);
        len -= len > 0 && top->url[len - 1] == '/';
        chute_buf_printf(&top->base, "%s%.*s", strstr(top->url, "://") == NULL ? "http://" : "",
            (int)len, top->url);
        return true;
    }
    if (!chute_settings_bool(settings, "api.enabled")) {
        return chute_cli_complain("top", "api.enabled is false: there is nobody to ask", NULL);
    }
    if (chute_cli_api_note(chute_settings_text(settings, "path.data"), host, &port)) {
        set_base(top, chute_cli_api_reachable(host), port);
        return true;
    }
    chute_settings_ports(settings, "api.http.port", &top->first_port, &top->last_port);
    top->host = chute_cli_api_reachable(chute_settings_text(settings, "api.http.host"));
    set_base(top, top->host, top->first_port);
    return true;
}

static void set_up_curl(struct top *top, const struct chute_settings *settings) {
    struct chute_buf authorization = { 0 };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    top->curl = curl_easy_init();
    chute_cli_api_authorization(settings, &authorization);
    if (authorization.len > 0) {
        top->headers = curl_slist_append(NULL, chute_buf_cstr(&authorization));
    }
    chute_buf_finish(&authorization);
    curl_easy_setopt(top->curl, CURLOPT_HTTPHEADER, top->headers);
    curl_easy_setopt(top->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(top->curl, CURLOPT_PROXY, ""); /* whatever the environment says */
    curl_easy_setopt(top->curl, CURLOPT_TIMEOUT_MS, PATIENCE_MS);
    curl_easy_setopt(top->curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(top->curl, CURLOPT_USERAGENT, "logchute top");
}

static void finish(struct top *top) {
    curl_easy_cleanup(top->curl);
    curl_slist_free_all(top->headers);
    curl_global_cleanup();
    for (size_t i = 0; i < LOOKS; i++) {
        chute_top_look_finish(&top->looks[i]);
    }
    chute_buf_finish(&top->base);
    chute_buf_finish(&top->why);
}

int chute_cli_top(int argc, char **argv) {
    struct top top = { .interval_s = 1, .has_colour = chute_cli_has_colour() };
    if (!take_flags(&top, &argc, argv)) {
        return 1;
    }
    if (top.is_help) {
        fputs(help, stdout);
        return 0;
    }
    struct chute_diag *diag = chute_diag_create();
    struct chute_settings *settings =
        chute_cli_api_settings(diag, "logchute top --help", argc, argv);
    int code = 1;
    set_up_curl(&top, settings);
    if (chute_diag_error_count(diag) > 0) {
        chute_diag_print(diag, stderr);
    } else if (find_place(&top, settings)) {
        code = top.is_once ? show_once(&top) : show_always(&top);
    }
    finish(&top);
    chute_settings_destroy(settings);
    chute_diag_destroy(diag);
    return code;
}
