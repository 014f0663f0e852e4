/* Files, in a folder of their own that each test starts with. */
#include "ballast/base/file.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char folder[] = "/tmp/ballast-test-XXXXXX";
static char home[4096];

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static void enter(void)
{
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(getcwd(home, sizeof(home)));
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void leave(void)
{
    ck_assert_int_eq(chdir(home), 0);
    ck_assert_int_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, strlen(text), file), strlen(text));
    ck_assert_int_eq(fclose(file), 0);
}

static void expect_text(const char *path, const char *want)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1 << 20);
    BL_ERROR(err);

    ck_assert_int_eq(bl_file_read(path, &text, &err), 0);
    ck_assert_str_eq(text.text, want);
}

static unsigned mode_of(const char *path)
{
    struct stat info;

    ck_assert_int_eq(stat(path, &info), 0);
    return info.st_mode & 07777;
}

START_TEST(read_appends)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(100);
    BL_ERROR(err);

    put("a", "one\n");
    put("b", "");
    bl_strbuf_adds(&text, "zero\n");
    ck_assert_int_eq(bl_file_read("a", &text, &err), 0);
    ck_assert_int_eq(bl_file_read("b", &text, &err), 0);
    ck_assert_str_eq(text.text, "zero\none\n");
}
END_TEST

START_TEST(read_takes_exactly_the_limit_and_no_more)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf exact = BL_STRBUF_INIT(4);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf less = BL_STRBUF_INIT(3);
    BL_ERROR(err);

    put("a", "four");
    ck_assert_int_eq(bl_file_read("a", &exact, &err), 0);
    ck_assert_str_eq(exact.text, "four");
    ck_assert_int_eq(bl_file_read("a", &less, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_TOO_LARGE);
    ck_assert_str_eq(bl_error_text(err), "a is larger than 3 bytes");
}
END_TEST

START_TEST(read_says_what_failed)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(100);
    BL_ERROR(missing);
    BL_ERROR(is_folder);

    ck_assert_int_eq(bl_file_read("none", &text, &missing), -1);
    ck_assert_str_eq(bl_error_text(missing), "could not open none: No such file or directory");
    ck_assert_int_eq(bl_error_code(missing), BL_ERR_IO);
    ck_assert_int_eq(bl_file_read(".", &text, &is_folder), -1);
    ck_assert_str_eq(bl_error_text(is_folder), "could not read .: Is a directory");
}
END_TEST

START_TEST(replace_makes_a_file_as_the_umask_says)
{
    BL_ERROR(err);
    mode_t before = umask(027);

    ck_assert_int_eq(bl_file_replace("new", "text", 4, &err), 0);
    umask(before);
    expect_text("new", "text");
    ck_assert_uint_eq(mode_of("new"), 0640);
}
END_TEST

START_TEST(replace_keeps_the_mode)
{
    BL_ERROR(err);

    put("old", "before");
    ck_assert_int_eq(chmod("old", 0604), 0);
    ck_assert_int_eq(bl_file_replace("old", "after", 5, &err), 0);
    expect_text("old", "after");
    ck_assert_uint_eq(mode_of("old"), 0604);
}
END_TEST

START_TEST(replace_follows_a_link_to_the_file)
{
    struct stat info;
    BL_ERROR(err);

    put("real", "before");
    ck_assert_int_eq(symlink("real", "link"), 0);
    ck_assert_int_eq(bl_file_replace("link", "after", 5, &err), 0);
    expect_text("real", "after");
    ck_assert_int_eq(lstat("link", &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
}
END_TEST

START_TEST(replace_leaves_nothing_behind)
{
    static const char *const all[] = {"", NULL};
    BL_AUTO(bl_paths_release) struct bl_paths paths = {0};
    BL_ERROR(err);
    BL_ERROR(why);

    put("old", "before");
    ck_assert_int_eq(bl_file_replace("old", "after", 5, &err), 0);
    ck_assert_int_eq(mkdir("folder", 0755), 0);
    ck_assert_int_eq(bl_file_replace("folder", "x", 1, &err), -1);
    ck_assert_str_eq(strrchr(bl_error_text(err), ':'), ": Is a directory");
    ck_assert_int_eq(bl_file_replace("no/such", "x", 1, &why), -1);
    ck_assert_str_eq(bl_error_text(why),
                     "could not create a file beside no/such: No such file or directory");
    bl_error_free(BL_STEAL(why));
    ck_assert_int_eq(bl_paths_add(&paths, ".", all, &why), 0);
    ck_assert_uint_eq(paths.len, 1);
    ck_assert_str_eq(paths.items[0], "./old");
}
END_TEST

START_TEST(paths_are_sorted_and_chosen)
{
    static const char *const yaml[] = {".yaml", ".yml", NULL};
    static const char *const want[] = {"d/a.yaml", "d/b/c.yml", "d/link.yaml", "d/z.yaml"};
    BL_AUTO(bl_paths_release) struct bl_paths paths = {0};
    BL_ERROR(err);

    ck_assert_int_eq(mkdir("d", 0755) | mkdir("d/b", 0755) | mkdir("d/.git", 0755), 0);
    put("d/z.yaml", "");
    put("d/a.yaml", "");
    put("d/b/c.yml", "");
    put("d/b/c.txt", "");
    put("d/.git/x.yaml", "");
    put("d/.hidden.yaml", "");
    put("outside", "");
    ck_assert_int_eq(symlink("../outside", "d/link.yaml"), 0);

    ck_assert_int_eq(bl_paths_add(&paths, "d", yaml, &err), 0);
    ck_assert_uint_eq(paths.len, BL_ARRAY_LEN(want));
    for (size_t i = 0; i < BL_ARRAY_LEN(want); i++)
        ck_assert_str_eq(paths.items[i], want[i]);
}
END_TEST

START_TEST(paths_keep_what_was_named)
{
    static const char *const yaml[] = {".yaml", NULL};
    static const char *const want[] = {"b.txt", "-", "d/x.yaml", "a.txt"};
    BL_AUTO(bl_paths_release) struct bl_paths paths = {0};
    BL_ERROR(err);

    ck_assert_int_eq(mkdir("d", 0755), 0);
    put("a.txt", "");
    put("b.txt", "");
    put("d/x.yaml", "");
    ck_assert_int_eq(bl_paths_add(&paths, "b.txt", yaml, &err), 0);
    ck_assert_int_eq(bl_paths_add(&paths, "-", yaml, &err), 0);
    ck_assert_int_eq(bl_paths_add(&paths, "d/", yaml, &err), 0);
    ck_assert_int_eq(bl_paths_add(&paths, "a.txt", yaml, &err), 0);
    ck_assert_uint_eq(paths.len, BL_ARRAY_LEN(want));
    for (size_t i = 0; i < BL_ARRAY_LEN(want); i++)
        ck_assert_str_eq(paths.items[i], want[i]);
}
END_TEST

START_TEST(paths_of_a_circle_end)
{
    static const char *const yaml[] = {".yaml", NULL};
    BL_AUTO(bl_paths_release) struct bl_paths paths = {0};
    BL_ERROR(err);
    BL_ERROR(missing);

    ck_assert_int_eq(mkdir("d", 0755), 0);
    ck_assert_int_eq(symlink(".", "d/again"), 0);
    ck_assert_int_eq(symlink("round.yaml", "d/round.yaml"), 0);
    ck_assert_int_eq(symlink("nowhere", "d/gone.yaml"), 0);
    put("d/a.yaml", "");
    ck_assert_int_eq(bl_paths_add(&paths, "d", yaml, &err), 0);
    ck_assert_uint_eq(paths.len, 1);
    ck_assert_str_eq(paths.items[0], "d/a.yaml");
    ck_assert_uint_eq(paths.skipped.len, 3);
    ck_assert_int_eq(bl_paths_check(&paths, &err), -1);
    ck_assert_int_eq(bl_paths_add(&paths, "none", yaml, &missing), -1);
    ck_assert_str_eq(bl_error_text(missing), "could not open none: No such file or directory");
}
END_TEST

START_TEST(a_secret_is_its_owners_alone)
{
    struct stat info;
    BL_ERROR(err);

    put("key", "old");
    ck_assert_int_eq(chmod("key", 0644), 0);
    ck_assert_int_eq(bl_file_replace_secret("key", "new", 3, &err), 0);
    ck_assert_int_eq(stat("key", &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0600);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/file");
    TCase *tests = tcase_create("file");

    tcase_add_checked_fixture(tests, enter, leave);
    tcase_add_test(tests, read_appends);
    tcase_add_test(tests, read_takes_exactly_the_limit_and_no_more);
    tcase_add_test(tests, read_says_what_failed);
    tcase_add_test(tests, replace_makes_a_file_as_the_umask_says);
    tcase_add_test(tests, replace_keeps_the_mode);
    tcase_add_test(tests, a_secret_is_its_owners_alone);
    tcase_add_test(tests, replace_follows_a_link_to_the_file);
    tcase_add_test(tests, replace_leaves_nothing_behind);
    tcase_add_test(tests, paths_are_sorted_and_chosen);
    tcase_add_test(tests, paths_keep_what_was_named);
    tcase_add_test(tests, paths_of_a_circle_end);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
