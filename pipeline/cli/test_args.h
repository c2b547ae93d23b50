/* pipeline/cli/test_args.h - the flags of `logchute test`, and of the ways in which logstash-filter-verifier is called.
 *
 * Ownership: texts are those of argv; the lists are the struct's.
 * Threads: main. */
#ifndef CHUTE_CLI_TEST_ARGS_H
#define CHUTE_CLI_TEST_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "pipeline/check/suite.h"

struct chute_test_list {
    const char **items;
    size_t count;
};

struct chute_test_args {
    enum chute_form form;
    bool is_standalone; /* configuration files go by their own names */
    bool is_nothing;    /* to start or stop a daemon: there is none */
    struct chute_test_list cases, configs;
    struct chute_test_list settings; /* flags of logchute itself; the first is the program's name */
    const char *pipelines;           /* a pipelines.yml */
    const char *pipeline_base;
    const char *mocks;
    const char *junit;
    const char *metadata_key;
    bool is_tap, is_quiet, is_debug, is_help;
    bool has_coverage, needs_coverage;
    bool has_colour;
    bool keeps_zone; /* TZ counts */
};

/* Reads argv[1] on; false after saying on standard error what is wrong. Finish it in either case. */
bool chute_test_args_read(struct chute_test_args *args, int argc, char **argv);
void chute_test_args_finish(struct chute_test_args *args);
extern const char chute_test_help[];

/* True if `path` names a file of test cases by its ending. */
bool chute_test_is_case_file(const char *path);
/* The files of test cases in a folder, by their names, added to `out`; false if it cannot be read. The caller frees
 * each. */
bool chute_test_list_folder(const char *path, struct chute_test_list *out);
void chute_test_list_add(struct chute_test_list *list, const char *item);

#endif
