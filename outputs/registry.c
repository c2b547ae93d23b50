/* outputs/registry.c - the outputs that are built in: one line each, in alphabetical order. */
#include "pipeline/run/plugin.h"

extern const struct chute_output_plugin chute_output_elasticsearch;
extern const struct chute_output_plugin chute_output_file;
extern const struct chute_output_plugin chute_output_null;
extern const struct chute_output_plugin chute_output_opensearch;
extern const struct chute_output_plugin chute_output_sqlite;
extern const struct chute_output_plugin chute_output_stdout;

const struct chute_output_plugin *const chute_outputs[] = {
    &chute_output_elasticsearch,
    &chute_output_file,
    &chute_output_null,
    &chute_output_opensearch,
    &chute_output_sqlite,
    &chute_output_stdout,
    NULL,
};
