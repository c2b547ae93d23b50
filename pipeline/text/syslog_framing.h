/* pipeline/text/syslog_framing.h - cuts syslog messages out of a TCP stream, whichever way the sender frames
 * them: each told apart by how it begins.
 *
 * `123 <13>…` is 123 bytes long (RFC 6587, octet counting); anything else ends with a line feed or a NUL.
 *
 * Ownership: views of the bytes handed in. Threads: any. */
#ifndef CHUTE_TEXT_SYSLOG_FRAMING_H
#define CHUTE_TEXT_SYSLOG_FRAMING_H

#include <stdbool.h>

#include "pipeline/base/str.h"

/* Where a stream stands; a zeroed one is at its start. */
struct chute_syslog_framing {
    size_t seen;      /* bytes of the unfinished frame that hold no end */
    size_t to_skip;   /* bytes of a counted frame that was too long, still to come */
    bool is_skipping; /* up to the end of a frame that was too long */
};

/* Takes the next frame off the start of `bytes`, whose unfinished rest the caller keeps and hands in again with more
 * behind it. The frame comes without count and end; one longer than `limit` is cut there and the rest of it skipped.
 * `is_end`: nothing more comes, an unfinished frame counts. False if there is no frame (yet). */
bool chute_syslog_frame_next(struct chute_syslog_framing *framing, struct chute_str *bytes,
    size_t limit, bool is_end, struct chute_str *frame);

#endif
