/* conf/ast.h - a parsed pipeline configuration, every node with its place.
 *
 * Ownership: one arena, in struct chute_ast, holds all nodes; texts are views into the sources (or into
 * the arena, where an escape or a variable was replaced), so the diag that has the sources outlives it.
 * Threads: one at a time. */
#ifndef CHUTE_CONF_AST_H
#define CHUTE_CONF_AST_H

#include "conf/diag.h"
#include "pipeline/base/arena.h"

enum chute_ast_kind {
    CHUTE_AST_STRING,
    CHUTE_AST_BAREWORD,
    CHUTE_AST_NUMBER,
    CHUTE_AST_ARRAY,
    CHUTE_AST_HASH,
    CHUTE_AST_PLUGIN,   /* codec => json { … }; also inside arrays and hashes */
    CHUTE_AST_SELECTOR, /* [a][b]; in conditions only */
    CHUTE_AST_REGEX,    /* /…/, or a string behind =~ or !~; in conditions only */
};

struct chute_ast_value {
    enum chute_ast_kind kind;
    struct chute_position position;
    struct chute_str
        text; /* STRING, REGEX: what stands between the delimiters; others: as written */
    union {
        struct {
            bool is_integer; /* without a point, and fits `integer` */
            long long integer;
            double real; /* always set */
        } number;
        struct {
            struct chute_ast_value *items;
            size_t count;
        } array;
        struct {
            struct chute_ast_entry *entries; /* keys differ from each other */
            size_t count;
        } hash;
        struct chute_ast_plugin *plugin;
    };
};

struct chute_ast_entry {
    struct chute_ast_value key; /* STRING, BAREWORD or NUMBER */
    struct chute_ast_value value;
};

struct chute_ast_attribute {
    struct chute_str name;
    struct chute_position position; /* of the name */
    struct chute_ast_value value;
};

enum chute_ast_section {
    CHUTE_AST_INPUT,
    CHUTE_AST_FILTER,
    CHUTE_AST_OUTPUT,
    CHUTE_AST_CODEC, /* a plugin that is the value of an option */
};

struct chute_ast_plugin {
    enum chute_ast_section section;
    struct chute_str name;
    struct chute_position position;         /* of the name */
    struct chute_ast_attribute *attributes; /* in written order; names may repeat */
    size_t count;
};

enum chute_ast_test {
    CHUTE_AST_AND,  /* two children or more */
    CHUTE_AST_OR,   /* two or more */
    CHUTE_AST_XOR,  /* two */
    CHUTE_AST_NAND, /* two */
    CHUTE_AST_NOT,  /* one */
    CHUTE_AST_EQ,   /* from here on: left and right */
    CHUTE_AST_NE,
    CHUTE_AST_LT,
    CHUTE_AST_GT,
    CHUTE_AST_LE,
    CHUTE_AST_GE,
    CHUTE_AST_MATCH,     /* right is a REGEX, also where it was written as a string */
    CHUTE_AST_NOT_MATCH, /* likewise */
    CHUTE_AST_IN,
    CHUTE_AST_NOT_IN,
    CHUTE_AST_TRUTHY, /* left alone: a value that stands for itself, as in `if [field]` */
};

/* `and` and `nand` bind closer than `or` and `xor`; else from left to right. */
struct chute_ast_condition {
    enum chute_ast_test test;
    struct chute_position position;
    struct chute_ast_condition **children;
    size_t count;
    struct chute_ast_value *left; /* STRING, NUMBER, SELECTOR, ARRAY or REGEX */
    struct chute_ast_value *right;
};

struct chute_ast_block {
    struct chute_ast_node *nodes;
    size_t count;
};

struct chute_ast_branch {
    struct chute_position position;        /* of its `if` or `else` */
    struct chute_ast_condition *condition; /* NULL: the last `else` */
    struct chute_ast_block block;
};

struct chute_ast_if {
    struct chute_ast_branch *branches; /* the first that holds is taken */
    size_t count;
};

/* One of the two is set. */
struct chute_ast_node {
    struct chute_ast_plugin *plugin;
    struct chute_ast_if *choice;
};

struct chute_ast {
    struct chute_arena arena;
    struct chute_ast_block inputs;
    struct chute_ast_block filters;
    struct chute_ast_block outputs;
};

/* Returns a new, empty tree. */
struct chute_ast *chute_ast_create(void);
/* Accepts NULL. */
void chute_ast_destroy(struct chute_ast *ast);

/* Calls `visit` for every value below `block`: options, elements of arrays, values (not keys) of hashes,
 * each after the array or hash that holds it, options of nested plugins, and both sides of conditions. */
void chute_ast_walk(struct chute_ast_block *block,
    void (*visit)(struct chute_ast_value *value, void *context), void *context);
/* The same for the options of one plugin. */
void chute_ast_walk_plugin(struct chute_ast_plugin *plugin,
    void (*visit)(struct chute_ast_value *value, void *context), void *context);

#endif
