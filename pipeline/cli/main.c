/* pipeline/cli/main.c - picks the subcommand. */
#include <fcntl.h>
#include <string.h>

#include "pipeline/cli/cli.h"
#include "pipeline/cli/logstash.h"

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

static bool is_called(const char *name, char **argv) {
    const char *slash = argv[0] == NULL ? NULL : strrchr(argv[0], '/');
    return argv[0] != NULL && strcmp(slash == NULL ? argv[0] : slash + 1, name) == 0;
}

int main(int argc, char **argv) {
    fill_standard_descriptors();
    if (is_called("logstash-plugin", argv)) {
        return chute_cli_logstash_plugin(argc, argv);
    }
    for (size_t i = 0; argc > 1 && i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
        if (strcmp(argv[1], subcommands[i].name) == 0) {
            return subcommands[i].run(argc - 1, argv + 1);
        }
    }
    if (is_called("docker-entrypoint", argv) && argc > 1 && argv[1][0] != '-') {
        return chute_cli_exec(argv + 1);
    }
    return chute_cli_run(argc, argv);
}
