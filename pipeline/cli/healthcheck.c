/* pipeline/cli/healthcheck.c - `logchute healthcheck`: asks a logchute that runs whether it lives. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "pipeline/base/buf.h"
#include "pipeline/cli/api_place.h"
#include "pipeline/cli/cli.h"
#include "pipeline/cli/flags.h"
#include "pipeline/net/address.h"

#define PATIENCE_S 2 /* of connecting, and of each read */

struct asking {
    const char *url;
    bool wants_ready;
    bool is_help;
    const char *host; /* of the settings */
    int first_port, last_port;
    struct chute_buf authorization; /* a header, or nothing */
    struct chute_buf why;           /* the last failure */
};

static const char help[] =
    "logchute healthcheck [FLAGS] - exits with 0 if the logchute that runs with these settings "
    "lives\n\n"
    "  --ready             asks whether it is ready: listens, and takes events\n"
    "  --url URL           asks there (http://127.0.0.1:9600), whatever the settings say\n"
    "  --path.data FOLDER  and all other settings, by which its port is found as it found it\n"
    "  --help\n";

/* ------------------------------------------------------------------ one question */

static int connect_to(const char *host, int port) {
    struct sockaddr_storage address;
    struct timeval patience = { .tv_sec = PATIENCE_S };
    if (chute_address_resolve(host, port, &address) != 0) {
        return -1;
    }
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)); /* of connect, too */
    if (connect(fd, (struct sockaddr *)&address, chute_address_len(&address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool talk(int fd, const struct chute_buf *request, struct chute_buf *answer) {
    if (send(fd, request->at, request->len, MSG_NOSIGNAL) != (ssize_t)request->len) {
        return false;
    }
    ssize_t len = 1;
    while (len > 0 && answer->len < 65536) {
        len = recv(fd, chute_buf_reserve(answer, 4096), 4096, 0);
        answer->len += len > 0 ? (size_t)len : 0;
    }
    return len == 0;
}

/* The answer's body, on one line; or its first line. */
static void note_answer(struct asking *asking, struct chute_str answer) {
    ptrdiff_t body = chute_str_find(answer, CHUTE_STR("\r\n\r\n"));
    struct chute_str text = answer;
    if (body >= 0) {
        text = (struct chute_str){ answer.at + body + 4, answer.len - (size_t)body - 4 };
    }
    text.len = text.len > 500 ? 500 : text.len;
    chute_buf_printf(&asking->why, "%.*s", CHUTE_STR_ARGS(chute_str_trim(text)));
}

enum answer { NOBODY, NO, YES };

static enum answer ask(struct asking *asking, const char *host, int port, const char *path) {
    struct chute_buf request = { 0 }, answer = { 0 };
    enum answer said = NOBODY;
    asking->why.len = 0;
    int fd = connect_to(host, port);
    if (fd < 0) {
        chute_buf_printf(&asking->why, "nobody listens on %s, port %d", host, port);
        return NOBODY;
    }
    chute_buf_printf(&request, "GET %s HTTP/1.0\r\nHost: localhost\r\n%s\r\n", path,
        asking->authorization.len == 0 ? "" : chute_buf_cstr(&asking->authorization));
    if (!talk(fd, &request, &answer)) {
        chute_buf_printf(&asking->why, "no answer from %s, port %d", host, port);
        said = NO;
    } else {
        struct chute_str text = chute_buf_str(&answer);
        bool is_http = chute_str_starts_with(text, CHUTE_STR("HTTP/1."));
        said = is_http && text.len > 12 && memcmp(text.at + 9, "200", 3) == 0 ? YES : NO;
        note_answer(asking, text);
    }
    close(fd);
    chute_buf_finish(&request);
    chute_buf_finish(&answer);
    return said;
}

/* ------------------------------------------------------------------ where to ask */

static enum answer ask_url(struct asking *asking, const char *path) {
    struct chute_str rest = chute_str_of(asking->url);
    struct chute_str scheme = CHUTE_STR("http://");
    char host[CHUTE_CLI_HOST_SIZE];
    int port;
    if (chute_str_starts_with(rest, scheme)) {
        rest.at += scheme.len;
        rest.len -= scheme.len;
    }
    const char *slash = rest.len == 0 ? NULL : memchr(rest.at, '/', rest.len);
    if (!chute_cli_api_cut(rest, host, &port)) {
        chute_buf_printf(&asking->why, "--url wants http://HOST:PORT");
        return NO;
    }
    return ask(asking, host, port, slash != NULL && slash[1] != '\0' ? slash : path);
}

static enum answer ask_settings(
    struct asking *asking, const struct chute_settings *settings, const char *path) {
    char host[CHUTE_CLI_HOST_SIZE];
    int port;
    if (!chute_settings_bool(settings, "api.enabled")) {
        chute_buf_printf(&asking->why, "api.enabled is false: there is nobody to ask");
        return NO;
    }
    if (chute_cli_api_note(chute_settings_text(settings, "path.data"), host, &port)) {
        return ask(asking, chute_cli_api_reachable(host), port, path);
    }
    enum answer said = NOBODY;
    for (port = asking->first_port; port <= asking->last_port && said == NOBODY; port++) {
        said = ask(asking, chute_cli_api_reachable(asking->host), port, path);
    }
    if (said == NOBODY && asking->first_port < asking->last_port) {
        asking->why.len = 0;
        chute_buf_printf(&asking->why, "nobody listens on %s, ports %d to %d",
            chute_cli_api_reachable(asking->host), asking->first_port, asking->last_port);
    }
    return said;
}

/* ------------------------------------------------------------------ flags and settings */

/* Takes our own flags out of argv; what is left are settings. False after saying what is wrong. */
static bool take_flags(struct asking *asking, int *argc, char **argv) {
    const struct chute_cli_flag rows[] = {
        { "--ready", .on = &asking->wants_ready },
        { "--help", 'h', .on = &asking->is_help },
        { "--url", .text = &asking->url },
        { 0 },
    };
    const struct chute_cli_flags flags = { "healthcheck", rows, NULL };
    return chute_cli_flags_sift(&flags, argc, argv);
}

static void use_settings(struct asking *asking, const struct chute_settings *settings) {
    asking->host = chute_settings_text(settings, "api.http.host");
    chute_settings_ports(settings, "api.http.port", &asking->first_port, &asking->last_port);
    chute_cli_api_authorization(settings, &asking->authorization);
    if (asking->authorization.len > 0) {
        chute_buf_add_str(&asking->authorization, CHUTE_STR("\r\n"));
    }
}

int chute_cli_healthcheck(int argc, char **argv) {
    struct asking asking = { 0 };
    if (!take_flags(&asking, &argc, argv)) {
        return 1;
    }
    if (asking.is_help) {
        fputs(help, stdout);
        return 0;
    }
    struct chute_diag *diag = chute_diag_create();
    struct chute_settings *settings =
        chute_cli_api_settings(diag, "logchute healthcheck --help", argc, argv);
    const char *path = asking.wants_ready ? "/health/ready" : "/health/live";
    enum answer said = NO;
    if (chute_diag_error_count(diag) > 0) {
        chute_diag_print(diag, stderr);
    } else {
        use_settings(&asking, settings);
        said = asking.url != NULL ? ask_url(&asking, path) : ask_settings(&asking, settings, path);
        fprintf(said == YES ? stdout : stderr, "%s\n", chute_buf_cstr(&asking.why));
    }
    chute_buf_finish(&asking.why);
    chute_buf_finish(&asking.authorization);
    chute_settings_destroy(settings);
    chute_diag_destroy(diag);
    return said == YES ? 0 : 1;
}
