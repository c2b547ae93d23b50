/* pipeline/cli/image.c - where a container image has its places. */
#include "pipeline/cli/image.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/base/log.h"

#define VARIABLE "LOGCHUTE_IMAGE"
#define PIPELINE "etc/logchute/pipeline"
#define NOTHING_MOUNTED PIPELINE "/.nothing-mounted"
#define SHIPPED "usr/share/logchute/pipelines"

/* With the slash at its end. NULL: this is no image. */
static const char *root(struct chute_buf *path) {
    const char *text = getenv(VARIABLE);
    if (text == NULL || text[0] == '\0') {
        return NULL;
    }
    path->len = 0;
    chute_buf_printf(path, "%s%s", text, text[strlen(text) - 1] == '/' ? "" : "/");
    return chute_buf_cstr(path);
}

static void set(
    struct chute_settings *settings, struct chute_buf *path, const char *name, const char *place) {
    root(path);
    chute_buf_printf(path, "%s", place);
    chute_settings_set_default(settings, name, chute_buf_cstr(path));
}

void chute_cli_image_defaults(struct chute_settings *settings) {
    struct chute_buf path = { 0 };
    if (root(&path) != NULL) {
        set(settings, &path, "path.settings", "etc/logchute/config");
        set(settings, &path, "path.data", "var/lib/logchute");
        chute_settings_set_default(settings, "api.http.host", "0.0.0.0");
    }
    chute_buf_finish(&path);
}

/* What begins with a dot is none: Kubernetes keeps its own there. */
static bool has_files(const char *folder) {
    DIR *dir = opendir(folder);
    bool is_any = false;
    for (struct dirent *entry; dir != NULL && !is_any && (entry = readdir(dir)) != NULL;) {
        is_any = entry->d_name[0] != '.';
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return is_any;
}

bool chute_cli_image_pipeline(
    const struct chute_settings *settings, struct chute_diag *diag, struct chute_buf *path) {
    struct chute_buf other = { 0 };
    if (root(path) == NULL) {
        return false;
    }
    chute_buf_printf(path, PIPELINE);
    chute_buf_printf(&other, "%s/pipelines.yml", chute_settings_text(settings, "path.settings"));
    if (access(chute_buf_cstr(&other), F_OK) == 0) {
        chute_diag_warn(diag, (struct chute_position){ 0 },
            "one pipeline runs; another than that folder's is named with -f",
            "%s is not read yet: the pipeline is that in %s", chute_buf_cstr(&other),
            chute_buf_cstr(path));
    }
    root(&other);
    chute_buf_printf(&other, NOTHING_MOUNTED);
    if (!has_files(chute_buf_cstr(path)) && access(chute_buf_cstr(&other), F_OK) == 0) {
        const char *hosts = getenv("ELASTICSEARCH_HOSTS");
        bool has_search_engine = hosts != NULL && hosts[0] != '\0';
        chute_log(CHUTE_LOG_INFO, "image",
            has_search_engine
                ? "nothing is mounted: the timetable pipeline runs, into ELASTICSEARCH_HOSTS"
                : "nothing is mounted: the timetable pipeline runs, into the embedded store",
            "pipeline", chute_buf_cstr(path), NULL);
        root(path);
        chute_buf_printf(path, SHIPPED "/{timetable,output-%s}.conf",
            has_search_engine ? "elasticsearch" : "store");
    }
    chute_buf_finish(&other);
    return true;
}
