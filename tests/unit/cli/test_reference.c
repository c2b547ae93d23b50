#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/json.h"
#include "pipeline/cli/reference.h"

struct settings {
    long long port;
    struct chute_str text;
    int mode;
};

static const char *const modes[] = { "a|b", "c", NULL };

static const struct chute_option options[] = {
    { .name = "port",
        CHUTE_INTEGER(struct settings, port),
        .fallback = "80",
        .has_bounds = true,
        .min = 1,
        .max = 65535,
        .doc = "Where to listen." },
    { .name = "text",
        CHUTE_TEXT(struct settings, text),
        .is_required = true,
        .is_secret = true,
        .is_file = true,
        .doc = "One | two." },
    { .name = "mode",
        CHUTE_CHOICE(struct settings, mode),
        .choices = modes,
        .fallback = "a|b",
        .state = CHUTE_OPTION_DEPRECATED,
        .hint = "use port",
        .doc = "How." },
    { .name = "end",
        CHUTE_TEXT(struct settings, text),
        .fallback = "\"\n\"",
        .doc = "Line's end." },
    { .name = "tcp_port", .alias_of = "port", .doc = "Former name." },
    { .name = "old", .state = CHUTE_OPTION_OBSOLETE, .hint = "use text" },
    { .name = "odd", .state = CHUTE_OPTION_UNSUPPORTED, .hint = "use port" },
    { .name = "heap", .state = CHUTE_OPTION_IGNORED, .hint = "there is no JVM" },
    { 0 },
};

static const char page[] =
    "# probe filter\n"
    "\n"
    "Probes.\n"
    "\n"
    "## Options\n"
    "\n"
    "| Option | Takes | Default | |\n"
    "|---|---|---|---|\n"
    "| `port` | a whole number | `80` | Where to listen. From 1 to 65535. |\n"
    "| `text` | one text | *required* | One \\| two. The file has to be there. Never shown. |\n"
    "| `mode` | one of its choices | `a\\|b` | How. One of `a\\|b`, `c`. **Deprecated**: use port. "
    "|\n"
    "| `end` | one text | `\"\\n\"` | Line's end. |\n"
    "| `tcp_port` | a whole number |  | Another name of `port`. |\n"
    "\n"
    "Of Logstash's options these are not taken up:\n"
    "\n"
    "- `old`: refused, as in Logstash; use text\n"
    "- `odd`: not supported; use port\n"
    "- `heap`: accepted without effect; there is no JVM\n"
    "\n"
    "Beside these: [the options of every filter](common.md#filters).\n";

Test(cli_reference, a_page_says_all_that_the_rows_say) {
    struct chute_buf got = { 0 };
    struct chute_reference_plugin plugin = {
        .kind = "filter", .name = "probe", .summary = "Probes.", .options = options
    };
    chute_reference_page(&got, &plugin);
    cr_expect_str_eq(chute_buf_cstr(&got), page, "got %s", got.at);
    chute_buf_finish(&got);
}

static size_t plugin_count(void) {
    struct chute_reference_plugin plugin;
    size_t count = 0;
    while (chute_reference_plugin(count, &plugin)) {
        cr_expect_not_null(plugin.summary, "%s %s", plugin.kind, plugin.name);
        count++;
    }
    return count;
}

Test(cli_reference, json_holds_every_plugin_and_row) {
    struct chute_buf text = { 0 };
    struct chute_arena arena = { 0 };
    struct chute_json_parser *parser = chute_json_parser_create();
    struct chute_value root;
    chute_reference_json(&text);
    cr_assert_eq(chute_json_decode(parser, &arena, chute_buf_str(&text), &root), CHUTE_JSON_OK);
    struct chute_array *plugins = chute_object_get(root.as.object, CHUTE_STR("plugins"))->as.array;
    cr_assert_eq(plugins->count, plugin_count());
    struct chute_reference_plugin plugin;
    for (size_t i = 0; chute_reference_plugin(i, &plugin); i++) {
        struct chute_object *object = plugins->items[i].as.object;
        struct chute_str name = chute_value_str(chute_object_get(object, CHUTE_STR("name")));
        cr_expect(chute_str_eq(name, chute_str_of(plugin.name)), "%s", plugin.name);
        size_t rows = 0;
        while (plugin.options != NULL && plugin.options[rows].name != NULL) {
            rows++;
        }
        cr_expect_eq(chute_object_get(object, CHUTE_STR("options"))->as.array->count, rows, "%s",
            plugin.name);
    }
    chute_json_parser_destroy(parser);
    chute_arena_finish(&arena);
    chute_buf_finish(&text);
}

Test(cli_reference, writes_a_page_for_each_plugin) {
    char folder[] = "/tmp/chute-reference-XXXXXX";
    struct chute_reference_plugin plugin;
    struct chute_buf path = { 0 };
    cr_assert_not_null(mkdtemp(folder));
    cr_expect_eq(chute_reference_write(folder), 0);
    for (size_t i = 0; chute_reference_plugin(i, &plugin); i++) {
        path.len = 0;
        chute_buf_printf(&path, "%s/%s-%s.md", folder, plugin.kind, plugin.name);
        cr_expect_eq(unlink(chute_buf_cstr(&path)), 0, "%s", path.at);
    }
    static const char *const others[] = { "README", "common" };
    for (size_t i = 0; i < 2; i++) {
        path.len = 0;
        chute_buf_printf(&path, "%s/%s.md", folder, others[i]);
        cr_expect_eq(unlink(chute_buf_cstr(&path)), 0, "%s", path.at);
    }
    cr_expect_eq(rmdir(folder), 0, "something else was written, too");
    cr_expect_lt(chute_reference_write("/nowhere/at/all"), 0);
    chute_buf_finish(&path);
}
