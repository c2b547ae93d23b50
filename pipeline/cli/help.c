/* pipeline/cli/help.c - --help. */
#include <stdio.h>
#include <string.h>

#include "pipeline/cli/cli.h"

#define TEXT_COLUMN 46
#define LAST_COLUMN 100

/* Prints `text` from TEXT_COLUMN on, wrapped between words; `column` is where the cursor is. */
static void print_wrapped(const char *text, size_t column) {
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (column < TEXT_COLUMN || column + 1 + len > LAST_COLUMN) {
            if (column >= TEXT_COLUMN) {
                putchar('\n');
                column = 0;
            }
            printf("%*s", (int)(TEXT_COLUMN - column), "");
            column = TEXT_COLUMN;
        } else {
            putchar(' ');
            column++;
        }
        fwrite(text, 1, len, stdout);
        column += len;
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_flag(const struct chute_setting *row) {
    char letter[8] = "   ", text[1024];
    if (row->letter != 0) {
        snprintf(letter, sizeof(letter), "-%c,", row->letter);
    }
    bool has_default = row->fallback != NULL && row->type != CHUTE_SETTING_BOOL;
    snprintf(text, sizeof(text), has_default ? "%s [%s]" : "%s", row->doc, row->fallback);
    print_wrapped(text, (size_t)printf("  %s --%s", letter, row->name));
}

void chute_cli_help(void) {
    puts("logchute " CHUTE_VERSION " - runs Logstash pipelines in one small process\n\n"
         "  logchute -f pipeline.conf          run a file, a folder or a pattern\n"
         "  logchute -e 'input { … } …'        run what is given here\n"
         "  logchute -t -f pipeline.conf       check it, and exit\n"
         "  logchute plugins                   list the plugins that are built in\n"
         "  logchute docs KIND NAME            what a plugin does and its options (docs filter "
         "json)\n"
         "  logchute docs FOLDER               the same of all plugins, as pages; --json as JSON\n"
         "  logchute search WORDS              search the embedded store\n"
         "  logchute redact FILE               show which secrets a file holds\n"
         "  logchute healthcheck               ask the one that runs whether it lives\n"
         "  logchute top                       show what the one that runs is doing\n"
         "  logchute test CASES CONFIG         run test cases against a pipeline\n"
         "  logchute setup                     make the index template and Kibana's data views\n\n"
         "Every setting is a flag, a key of logstash.yml, and an upper-case variable\n"
         "(PIPELINE_WORKERS). Flags win over variables, variables over the file.\n"
         "Logstash's other settings are accepted too, with a notice where they have no effect.\n");
    size_t count;
    const struct chute_setting *rows = chute_settings_rows(&count);
    for (size_t i = 0; i < count; i++) {
        bool has_a_choice = rows[i].refused == NULL; /* else only its default is taken */
        if (rows[i].state == CHUTE_SETTING_SUPPORTED && has_a_choice) {
            print_flag(&rows[i]);
        }
    }
}
