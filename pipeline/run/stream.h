/* pipeline/run/stream.h - bytes on their way into a pipeline: keeps the unfinished frame, lets the codec
 * cut, and hands whole frames to the queue.
 *
 * A stream is a connection, a file, standard input, or all datagrams of a socket. Bytes are read straight
 * into chute_stream_buffer; what is handed over stays a slice of that buffer.
 *
 * Ownership: the stream belongs to its input; the queue takes references to buffers, origin and tokens.
 * Threads: the input's: loop or own. */
#ifndef CHUTE_RUN_STREAM_H
#define CHUTE_RUN_STREAM_H

#include "pipeline/run/plugin.h"

/* Takes a reference to `origin`. `codec` NULL: the input's own codec. */
struct chute_stream *chute_stream_create(
    struct chute_input *input, struct chute_origin *origin, const struct chute_codec *codec);
/* Accepts NULL. Forgets an unfinished frame: chute_stream_end first, where it counts. */
void chute_stream_destroy(struct chute_stream *stream);

/* Where the next read may go: *size bytes, at least 4 KiB for streams and 64 KiB for datagrams. Valid until the
 * next call for any stream of this input's thread. */
char *chute_stream_buffer(struct chute_stream *stream, size_t *size);
/* `len` bytes were read into the buffer. `token` (may be NULL) is taken: it resolves when the frames that
 * end in these bytes have; its position, which is that of the bytes' end, is lowered by what is unfinished. False: the queue is full: stop reading until `resume`; an own thread waits
 * here instead while it is full, and gets false only when the pipeline stops without patience. */
bool chute_stream_read(struct chute_stream *stream, size_t len, struct chute_token *token);
/* The same for bytes that lie elsewhere (copied). */
bool chute_stream_feed(
    struct chute_stream *stream, struct chute_str bytes, struct chute_token *token);
/* A datagram of `len` bytes in the buffer, from `origin`. Returns as chute_stream_read. */
bool chute_stream_datagram(struct chute_stream *stream, size_t len, struct chute_origin *origin);
/* A frame that the input found itself (an octet-counted syslog message): handed to the codec whole. */
bool chute_stream_frame(
    struct chute_stream *stream, struct chute_str bytes, struct chute_token *token);
/* `count` such frames, one behind the other in `bytes`, frame i `lens[i]` long: copied, and handed over at once. */
bool chute_stream_frames(struct chute_stream *stream, struct chute_str bytes, const uint32_t *lens,
    size_t count, struct chute_token *token);
/* The start of a frame that the input found to be too long: its event is tagged _linetoolong, and the input forgets the
 * rest. Not for codecs with state between frames. */
bool chute_stream_cut_frame(
    struct chute_stream *stream, struct chute_str bytes, struct chute_token *token);
/* The end: an unfinished frame is taken as whole. The stream may be used again (a file that grows). `token`
 * (may be NULL) is taken: it stands for that last frame. */
void chute_stream_end(struct chute_stream *stream, struct chute_token *token);
/* Nothing came for a while: what the codec regards as complete is handed over (multiline's
 * auto_flush_interval; a JSON object without a newline). Call about once a second while idle. */
void chute_stream_idle(struct chute_stream *stream, long long idle_for_ms);
/* The same now, however short the while was: a stop, after which the bytes go on one day. An unfinished line
 * stays. `token` (may be NULL) is taken: it stands for all bytes read so far but what is unfinished. */
void chute_stream_flush(struct chute_stream *stream, struct chute_token *token);
/* Ends it for a successor in another pipeline: appends to `rest` what is unfinished, as bytes to feed there; what the
 * codec cannot give back is handed over as at an end. True if the rest of a frame that was too long is still to come. */
bool chute_stream_leave(struct chute_stream *stream, struct chute_buf *rest);
/* The other side, for a stream just made. */
void chute_stream_inherit(struct chute_stream *stream, struct chute_str rest, bool is_skipping);
/* Bytes of what is unfinished and kept, also by the codec: a file's position stays before them. */
size_t chute_stream_unfinished(const struct chute_stream *stream);

#endif
