/* pipeline/cli/top_frame.h - a frame of `logchute top`: what is shown of two looks.
 *
 * Ownership: looks are borrowed; a frame is the caller's.
 * Threads: any. */
#ifndef CHUTE_CLI_TOP_FRAME_H
#define CHUTE_CLI_TOP_FRAME_H

#include "pipeline/base/buf.h"
#include "pipeline/cli/top_look.h"

struct chute_top_screen {
    size_t columns; /* longer lines are cut; 0: they are not */
    size_t lines;   /* further ones are left out; 0: none are */
    bool has_colour;
};

/* Appends the frame, lines ended by line feeds. Rates are those since `before`, percentiles since `long_before`, or, where
 * nothing came since, of all its life; both NULL: there are no rates. A look at another run counts as none. */
void chute_top_frame(struct chute_buf *out, const struct chute_top_look *now,
    const struct chute_top_look *before, const struct chute_top_look *long_before,
    const struct chute_top_screen *screen);

#endif
