/* pipeline/cli/screen.c - the start screen. */
#include <stdio.h>

#include "pipeline/cli/cli.h"

static void print_instance(const char *mark, const struct chute_instance *instance) {
    const char *text = instance->description == NULL ? instance->name : instance->description;
    fprintf(stderr, "  %s %s\n", mark, text);
}

void chute_cli_start_screen(const struct chute_pipeline *pipeline, const struct chute_api *api) {
    const struct chute_pipeline_settings *settings = &pipeline->settings;
    fprintf(stderr, "\nlogchute %s  pipeline %s: %d worker%s, batches of %d, data in %s\n",
        CHUTE_VERSION, settings->id, settings->workers, settings->workers == 1 ? "" : "s",
        settings->batch_size, settings->path_data);
    for (size_t i = 0; i < pipeline->input_count; i++) {
        print_instance("in  <-", &pipeline->inputs[i]->head);
    }
    if (pipeline->filter_count > 0) {
        fprintf(stderr, "  %zu filter%s\n", pipeline->filter_count,
            pipeline->filter_count == 1 ? "" : "s");
    }
    for (size_t i = 0; i < pipeline->output_count; i++) {
        print_instance("out ->", &pipeline->outputs[i]->head);
    }
    if (api != NULL) {
        fprintf(
            stderr, "  api <-  http://%s/ (in a browser: the live page)\n", chute_api_address(api));
    }
    fputc('\n', stderr);
}
