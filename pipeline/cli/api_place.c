#include "pipeline/cli/api_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/cli/cli.h"
#include "pipeline/cli/image.h"
#include "pipeline/net/hosts.h"

struct chute_settings *chute_cli_api_settings(
    struct chute_diag *diag, const char *hint, int argc, char **argv) {
    struct chute_settings *settings = chute_settings_create(diag);
    struct chute_buf yaml = { 0 };
    int rest = argc;
    chute_cli_image_defaults(settings);
    chute_settings_parse_args(settings, argc, argv, &rest);
    if (rest < argc) {
        chute_diag_error(diag, CHUTE_DIAG_CONFIG, (struct chute_position){ 0 }, hint,
            "unexpected argument \"%s\"", argv[rest]);
    }
    chute_settings_load_env(settings, environ);
    chute_buf_printf(&yaml, "%s/logstash.yml", chute_settings_text(settings, "path.settings"));
    chute_settings_load_yaml(settings, chute_buf_cstr(&yaml), &chute_env_of_process);
    chute_buf_finish(&yaml);
    return settings;
}

void chute_cli_api_authorization(const struct chute_settings *settings, struct chute_buf *out) {
    const char *name = chute_settings_text(settings, "api.auth.basic.username");
    const char *password = chute_settings_text(settings, "api.auth.basic.password");
    bool is_asked = strcmp(chute_settings_text(settings, "api.auth.type"), "basic") == 0;
    if (is_asked && name != NULL && password != NULL) {
        struct chute_buf plain = { 0 };
        chute_buf_printf(&plain, "%s:%s", name, password);
        chute_buf_add_str(out, CHUTE_STR("Authorization: Basic "));
        chute_base64_add(out, chute_buf_str(&plain));
        chute_buf_finish(&plain);
    }
}

bool chute_cli_api_cut(struct chute_str text, char host[CHUTE_CLI_HOST_SIZE], int *port) {
    bool has_brackets = text.len > 0 && text.at[0] == '[';
    const char *end = text.len == 0 ? NULL : memchr(text.at, has_brackets ? ']' : ':', text.len);
    if (end == NULL) {
        return false;
    }
    const char *colon = has_brackets ? end + 1 : end;
    snprintf(host, CHUTE_CLI_HOST_SIZE, "%.*s", (int)(end - text.at) - has_brackets,
        text.at + has_brackets);
    *port = colon < text.at + text.len && *colon == ':' ? atoi(colon + 1) : 0;
    return *port > 0;
}

const char *chute_cli_api_reachable(const char *host) {
    return strcmp(host, "0.0.0.0") == 0 ? "127.0.0.1" : strcmp(host, "::") == 0 ? "::1" : host;
}

bool chute_cli_api_note(const char *path_data, char host[CHUTE_CLI_HOST_SIZE], int *port) {
    struct chute_buf path = { 0 };
    char text[300];
    chute_buf_printf(&path, "%s/" CHUTE_API_ADDRESS_FILE, path_data);
    FILE *file = fopen(chute_buf_cstr(&path), "re");
    size_t len = file == NULL ? 0 : fread(text, 1, sizeof(text), file);
    if (file != NULL) {
        fclose(file);
    }
    chute_buf_finish(&path);
    return chute_cli_api_cut((struct chute_str){ text, len }, host, port);
}
