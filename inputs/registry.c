/* inputs/registry.c - the inputs that are built in: one line each, in alphabetical order. */
#include "pipeline/run/plugin.h"

extern const struct chute_input_plugin chute_input_file;
extern const struct chute_input_plugin chute_input_generator;
extern const struct chute_input_plugin chute_input_stdin;
extern const struct chute_input_plugin chute_input_syslog;
extern const struct chute_input_plugin chute_input_tcp;
extern const struct chute_input_plugin chute_input_udp;

const struct chute_input_plugin *const chute_inputs[] = {
    &chute_input_file,
    &chute_input_generator,
    &chute_input_stdin,
    &chute_input_syslog,
    &chute_input_tcp,
    &chute_input_udp,
    NULL,
};
