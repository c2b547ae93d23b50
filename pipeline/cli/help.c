/* pipeline/cli/help.c - --help. */
#include <stdio.h>
#include <string.h>

#include "pipeline/cli/cli.h"

static void print_flag(const struct chute_setting *row) {
    char flag[128];
    if (row->letter != 0) {
        snprintf(flag, sizeof(flag), "-%c, --%s", row->letter, row->name);
    } else {
        snprintf(flag, sizeof(flag), "    --%s", row->name);
    }
    printf("  %-42s %s", flag, row->doc == NULL ? "" : row->doc);
    if (row->fallback != NULL && row->type != CHUTE_SETTING_BOOL) {
        printf(" [%s]", row->fallback);
    }
    putchar('\n');
}

void chute_cli_help(void) {
    puts("logchute " CHUTE_VERSION " - runs Logstash pipelines in one small process\n\n"
         "  logchute -f pipeline.conf          run a file, a folder or a pattern\n"
         "  logchute -e 'input { … } …'        run what is given here\n"
         "  logchute -t -f pipeline.conf       check it, and exit\n"
         "  logchute plugins                   list the plugins that are built in\n"
         "  logchute docs [--json]             the reference of all plugins and options\n"
         "  logchute search WORDS              search the embedded store\n\n"
         "Every setting is a flag, a key of logstash.yml, and an upper-case variable\n"
         "(PIPELINE_WORKERS). Flags win over variables, variables over the file.\n");
    size_t count;
    const struct chute_setting *rows = chute_settings_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].state == CHUTE_SETTING_SUPPORTED) {
            print_flag(&rows[i]);
        }
    }
}
