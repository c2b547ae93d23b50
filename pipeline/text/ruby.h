/* pipeline/text/ruby.h - what Ruby's String, Array and Hash methods make of values, where a filter of
 * Logstash shows it to the user.
 *
 * Ownership: results lie in the arena handed in, or are views of what was given.
 * Threads: any. */
#ifndef CHUTE_TEXT_RUBY_H
#define CHUTE_TEXT_RUBY_H

#include "pipeline/base/value.h"

/* to_s: nothing for null, {"a"=>nil, "b"=>[1.5, "x"]} for an object. A string is returned as it is. */
struct chute_str chute_ruby_to_s(struct chute_arena *arena, const struct chute_value *value);
/* Array#join: the items' to_s, those of nested arrays with the same separator. */
struct chute_str chute_ruby_join(
    struct chute_arena *arena, const struct chute_array *array, struct chute_str separator);
/* String#split: an array of views. A single blank splits at runs of white space, the empty separator
 * into characters; empty pieces at the end are left out. */
struct chute_value chute_ruby_split(
    struct chute_arena *arena, struct chute_str text, struct chute_str separator);
/* String#strip: a view without ASCII white space and NUL around it. */
struct chute_str chute_ruby_strip(struct chute_str text);

#endif
