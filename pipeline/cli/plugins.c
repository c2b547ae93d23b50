/* pipeline/cli/plugins.c - lists what is built in. */
#include <stdio.h>

#include "pipeline/cli/cli.h"
#include "pipeline/run/plugin.h"

int chute_cli_plugins(int argc, char **argv) {
    (void)argc;
    (void)argv;
    for (size_t i = 0; chute_inputs[i] != NULL; i++) {
        printf("input %s\n", chute_inputs[i]->name);
    }
    for (size_t i = 0; chute_codecs[i] != NULL; i++) {
        printf("codec %s\n", chute_codecs[i]->name);
    }
    for (size_t i = 0; chute_filters[i] != NULL; i++) {
        printf("filter %s\n", chute_filters[i]->name);
    }
    for (size_t i = 0; chute_outputs[i] != NULL; i++) {
        printf("output %s\n", chute_outputs[i]->name);
    }
    return 0;
}
