/* pipeline/cli/cli.h - the program's subcommands; main.c calls one of them.
 *
 * Each returns the exit code: 0, or 1 after saying on standard error what is wrong.
 * Ownership: arguments are borrowed for the length of a call.
 * Threads: main. */
#ifndef CHUTE_CLI_CLI_H
#define CHUTE_CLI_CLI_H

#include "conf/ast.h"
#include "conf/settings.h"
#include "pipeline/run/engine.h"
#include "pipeline/serve/api.h"

/* Runs the pipeline that settings and flags name: what `logchute` without a subcommand does. */
int chute_cli_run(int argc, char **argv);
/* `logchute plugins`: what is built in, one `kind name` a line. */
int chute_cli_plugins(int argc, char **argv);
/* `logchute docs FOLDER` writes the reference's pages there; `docs --json` prints it as JSON; `docs` prints the
 * list of plugins, `docs [KIND] NAME` their pages. */
int chute_cli_docs(int argc, char **argv);
/* `logchute search [FLAGS] [WORDS]`: finds events in the embedded store; 1 for a query that cannot be understood and
 * where there is no store. */
int chute_cli_search(int argc, char **argv);

/* `logchute redact [FLAGS] FILE …`: shows what the redact filter would find in files; 1 with --check if it finds
 * anything, 2 for wrong flags and for files that cannot be read. */
int chute_cli_redact(int argc, char **argv);

/* `logchute healthcheck [--url URL] [--ready] [SETTINGS]`: asks the logchute that runs with these settings whether it
 * lives, or is ready; 0 if so. For images without a shell. */
int chute_cli_healthcheck(int argc, char **argv);

/* `logchute top [FLAGS] [SETTINGS]`: shows what the logchute that runs with these settings is doing, once a second, or
 * once; 0 when it is left. */
int chute_cli_top(int argc, char **argv);

/* `logchute setup [FLAGS] [-- ARGUMENTS]`: makes the index template and Kibana's data views of the timetable's logs; 2 for
 * wrong flags. With `--`, it does so in a child, and runs `logchute ARGUMENTS`. */
int chute_cli_setup(int argc, char **argv);

/* `logchute test [FLAGS] CASES … CONFIGURATION …`: runs test cases against pipelines; 1 if one fails, 2 for wrong flags and
 * for files that are wrong or cannot be read. */
int chute_cli_test(int argc, char **argv);

/* run.c: settings from flags (argv[1] on), the environment and logstash.yml. Errors are in `diag`. */
void chute_cli_load_settings(
    struct chute_settings *settings, struct chute_diag *diag, int argc, char **argv);
/* LOGCHUTE_NOW moves the clock. */
void chute_cli_set_up_clock(void);
/* As the settings spell them. */
enum chute_ecs chute_cli_ecs(const char *text);
enum chute_escape_style chute_cli_escape_style(const char *text);

#define CHUTE_CLI_HASH_SIZE 65

/* sources.c: the configuration as `path.config` or `config.string` name it, parsed, with variables replaced. Never
 * NULL; errors are in `diag`. `hash` gets the SHA-256 of what was written, or "". */
struct chute_ast *chute_cli_parse(
    const struct chute_settings *settings, struct chute_diag *diag, char hash[CHUTE_CLI_HASH_SIZE]);

/* The files of `paths` (files, folders, patterns), parsed; in the order of `paths`, or of the files' own names. Never
 * NULL; errors are in `diag`. */
struct chute_ast *chute_cli_parse_files(const char *const *paths, size_t count, bool by_name,
    bool support_escapes, struct chute_diag *diag);

/* help.c: the text of --help, on standard output. */
void chute_cli_help(void);

/* screen.c: what listens where and what goes where, on standard error. `api` may be NULL. */
void chute_cli_start_screen(const struct chute_pipeline *pipeline, const struct chute_api *api);

#endif
