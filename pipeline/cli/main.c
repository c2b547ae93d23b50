/* pipeline/cli/main.c - picks the subcommand. */
#include <string.h>

#include "pipeline/cli/cli.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} subcommands[] = {
    { "plugins", chute_cli_plugins },
    { "docs", chute_cli_docs },
    { "search", chute_cli_search },
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
        if (strcmp(argv[1], subcommands[i].name) == 0) {
            return subcommands[i].run(argc - 1, argv + 1);
        }
    }
    return chute_cli_run(argc, argv);
}
