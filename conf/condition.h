/* conf/condition.h - the condition of an `if`, compiled, and its answer for an event.
 *
 *     missing, null, false, "" and "false" are false by themselves; 0 and [] are true
 *     < > <= >= with a field that is missing, a list or an object, or of text with a number: no answer
 *     =~ of what is no string is false; so is one that hit the limit of steps (also for !~; counted)
 *     in: part of a text, item of a list; a list or an object is in nothing
 *
 * Ownership: the tree lies in the arena it was compiled into; finish frees its regular expressions.
 * Threads: evaluation: any, a scratch belongs to one thread at a time. */
#ifndef CHUTE_CONF_CONDITION_H
#define CHUTE_CONF_CONDITION_H

#include "conf/ast.h"
#include "pipeline/base/event.h"

struct chute_condition;
struct chute_regex_scratch;

enum chute_answer {
    CHUTE_FALSE,
    CHUTE_TRUE,
    CHUTE_CONDITION_FAILED, /* cannot be answered: the event is dropped, as in Logstash */
};

/* Compiles `ast`, keeping nothing of it. NULL after it reported what is wrong. */
struct chute_condition *chute_condition_compile(struct chute_arena *arena,
    const struct chute_ast_condition *ast, enum chute_escape_style style, struct chute_diag *diag);
/* Accepts NULL. */
void chute_condition_finish(struct chute_condition *condition);

enum chute_answer chute_condition_eval(const struct chute_condition *condition,
    const struct chute_event *event, struct chute_regex_scratch *scratch);
/* How many matches were not decided, since it was compiled. */
unsigned long long chute_condition_undecided(const struct chute_condition *condition);

#endif
