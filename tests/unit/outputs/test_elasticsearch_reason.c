#include <criterion/criterion.h>

#include "outputs/elasticsearch/elasticsearch.h"

static const struct {
    const char *type, *reason, *want;
} rows[] = {
    { "mapper_parsing_exception",
        "failed to parse field [user.age] of type [long] in document with id 'anna'. Preview of "
        "field's value: 'hunter2'",
        "field [user.age]" },
    { "document_parsing_exception", "[1:23] failed to parse field [n] of type [long] in document",
        "field [n]" },
    { "mapper_parsing_exception",
        "object mapping for [user] tried to parse field [user] as object, but found a concrete "
        "value",
        "field [user]" },
    { "illegal_argument_exception", "mapper [a.b] cannot be changed from type [long] to [text]",
        "field [a.b]" },
    { "illegal_argument_exception", "failed to parse date field [hunter2] with format [x]",
        "52 bytes, in the dead-letter file" },
    { "mapper_parsing_exception", "failed to parse field [hunter2 is my password] of type",
        "54 bytes, in the dead-letter file" },
    { "version_conflict_engine_exception", "[hunter2]: version conflict",
        "27 bytes, in the dead-letter file" },
    { "cluster_block_exception", "index [logs] blocked by: [FORBIDDEN/8/index write (api)];",
        "index [logs] blocked by: [FORBIDDEN/8/index write (api)];" },
    { "es_rejected_execution_exception", "rejected execution of coordinating operation",
        "rejected execution of coordinating operation" },
    { "", "", "" },
};

Test(elasticsearch_reason, the_log_gets_no_text_of_a_document) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_buf out = { 0 };
        chute_elasticsearch_loggable(
            &out, chute_str_of(rows[i].type), chute_str_of(rows[i].reason));
        cr_expect_str_eq(chute_buf_cstr(&out), rows[i].want, "%s: got %s", rows[i].reason, out.at);
        chute_buf_finish(&out);
    }
}
