#include "compile.h"

#include <stdio.h>

#include "conf/parser.h"
#include "pipeline/base/buf.h"

static void *build_codec(
    void *user, const struct chute_ast_value *value, const char *default_name) {
    struct test_compile *rig = user;
    struct chute_str name = value == NULL ? chute_str_of(default_name) : value->text;
    if (chute_str_eq(name, CHUTE_STR("nope"))) {
        chute_diag_error(rig->diag, CHUTE_DIAG_CONFIG, value->position, NULL, "no codec \"nope\"");
        return NULL;
    }
    rig->codecs++;
    snprintf(rig->codec, sizeof(rig->codec), "%.*s", CHUTE_STR_ARGS(name));
    return rig;
}

void test_compile_parse(struct test_compile *rig, const char *options) {
    test_compile_finish(rig);
    struct chute_buf text = { 0 };
    chute_buf_printf(&text, "filter { x { %s } }", options);
    rig->diag = chute_diag_create();
    const struct chute_source *source =
        chute_diag_add_source(rig->diag, "test.conf", chute_buf_str(&text));
    chute_buf_finish(&text);
    rig->ast = chute_parse(rig->diag, &source, 1, false);
    rig->plugin = rig->ast->filters.count == 0 ? NULL : rig->ast->filters.nodes[0].plugin;
    rig->ctx = (struct chute_option_compile){
        .arena = &rig->arena,
        .diag = rig->diag,
        .kind = "filter",
        .name = "x",
        .build_codec = build_codec,
        .user = rig,
        .default_codec = "plain",
    };
}

const char *test_compile_notes(struct test_compile *rig) {
    size_t count;
    struct chute_buf text = { 0 };
    const struct chute_diag_item *items = chute_diag_items(rig->diag, &count);
    for (size_t i = 0; i < count; i++) {
        chute_buf_printf(&text, "%s%s: %s", i == 0 ? "" : "\n",
            items[i].is_warning ? "warning" : "error", items[i].message);
        if (items[i].hint != NULL) {
            chute_buf_printf(&text, " (%s)", items[i].hint);
        }
    }
    const char *notes = chute_arena_copy(&rig->arena, chute_buf_str(&text)).at;
    chute_buf_finish(&text);
    return notes;
}

void test_compile_finish(struct test_compile *rig) {
    chute_ast_destroy(rig->ast);
    chute_diag_destroy(rig->diag);
    chute_arena_finish(&rig->arena);
    *rig = (struct test_compile){ 0 };
}
