/* pipeline/cli/setup_places.c - whom `logchute setup` asks, and as whom. */
#include <stdio.h>
#include <errno.h>
#include <stdlib.h>

#include "pipeline/base/time.h"
#include "pipeline/cli/flags.h"
#include "pipeline/cli/setup.h"

#define COMMAND "setup"
#define DEFAULT_TIMEOUT_MS 60000
#define LARGEST_FILE ((size_t)1024 * 1024)

/* A variable that is empty is one that nobody set. */
static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static const char *or_variable(const char *written, const char *name) {
    return written != NULL ? written : variable(name);
}

/* The whole file, NUL-terminated, in the arena. False after saying what is wrong. */
static bool read_file(
    struct chute_setup *setup, const char *what, const char *path, struct chute_str *out) {
    struct chute_buf bytes = { 0 };
    int status = chute_buf_read_file(&bytes, path, LARGEST_FILE);
    bool is_good = status == 0 && bytes.len > 0;
    if (!is_good) {
        fprintf(stderr, "logchute setup: the %s %s cannot be read: %s\n", what, path,
            status != 0 ? strerror(-status) : "it is empty");
    }
    *out = chute_arena_copy(&setup->arena, chute_buf_str(&bytes));
    chute_buf_finish(&bytes);
    return is_good;
}

/* ------------------------------------------------------------------ who asks */

static bool find_password(struct chute_setup *setup) {
    struct chute_str text;
    if (setup->password_file == NULL) {
        return true;
    }
    if (!read_file(setup, "password file", setup->password_file, &text)) {
        return false;
    }
    /* One line, as editors and `echo` end it. */
    text.len -= text.len > 0 && text.at[text.len - 1] == '\n';
    text.len -= text.len > 0 && text.at[text.len - 1] == '\r';
    setup->password = chute_arena_copy(&setup->arena, text).at;
    return true;
}

static bool find_credentials(struct chute_setup *setup) {
    bool is_written = setup->user != NULL || setup->password != NULL ||
                      setup->password_file != NULL || setup->api_key != NULL;
    if (!is_written) {
        setup->user = variable("ELASTICSEARCH_USER");
        setup->password = variable("ELASTICSEARCH_PASSWORD");
        setup->password_file =
            setup->password != NULL ? NULL : variable("ELASTICSEARCH_PASSWORD_FILE");
        setup->api_key = variable("ELASTICSEARCH_API_KEY");
    } else if (setup->user != NULL && setup->password == NULL && setup->password_file == NULL) {
        setup->password = variable("ELASTICSEARCH_PASSWORD");
        setup->password_file =
            setup->password != NULL ? NULL : variable("ELASTICSEARCH_PASSWORD_FILE");
    } else if (setup->user == NULL && setup->api_key == NULL) {
        setup->user = variable("ELASTICSEARCH_USER");
    }
    if (setup->password != NULL && setup->password_file != NULL) {
        return chute_cli_complain(COMMAND, "write one of --password and --password-file", NULL);
    }
    if (!find_password(setup)) {
        return false;
    }
    if (setup->api_key != NULL && (setup->user != NULL || setup->password != NULL)) {
        return chute_cli_complain(COMMAND,
            "there are several credentials: write an API key, or a user and a password", NULL);
    }
    if ((setup->user == NULL) != (setup->password == NULL)) {
        return chute_cli_complain(COMMAND,
            setup->user != NULL ? "the user has no password: --password-file FILE"
                                : "the password has no user: --user NAME",
            NULL);
    }
    return true;
}

static const char *authorization(struct chute_setup *setup, const struct chute_host *host) {
    struct chute_buf header = { 0 };
    struct chute_str user = setup->user != NULL ? chute_str_of(setup->user) : host->user;
    struct chute_str password =
        setup->user != NULL ? chute_str_of(setup->password) : host->password;
    if (setup->api_key != NULL) {
        struct chute_str key = chute_str_of(setup->api_key);
        chute_buf_add_str(&header, CHUTE_STR("Authorization: ApiKey "));
        if (chute_str_find(key, CHUTE_STR(":")) >= 0) {
            chute_base64_add(&header, key);
        } else {
            chute_buf_add_str(&header, key);
        }
    } else if (user.at != NULL && password.at != NULL) {
        struct chute_str both = chute_arena_printf(
            &setup->arena, "%.*s:%.*s", CHUTE_STR_ARGS(user), CHUTE_STR_ARGS(password));
        chute_buf_add_str(&header, CHUTE_STR("Authorization: Basic "));
        chute_base64_add(&header, both);
    } else {
        return NULL;
    }
    const char *text = chute_arena_copy(&setup->arena, chute_buf_str(&header)).at;
    chute_buf_finish(&header);
    return text;
}

/* ------------------------------------------------------------------ whom */

static bool is_between(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',';
}

static bool add_place(struct chute_setup *setup, const char *flag, struct chute_str text,
    int default_port, struct chute_setup_place *place) {
    struct chute_host host;
    const char *why = chute_host_parse(&setup->arena, text, &host);
    if (why != NULL) {
        /* The text may hold a password. */
        fprintf(stderr, "logchute setup: %s: %s; it wants http://HOST:PORT\n", flag, why);
        return false;
    }
    place->url = chute_arena_printf(&setup->arena, "%s://%s:%d%s", host.is_tls ? "https" : "http",
        host.name.at, host.port != 0 ? host.port : default_port, host.path.at)
                     .at;
    place->query = host.query.at != NULL ? host.query.at : "";
    if (setup->api_key != NULL && !host.is_tls) {
        return chute_cli_complain(COMMAND,
            "an API key is sent over TLS only: write https:// before the host", place->url);
    }
    place->authorization = authorization(setup, &host);
    return true;
}

/* The places of a list parted by commas and blanks. */
static bool add_places(struct chute_setup *setup, const char *flag, const char *list,
    int default_port, struct chute_setup_place **places, size_t *count) {
    size_t len = strlen(list);
    *places = chute_arena_zeroed(&setup->arena, (len / 2 + 1) * sizeof(**places));
    for (size_t at = 0, from = 0; at <= len; at++) {
        if (at < len && !is_between(list[at])) {
            continue;
        }
        struct chute_str text = { list + from, at - from };
        from = at + 1;
        if (text.len > 0 && !add_place(setup, flag, text, default_port, &(*places)[(*count)++])) {
            return false;
        }
    }
    return *count > 0 || chute_cli_complain(COMMAND, "there is no host in", flag);
}

bool chute_setup_find_places(struct chute_setup *setup) {
    setup->hosts = or_variable(setup->hosts, "ELASTICSEARCH_HOSTS");
    setup->hosts = setup->hosts != NULL ? setup->hosts : "http://127.0.0.1:9200";
    setup->kibana = or_variable(setup->kibana, "KIBANA_HOST");
    setup->cacert = or_variable(setup->cacert, "ELASTICSEARCH_CACERT");
    if (!find_credentials(setup) ||
        !add_places(setup, "--hosts", setup->hosts, 9200, &setup->nodes, &setup->node_count)) {
        return false;
    }
    if (setup->kibana != NULL &&
        !add_places(setup, "--kibana", setup->kibana, 5601, &setup->boards, &setup->board_count)) {
        return false;
    }
    if (setup->board_count > 1) {
        return chute_cli_complain(COMMAND, "--kibana takes one URL", NULL);
    }
    if (setup->cacert != NULL &&
        !read_file(setup, "CA certificate", setup->cacert, &setup->tls.authorities)) {
        return false;
    }
    setup->timeout_ms = setup->timeout_ms < 0 ? DEFAULT_TIMEOUT_MS : setup->timeout_ms;
    return true;
}
