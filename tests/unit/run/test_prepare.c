#include <criterion/criterion.h>

#include "pipeline/run/plugin.h"
#include "../support/compile.h"

Test(run_prepare, notes_stand_where_the_option_is_written) {
    struct test_compile rig = { 0 };
    test_compile_parse(&rig, "aa => 1 bb => 2");
    struct chute_prepare prepare = { .arena = &rig.arena, .diag = rig.diag, .ast = rig.plugin };
    cr_expect(chute_prepare_is_set(&prepare, "bb"));
    cr_expect_not(chute_prepare_is_set(&prepare, "cc"));
    chute_prepare_refuse(&prepare, NULL, "one %d", 1);
    chute_prepare_refuse(&prepare, "bb", "two");
    chute_prepare_warn(&prepare, "aa", "three");

    size_t count;
    const struct chute_diag_item *items = chute_diag_items(rig.diag, &count);
    cr_assert_eq(count, 3);
    cr_expect_str_eq(items[0].message, "filter \"x\": one 1");
    cr_expect_eq(items[0].position.column, 10);
    cr_expect_str_eq(items[1].message, "filter \"x\": three");
    cr_expect(items[1].is_warning);
    cr_expect_eq(items[1].position.column, 20);
    cr_expect_str_eq(items[2].message, "filter \"x\": two");
    cr_expect_eq(items[2].position.column, 28);
    test_compile_finish(&rig);
}

Test(run_prepare, a_plugin_that_nobody_wrote_has_no_place) {
    struct test_compile rig = { 0 };
    test_compile_parse(&rig, "");
    struct chute_prepare prepare = { .arena = &rig.arena, .diag = rig.diag };
    chute_prepare_refuse(&prepare, "bb", "no");
    cr_expect_not(chute_prepare_is_set(&prepare, "bb"));
    cr_expect_str_eq(test_compile_notes(&rig), "error: no");
    test_compile_finish(&rig);
}
