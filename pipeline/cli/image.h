/* pipeline/cli/image.h - logchute in a container image: the variable LOGCHUTE_IMAGE names the folder, in ours the root, below
 * which etc/logchute/config, etc/logchute/pipeline, var/lib/logchute and usr/share/logchute/pipelines lie. Without it
 * nothing of this applies.
 *
 * Ownership: arguments are borrowed for the length of a call.
 * Threads: main. */
#ifndef CHUTE_CLI_IMAGE_H
#define CHUTE_CLI_IMAGE_H

#include "conf/settings.h"
#include "pipeline/base/buf.h"

/* Sets the defaults that an image has: its folders, and an API that listens on all addresses. Any source of settings wins
 * over them. */
void chute_cli_image_defaults(struct chute_settings *settings);
/* The configuration to run where none is named: what is mounted, or the timetable pipeline, which is said. False without an
 * image. */
bool chute_cli_image_pipeline(
    const struct chute_settings *settings, struct chute_diag *diag, struct chute_buf *path);

#endif
