#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "outputs/file/files.h"

struct rig {
    char folder[32];
    struct chute_out_files_settings settings;
    struct chute_out_files files;
    char failure[64];
};

static bool never(void *arg) {
    (void)arg;
    return false;
}

static void rig_start(struct rig *rig) {
    *rig = (struct rig){ .folder = "/tmp/outfile-XXXXXX" };
    cr_assert_not_null(mkdtemp(rig->folder));
    snprintf(rig->failure, sizeof(rig->failure), "%s/failure", rig->folder);
    rig->settings = (struct chute_out_files_settings){ .creates_deleted = true,
        .dir_mode = -1,
        .file_mode = -1,
        .failure_path = chute_str_of(rig->failure) };
    rig->files.settings = &rig->settings;
    rig->files.most_open = 2;
    rig->files.is_over = never;
}

static void rig_finish(struct rig *rig) {
    chute_out_files_finish(&rig->files);
    char command[64];
    snprintf(command, sizeof(command), "rm -r %s", rig->folder);
    cr_assert_eq(system(command), 0);
}

/* Gathers for `name` below the folder. */
static struct chute_out_file *put(struct rig *rig, const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", rig->folder, name);
    return chute_out_files_gather(&rig->files, chute_str_of(path), chute_str_of(text));
}

/* Content of a file, through gzip where it is one; "-" if it is not there. */
static const char *content(const struct rig *rig, const char *name) {
    static char text[256];
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", rig->folder, name);
    gzFile file = gzopen(path, "rb");
    int len = file == NULL ? -1 : gzread(file, text, sizeof(text) - 1);
    if (file != NULL) {
        gzclose(file);
    }
    snprintf(text + (len < 0 ? 0 : len), 2, "%s", len < 0 ? "-" : "");
    return text;
}

Test(output_files, appends_in_order_and_makes_folders) {
    struct rig rig;
    rig_start(&rig);
    rig.settings.dir_mode = 0751;
    rig.settings.file_mode = 0610;
    put(&rig, "x/y/a", "1\n");
    put(&rig, "b", "2\n");
    put(&rig, "x/y/a", "3\n");
    put(&rig, "c", "4\n"); /* one more than may be open */
    chute_out_files_flush(&rig.files);
    cr_expect_eq(rig.files.open_count, 2);
    put(&rig, "x/y/a", "5\n");
    chute_out_files_flush(&rig.files);
    cr_expect_str_eq(content(&rig, "x/y/a"), "1\n3\n5\n");
    cr_expect_str_eq(content(&rig, "b"), "2\n");
    cr_expect_str_eq(content(&rig, "c"), "4\n");
    struct stat info;
    char path[128];
    snprintf(path, sizeof(path), "%s/x/y", rig.folder);
    cr_expect(stat(path, &info) == 0 && (info.st_mode & 07777) == 0751, "%o", info.st_mode);
    snprintf(path, sizeof(path), "%s/x/y/a", rig.folder);
    cr_expect(stat(path, &info) == 0 && (info.st_mode & 07777) == 0610, "%o", info.st_mode);
    rig_finish(&rig);
}

Test(output_files, opens_anew_what_was_rotated_or_deleted) {
    struct rig rig;
    char path[128], rotated[128];
    rig_start(&rig);
    snprintf(path, sizeof(path), "%s/a", rig.folder);
    snprintf(rotated, sizeof(rotated), "%s/a.1", rig.folder);
    put(&rig, "a", "1\n");
    chute_out_files_flush(&rig.files);
    cr_assert_eq(rename(path, rotated), 0);
    put(&rig, "a", "2\n");
    chute_out_files_flush(&rig.files);
    cr_expect_str_eq(content(&rig, "a"), "2\n");
    cr_expect_str_eq(content(&rig, "a.1"), "1\n");
    cr_assert_eq(unlink(path), 0);
    put(&rig, "a", "3\n");
    chute_out_files_flush(&rig.files);
    cr_expect_str_eq(content(&rig, "a"), "3\n");
    rig_finish(&rig);
}

Test(output_files, without_create_if_deleted_the_failure_file_takes_them) {
    struct rig rig;
    rig_start(&rig);
    rig.settings.creates_deleted = false;
    put(&rig, "a", "1\n");
    chute_out_files_flush(&rig.files);
    cr_expect_str_eq(content(&rig, "a"), "-");
    cr_expect_str_eq(content(&rig, "failure"), "1\n");
    rig_finish(&rig);
}

Test(output_files, an_archive_is_whole_after_each_delivery) {
    struct rig rig;
    rig_start(&rig);
    rig.settings.is_gzip = true;
    put(&rig, "a.gz", "1\n");
    chute_out_files_flush(&rig.files);
    cr_expect_str_eq(content(&rig, "a.gz"), "1\n");
    put(&rig, "a.gz", "2\n");
    chute_out_files_flush(&rig.files);
    cr_expect_str_eq(content(&rig, "a.gz"), "1\n2\n");
    rig_finish(&rig);
}

Test(output_files, overwrite_keeps_the_last_only) {
    struct rig rig;
    rig_start(&rig);
    rig.settings.overwrites = true;
    put(&rig, "a", "long one\n");
    put(&rig, "a", "1\n");
    chute_out_files_flush(&rig.files);
    cr_expect_str_eq(content(&rig, "a"), "1\n");
    put(&rig, "a", "2\n");
    chute_out_files_flush(&rig.files);
    cr_expect_str_eq(content(&rig, "a"), "2\n");
    rig_finish(&rig);
}

Test(output_files, says_what_cannot_be_written) {
    struct rig rig;
    rig_start(&rig);
    char path[128];
    snprintf(path, sizeof(path), "%s/folder", rig.folder);
    cr_assert_eq(mkdir(path, 0755), 0);
    struct chute_out_file *folder = put(&rig, "folder", "1\n");
    struct chute_out_file *good = put(&rig, "a", "2\n");
    chute_out_files_flush(&rig.files);
    cr_expect_eq(folder->status, -EISDIR);
    cr_expect_eq(good->status, 0);
    struct chute_out_file *below = put(&rig, "a/b", "3\n");
    struct chute_out_file *full =
        chute_out_files_gather(&rig.files, CHUTE_STR("/dev/full"), CHUTE_STR("4\n"));
    chute_out_files_flush(&rig.files);
    cr_expect_eq(below->status, -ENOTDIR);
    cr_expect_eq(full->status, -ENOSPC);
    rig_finish(&rig);
}

Test(output_files, closes_what_is_idle) {
    struct rig rig;
    rig_start(&rig);
    put(&rig, "a", "1\n");
    chute_out_files_flush(&rig.files);
    chute_out_files_close_idle(&rig.files, 60000);
    cr_expect_eq(rig.files.open_count, 1);
    chute_out_files_close_idle(&rig.files, 0);
    cr_expect_eq(rig.files.open_count, 0);
    put(&rig, "a", "2\n");
    chute_out_files_flush(&rig.files);
    cr_expect_str_eq(content(&rig, "a"), "1\n2\n");
    rig_finish(&rig);
}
