/* pipeline/cli/healthcheck.c - `logchute healthcheck`: asks a logchute that runs whether it lives. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "pipeline/base/buf.h"
#include "pipeline/cli/cli.h"
#include "pipeline/cli/flags.h"
#include "pipeline/net/address.h"
#include "pipeline/net/hosts.h"

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

/* Cuts "host:port" or "[::1]:port". False if it is neither. */
static bool cut_address(struct chute_str text, char host[256], int *port) {
    bool has_brackets = text.len > 0 && text.at[0] == '[';
    const char *end = text.len == 0 ? NULL : memchr(text.at, has_brackets ? ']' : ':', text.len);
    if (end == NULL) {
        return false;
    }
    const char *colon = has_brackets ? end + 1 : end;
    snprintf(host, 256, "%.*s", (int)(end - text.at) - has_brackets, text.at + has_brackets);
    *port = colon < text.at + text.len && *colon == ':' ? atoi(colon + 1) : 0;
    return *port > 0;
}

/* An address that stands for all of the machine's is asked on loopback. */
static const char *reachable(const char *host) {
    return strcmp(host, "0.0.0.0") == 0 ? "127.0.0.1" : strcmp(host, "::") == 0 ? "::1" : host;
}

static enum answer ask_url(struct asking *asking, const char *path) {
    struct chute_str rest = chute_str_of(asking->url);
    struct chute_str scheme = CHUTE_STR("http://");
    char host[256];
    int port;
    if (chute_str_starts_with(rest, scheme)) {
        rest.at += scheme.len;
        rest.len -= scheme.len;
    }
    const char *slash = rest.len == 0 ? NULL : memchr(rest.at, '/', rest.len);
    if (!cut_address(rest, host, &port)) {
        chute_buf_printf(&asking->why, "--url wants http://HOST:PORT");
        return NO;
    }
    return ask(asking, host, port, slash != NULL && slash[1] != '\0' ? slash : path);
}

/* The address that it left in path.data. False if there is none. */
static bool read_address(const char *path_data, char host[256], int *port) {
    struct chute_buf path = { 0 };
    char text[300];
    chute_buf_printf(&path, "%s/" CHUTE_API_ADDRESS_FILE, path_data);
    FILE *file = fopen(chute_buf_cstr(&path), "re");
    size_t len = file == NULL ? 0 : fread(text, 1, sizeof(text), file);
    if (file != NULL) {
        fclose(file);
    }
    chute_buf_finish(&path);
    return cut_address((struct chute_str){ text, len }, host, port);
}

static enum answer ask_settings(
    struct asking *asking, const struct chute_settings *settings, const char *path) {
    char host[256];
    int port;
    if (!chute_settings_bool(settings, "api.enabled")) {
        chute_buf_printf(&asking->why, "api.enabled is false: there is nobody to ask");
        return NO;
    }
    if (read_address(chute_settings_text(settings, "path.data"), host, &port)) {
        return ask(asking, reachable(host), port, path);
    }
    enum answer said = NOBODY;
    for (port = asking->first_port; port <= asking->last_port && said == NOBODY; port++) {
        said = ask(asking, reachable(asking->host), port, path);
    }
    if (said == NOBODY && asking->first_port < asking->last_port) {
        asking->why.len = 0;
        chute_buf_printf(&asking->why, "nobody listens on %s, ports %d to %d",
            reachable(asking->host), asking->first_port, asking->last_port);
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
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        if (chute_cli_flag_find(&flags, argv[i]) == NULL) {
            argv[kept++] = argv[i];
        } else if (!chute_cli_flag_take(&flags, *argc, argv, &i)) {
            return false;
        }
    }
    *argc = kept;
    return true;
}

static void use_settings(struct asking *asking, const struct chute_settings *settings) {
    const char *name = chute_settings_text(settings, "api.auth.basic.username");
    const char *password = chute_settings_text(settings, "api.auth.basic.password");
    asking->host = chute_settings_text(settings, "api.http.host");
    chute_settings_ports(settings, "api.http.port", &asking->first_port, &asking->last_port);
    if (strcmp(chute_settings_text(settings, "api.auth.type"), "basic") == 0 && name != NULL &&
        password != NULL) {
        struct chute_buf plain = { 0 };
        chute_buf_printf(&plain, "%s:%s", name, password);
        chute_buf_add_str(&asking->authorization, CHUTE_STR("Authorization: Basic "));
        chute_base64_add(&asking->authorization, chute_buf_str(&plain));
        chute_buf_add_str(&asking->authorization, CHUTE_STR("\r\n"));
        chute_buf_finish(&plain);
    }
}

/* The settings that the one that runs has, if it was started with the same flags. */
static struct chute_settings *load_settings(struct chute_diag *diag, int argc, char **argv) {
    struct chute_settings *settings = chute_settings_create(diag);
    struct chute_buf yaml = { 0 };
    int rest = argc;
    chute_settings_parse_args(settings, argc, argv, &rest);
    if (rest < argc) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 },
            "logchute healthcheck --help", "unexpected argument \"%s\"", argv[rest]);
    }
    chute_settings_load_env(settings, environ);
    chute_buf_printf(&yaml, "%s/logstash.yml", chute_settings_text(settings, "path.settings"));
    chute_settings_load_yaml(settings, chute_buf_cstr(&yaml), &chute_env_of_process);
    chute_buf_finish(&yaml);
    return settings;
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
    struct chute_settings *settings = load_settings(diag, argc, argv);
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
