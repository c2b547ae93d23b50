/* pipeline/cli/main.c - picks the subcommand. */
#include <fcntl.h>
#include <string.h>

#include "pipeline/cli/cli.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} subcommands[] = {
    { "plugins", chute_cli_plugins },
    { "docs", chute_cli_docs },
    { "search", chute_cli_search },
    { "redact", chute_cli_redact },
    { "healthcheck", chute_cli_healthcheck },
    { "test", chute_cli_test },
    { "setup", chute_cli_setup },
    { "top", chute_cli_top },
};

/* A standard descriptor that is closed would become the next file opened, and be written to. What takes its
 * place can be used the wrong way only: whoever uses it gets an error. */
static void fill_standard_descriptors(void) {
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0) {
            return;
        }
    }
}

int main(int argc, char **argv) {
    fill_standard_descriptors();
    for (size_t i = 0; argc > 1 && i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
        if (strcmp(argv[1], subcommands[i].name) == 0) {
            return subcommands[i].run(argc - 1, argv + 1);
        }
    }
    return chute_cli_run(argc, argv);
}
