/* pipeline/run/pipeline.h - a pipeline's life: loaded, started, drained, destroyed; and the process it
 * attaches to.
 *
 * Ownership: create/destroy; the process outlives its pipelines.
 * Threads: the controlling thread (main), which is no loop. */
#ifndef CHUTE_RUN_PIPELINE_H
#define CHUTE_RUN_PIPELINE_H

#include "pipeline/base/buf.h"
#include "pipeline/run/engine.h"

void chute_process_start(struct chute_process *process);
void chute_process_finish(struct chute_process *process);

/* Opens the outputs, starts the workers, opens the inputs. 0, or negative after logging why; destroy then. */
int chute_pipeline_start(struct chute_pipeline *pipeline);
/* Tells the inputs to stop reading. What they have given stays in the pipeline. */
void chute_pipeline_stop(struct chute_pipeline *pipeline);
/* The same where another pipeline of the process takes its place: sockets on which inputs listen, connections and
 * their unfinished frames stay with the process, for the inputs there that ask for them. */
void chute_pipeline_stop_for_successor(struct chute_pipeline *pipeline);
/* True when the inputs have ended and every event has come through. Call it again and again after stop, or after
 * on_ended: it also closes what is done. */
bool chute_pipeline_is_drained(struct chute_pipeline *pipeline);
/* Gives up: what is only in memory is counted as lost. Then is_drained becomes true soon. */
void chute_pipeline_abandon(struct chute_pipeline *pipeline);
/* Milliseconds since an output last got an event done. */
uint64_t chute_pipeline_idle_ms(const struct chute_pipeline *pipeline);
/* True if a destination has taken a request and only has to answer it. */
bool chute_pipeline_is_being_answered(struct chute_pipeline *pipeline);
/* Closes inputs, workers and outputs; the counters are final. Also after a failed start, stopped and drained. */
void chute_pipeline_close(struct chute_pipeline *pipeline);
/* Closes and frees all; accepts NULL and one that was never started. */
void chute_pipeline_destroy(struct chute_pipeline *pipeline);

/* Appends the counters as one JSON object: {"pipeline":{…},"plugins":[…]}. */
void chute_pipeline_counters(const struct chute_pipeline *pipeline, struct chute_buf *out);

#endif
