/* Finding and opening libraries: each test builds its own in a folder of its own. */
#include "abi/library.h"

#include <check.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static void make_dir(void)
{
    strcpy(dir, "/tmp/cdeffi-library-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(setenv("LD_LIBRARY_PATH", dir, 1), 0);
}

static void remove_dir(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
    unsetenv("LD_LIBRARY_PATH");
}

static char *in_dir(const char *name)
{
    static char path[4][512];
    static unsigned turn;
    char *p = path[turn++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(in_dir(name), "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

/* Compile CODE to the shared object NAME in the folder. */
static void build(const char *name, const char *options, const char *code)
{
    const char *cc = getenv("CC");
    char command[2048];
    write_file("lib.c", code);
    snprintf(command, sizeof command, "%s -shared -fPIC -nostdlib %s -o '%s' '%s'", cc && *cc ? cc : "cc", options,
             in_dir(name), in_dir("lib.c"));
    ck_assert_int_eq(system(command), 0);
}

static AbiLibrary *must_open(const char *name)
{
    char *report;
    AbiLibrary *library = abi_library_open(name, 0, &report);
    ck_assert_msg(library != NULL, "%s", report);
    ck_assert_ptr_null(report);
    return library;
}

static void must_close(AbiLibrary *library)
{
    char *report;
    ck_assert_int_eq(abi_library_close(library, &report), 0);
    ck_assert_ptr_null(report);
}

/* Open NAME and check the file that was taken. */
static void opens(const char *name, const char *file)
{
    AbiLibrary *library = must_open(name);
    ck_assert_str_eq(abi_library_path(library), in_dir(file));
    must_close(library);
}

static char *refused(const char *name)
{
    char *report;
    ck_assert_ptr_null(abi_library_open(name, 0, &report));
    ck_assert_ptr_nonnull(report);
    return report;
}

static void has(const char *report, const char *part)
{
    ck_assert_msg(strstr(report, part) != NULL, "no '%s' in:\n%s", part, report);
}

/* ---------------------------------------------------------------- which file serves */

START_TEST(development_symlink_first)
{
    build("libcdffx.so", "", "int one(void) { return 1; }");
    build("libcdffx.so.9", "", "int one(void) { return 9; }");
    opens("cdffx", "libcdffx.so");
}
END_TEST

START_TEST(highest_version)
{
    build("libcdffx.so.9", "", "int one(void) { return 9; }");
    build("libcdffx.so.10", "", "int one(void) { return 10; }");
    write_file("libcdffx.so.10-notes", "");
    write_file("libcdffx.sort", "");
    opens("cdffx", "libcdffx.so.10");
    opens("libcdffx.so", "libcdffx.so.10");
    opens("libcdffx.so.9", "libcdffx.so.9");
    opens(in_dir("libcdffx.so.9"), "libcdffx.so.9");
}
END_TEST

START_TEST(name_without_prefix)
{
    build("cdffplug.so", "", "int one(void) { return 1; }");
    opens("cdffplug", "cdffplug.so");
}
END_TEST

START_TEST(names_with_dots)
{
    build("libcdff-2.0.so.0", "", "int one(void) { return 1; }");
    opens("cdff-2.0", "libcdff-2.0.so.0");
}
END_TEST

START_TEST(garbage_is_passed_over)
{
    write_file("libcdffx.so.3", "\177ELF and then nothing of the kind");
    write_file("libcdffx.so.4", "");
    ck_assert_int_eq(mkdir(in_dir("libcdffx.so.5"), 0700), 0);
    build("libcdffx.so.2", "", "int one(void) { return 2; }");
    opens("cdffx", "libcdffx.so.2");
}
END_TEST

START_TEST(folders_in_order)
{
    char path[256];
    ck_assert_int_eq(mkdir(in_dir("a"), 0700), 0);
    ck_assert_int_eq(mkdir(in_dir("b"), 0700), 0);
    build("a/libcdffx.so.1", "", "int one(void) { return 1; }");
    build("b/libcdffx.so.2", "", "int one(void) { return 2; }");
    snprintf(path, sizeof path, "%s/none:%s/a;%s/b", dir, dir, dir);
    setenv("LD_LIBRARY_PATH", path, 1);
    opens("cdffx", "a/libcdffx.so.1");
}
END_TEST

START_TEST(sorted_versions)
{
    AbiNames names = {0};
    const char *in[] = {"l.so.1.2.13", "l.so.0.9", "l.so.12", "l.so.1", "l.so", "l.so.1.2"};
    const char *out[] = {"l.so", "l.so.12", "l.so.1", "l.so.1.2", "l.so.1.2.13", "l.so.0.9"};
    for (size_t i = 0; i < 6; i++)
        abi_names_add(&names, in[i], strlen(in[i]));
    abi_soname_sort(&names);
    for (size_t i = 0; i < 6; i++)
        ck_assert_str_eq(names.item[i], out[i]);
    abi_names_free(&names);
    ck_assert(abi_soname_matches("libz.so", "libz.so"));
    ck_assert(abi_soname_matches("libz.so.1", "libz.so"));
    ck_assert(!abi_soname_matches("libz.so.p", "libz.so"));
    ck_assert(!abi_soname_matches("libz.sox", "libz.so"));
    ck_assert(!abi_soname_matches("libzz.so", "libz.so"));
}
END_TEST

/* ---------------------------------------------------------------- the system's libraries */

START_TEST(short_names_of_the_system)
{
    static const char *const name[] = {"m", "c", "libm.so.6", "libc.so", "libm.so"};
    for (size_t i = 0; i < 5; i++) {
        AbiLibrary *library = must_open(name[i]);
        ck_assert_ptr_nonnull(abi_library_path(library));
        ck_assert_ptr_nonnull(abi_library_symbol(library, strchr(name[i], 'm') ? "cos" : "strlen"));
        must_close(library);
    }
}
END_TEST

START_TEST(the_process)
{
    AbiLibrary *library = must_open(NULL);
    char near[64];
    ck_assert_ptr_null(abi_library_path(library));
    ck_assert_ptr_eq(abi_library_symbol(library, "strlen"), dlsym(RTLD_DEFAULT, "strlen"));
    ck_assert(abi_library_near(library, "strlenn", near, sizeof near));
    ck_assert_str_eq(near, "strlen");
    must_close(library);
}
END_TEST

START_TEST(wrapped_handles_stay_open)
{
    build("libcdffx.so", "", "int cdff_one = 1;");
    void *handle = dlopen(in_dir("libcdffx.so"), RTLD_NOW);
    ck_assert_ptr_nonnull(handle);
    AbiLibrary *library = abi_library_wrap(handle);
    ck_assert_ptr_eq(abi_library_handle(library), handle);
    ck_assert_str_eq(abi_library_path(library), in_dir("libcdffx.so"));
    must_close(library);
    ck_assert_int_eq(*(int *)dlsym(handle, "cdff_one"), 1);
    dlclose(handle);
    ck_assert_ptr_null(dlopen(in_dir("libcdffx.so"), RTLD_NOW | RTLD_NOLOAD));
}
END_TEST

START_TEST(opened_handles_are_closed)
{
    build("libcdffx.so", "", "int cdff_one = 1;");
    must_close(must_open("cdffx"));
    ck_assert_ptr_null(dlopen(in_dir("libcdffx.so"), RTLD_NOW | RTLD_NOLOAD));
}
END_TEST

/* ---------------------------------------------------------------- linker scripts */

START_TEST(script_group)
{
    char text[1024];
    build("libcdffreal.so.1", "", "int one(void) { return 1; }");
    build("libcdffextra.so.1", "", "int two(void) { return 2; }");
    snprintf(text, sizeof text,
             "/* GNU ld script\n*/\nOUTPUT_FORMAT(elf64-x86-64)\n"
             "GROUP ( %s/libcdff_nonshared.a AS_NEEDED ( libcdffextra.so.1 ) \"%s/libcdffreal.so.1\" )\n",
             dir, dir);
    write_file("libcdffx.so", text);
    opens("cdffx", "libcdffreal.so.1");
    opens(in_dir("libcdffx.so"), "libcdffreal.so.1");
    opens("libcdffx.so", "libcdffreal.so.1");
}
END_TEST

START_TEST(script_input)
{
    build("libcdffreal.so.1", "", "int one(void) { return 1; }");
    write_file("libcdffx.so", "INPUT(libcdffreal.so.1, -lcdffnone)");
    write_file("libcdffy.so", "INPUT ( -lcdffreal )");
    opens("cdffx", "libcdffreal.so.1");
    opens("cdffy", "libcdffreal.so.1");
}
END_TEST

START_TEST(script_loop)
{
    write_file("libcdffx.so", "INPUT(libcdffy.so)");
    write_file("libcdffy.so", "INPUT(libcdffx.so)");
    char *report = refused("cdffx");
    has(report, "libcdffy.so: a linker script; following it");
    free(report);
}
END_TEST

START_TEST(not_scripts)
{
    AbiNames names = {0};
    static const char *const text[] = {
        "", "hello world", "INPUT", "INPUT(", "INPUT(libx.so", "GROUP ( AS_NEEDED ( libx.so )", "/* INPUT(libx.so)",
        "INPUT(libx.a)", "INPUT(\"libx.so", "INPUT libx.so )"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        ck_assert_msg(!abi_ldscript_inputs(text[i], strlen(text[i]), &names), "%s", text[i]);
        abi_names_free(&names);
    }
    ck_assert(!abi_ldscript_inputs("INPUT(libx.so)\0", 15, &names));
    abi_names_free(&names);
}
END_TEST

/* ---------------------------------------------------------------- what is said */

START_TEST(report_of_a_missing_library)
{
    char *report = refused("cdffnone"), line[256];
    const char *start = "cannot load library 'cdffnone': cdffnone: cannot open shared object file";
    ck_assert_msg(strncmp(report, start, strlen(start)) == 0, "%s", report);
    snprintf(line, sizeof line, "\n  %s: no libcdffnone.so*\n  /etc/ld.so.cache: ", dir);
    has(report, line);
    has(report, "\n  /usr/lib: no libcdffnone.so*\n");
    has(report, "\n  libcdffnone.so: cannot open");
    ck_assert_int_ne(report[strlen(report) - 1], '\n');
    free(report);
}
END_TEST

START_TEST(report_of_a_damaged_library)
{
    char start[256];
    write_file("libcdffx.so.1", "not a library at all, but long enough to be looked at by the loader, who knows");
    char *report = refused("cdffx");
    snprintf(start, sizeof start, "cannot load library 'cdffx': %s/libcdffx.so.1: ", dir);
    ck_assert_msg(strncmp(report, start, strlen(start)) == 0, "%s", report);
    free(report);
    report = refused(in_dir("libcdffx.so.1"));
    ck_assert_ptr_null(strchr(report, '\n'));
    free(report);
}
END_TEST

START_TEST(odd_names)
{
    free(refused(""));
    free(refused("/"));
    free(refused("."));
    free(refused("%s%n"));
    char *name = malloc(100001);
    memset(name, 'x', 100000);
    name[100000] = '\0';
    free(refused(name));
    free(name);
}
END_TEST

/* ---------------------------------------------------------------- symbols */

static int count_name(void *user, const char *name)
{
    int *seen = user;
    seen[0]++;
    seen[1] += strcmp(name, "cdff_one") == 0;
    seen[2] += strcmp(name, "cdff_hidden") == 0 || strcmp(name, "cdff_absent") == 0;
    return 0;
}

static int stop_at_once(void *user, const char *name)
{
    (void)user;
    (void)name;
    return 7;
}

static const char symbols_code[] =
    "int cdff_one(void) { return 1; }\n"
    "int cdff_two = 2;\n"
    "__thread int cdff_thread = 3;\n"
    "static int pick(void) { return 4; }\n"
    "static void *resolve(void) { return (void *)pick; }\n"
    "int cdff_indirect(void) __attribute__((ifunc(\"resolve\")));\n"
    "__attribute__((visibility(\"hidden\"))) int cdff_hidden = 5;\n"
    "extern int cdff_absent __attribute__((weak)); int *cdff_pointer = &cdff_absent;\n"
    "__asm__(\".globl cdff_null\\n.set cdff_null, 0\\n\");\n";

static void check_symbols(const char *options)
{
    build("libcdffx.so", options, symbols_code);
    AbiLibrary *library = must_open("cdffx");
    int seen[3] = {0}, *copy;
    ck_assert_int_eq(abi_library_each(library, count_name, seen), 0);
    ck_assert_int_ge(seen[0], 6);
    ck_assert_int_le(seen[0], 12);
    ck_assert_int_eq(seen[1], 1);
    ck_assert_int_eq(seen[2], 0);
    ck_assert_int_eq(abi_library_each(library, stop_at_once, NULL), 7);
    copy = abi_library_symbol(library, "cdff_thread");
    ck_assert_int_eq(*copy, 3);
    ck_assert_int_eq(((int (*)(void))abi_library_symbol(library, "cdff_indirect"))(), 4);
    must_close(library);
}

START_TEST(symbols_gnu_hash) { check_symbols("-Wl,--hash-style=gnu"); }
END_TEST

START_TEST(symbols_sysv_hash) { check_symbols("-Wl,--hash-style=sysv"); }
END_TEST

START_TEST(symbols_of_value_null)
{
    build("libcdffx.so", "", symbols_code);
    AbiLibrary *library = must_open("cdffx");
    void *address = library;
    ck_assert(abi_library_lookup(library, "cdff_null", &address));
    ck_assert_ptr_null(address);
    ck_assert_ptr_null(abi_library_symbol(library, "cdff_null"));
    ck_assert(!abi_library_lookup(library, "cdff_none", &address));
    ck_assert(abi_library_lookup(library, "cdff_two", &address));
    ck_assert_int_eq(*(int *)address, 2);
    must_close(library);
}
END_TEST

static void near_is(const AbiLibrary *library, const char *name, const char *expected)
{
    char buf[64];
    bool found = abi_library_near(library, name, buf, sizeof buf);
    ck_assert_msg(found == (expected != NULL), "%s", name);
    if (found)
        ck_assert_str_eq(buf, expected);
}

START_TEST(near_names)
{
    build("libcdffx.so", "", "void frobnicate(void) {} void open64(void) {} void _exit_now(void) {} void ab(void) {}"
                             "void Curl_Easy(void) {}");
    AbiLibrary *library = must_open("cdffx");
    near_is(library, "frobincate", "frobnicate");
    near_is(library, "frobnicat", "frobnicate");
    near_is(library, "frob", NULL);
    near_is(library, "open6", "open64");
    near_is(library, "opem64", "open64");
    near_is(library, "open", "open64");
    near_is(library, "exit_now", "_exit_now");
    near_is(library, "curl_easy", "Curl_Easy");
    near_is(library, "AB", "ab");
    near_is(library, "x", NULL);
    near_is(library, "", NULL);
    char small[4];
    ck_assert(!abi_library_near(library, "frobincate", small, sizeof small));
    must_close(library);
}
END_TEST

START_TEST(distances)
{
#define DISTANCE(a, b, limit) abi_name_distance(a, strlen(a), b, strlen(b), limit)
    ck_assert_uint_eq(DISTANCE("abc", "abc", 3), 0);
    ck_assert_uint_eq(DISTANCE("abc", "ABC", 3), 1);
    ck_assert_uint_eq(DISTANCE("stat", "stat64", 3), 1);
    ck_assert_uint_eq(DISTANCE("__stat", "stat", 3), 1);
    ck_assert_uint_eq(DISTANCE("recieve", "receive", 3), 2);
    ck_assert_uint_eq(DISTANCE("kitten", "sitting", 4), 4);
    ck_assert_uint_eq(DISTANCE("kitten", "sitting", 3), 4);
    ck_assert_uint_eq(DISTANCE("", "abc", 3), 4);
    ck_assert_uint_eq(DISTANCE("", "ab", 3), 3);
#undef DISTANCE
}
END_TEST

/* ---------------------------------------------------------------- the loader's cache */

static void keep_file(void *user, const char *soname, const char *file)
{
    if (strcmp(soname, "libm.so.6") == 0)
        snprintf(user, 256, "%s", file);
}

/* This machine's cache, cut off anywhere and with bytes changed: nothing outside it is read (the
 * sanitizer and valgrind look at this test), and what is said is a string. */
START_TEST(damaged_cache)
{
    size_t size;
    char *data = abi_read_file("/etc/ld.so.cache", 64 << 20, &size), file[256] = "";
    ck_assert_ptr_nonnull(data);
    ck_assert(abi_ldcache_each(data, size, keep_file, file));
    ck_assert_ptr_nonnull(strstr(file, "/libm.so.6"));
    for (size_t cut = 0; cut <= size; cut += cut < 400 ? 1 : size / 50 + 1) {
        char *copy = malloc(cut + !cut);
        memcpy(copy, data, cut);
        abi_ldcache_each(copy, cut, keep_file, file);
        free(copy);
    }
    for (size_t at = 0; at < 400 && at < size; at++) {
        char *copy = malloc(size);
        memcpy(copy, data, size);
        copy[at] = (char)~copy[at];
        abi_ldcache_each(copy, size, keep_file, file);
        free(copy);
    }
    free(data);
}
END_TEST

static void put_word(char *p, uint32_t v) { memcpy(p, &v, sizeof v); }

/* The old form alone, and with the new one behind it. */
START_TEST(old_cache)
{
    char old[12 + 4 + 12 + 64] = "ld.so-1.7.0", file[256] = "";
    uint32_t flags = 0;
    size_t size;
    char *data = abi_read_file("/etc/ld.so.cache", 64 << 20, &size);
    ck_assert_ptr_nonnull(data);
    for (size_t i = 0; !flags && 48 + i * 24 + 24 < size; i++) { /* this platform's flags, from libm's entry */
        uint32_t key, f;
        memcpy(&f, data + 48 + i * 24, 4);
        memcpy(&key, data + 48 + i * 24 + 4, 4);
        if (key < size && strcmp(data + key, "libm.so.6") == 0)
            flags = f;
    }
    put_word(old + 12, 1);
    put_word(old + 16, flags);
    put_word(old + 20, 0);
    put_word(old + 24, 10);
    memcpy(old + 28, "libm.so.6\0/old/libm.so.6", 25);
    ck_assert(abi_ldcache_each(old, 28 + 25, keep_file, file));
    ck_assert_str_eq(file, "/old/libm.so.6");
    char *both = malloc(32 + size);
    memcpy(both, old, 28);
    memset(both + 28, 0, 4);
    memcpy(both + 32, data, size);
    ck_assert(abi_ldcache_each(both, 32 + size, keep_file, file));
    ck_assert_str_ne(file, "/old/libm.so.6");
    ck_assert_ptr_nonnull(strstr(file, "/libm.so.6"));
    free(both);
    free(data);
}
END_TEST

Suite *library_suite(void);
Suite *library_suite(void)
{
    Suite *suite = suite_create("library");
    TCase *tc = tcase_create("library");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_test(tc, development_symlink_first);
    tcase_add_test(tc, highest_version);
    tcase_add_test(tc, name_without_prefix);
    tcase_add_test(tc, names_with_dots);
    tcase_add_test(tc, garbage_is_passed_over);
    tcase_add_test(tc, folders_in_order);
    tcase_add_test(tc, sorted_versions);
    tcase_add_test(tc, short_names_of_the_system);
    tcase_add_test(tc, the_process);
    tcase_add_test(tc, wrapped_handles_stay_open);
    tcase_add_test(tc, opened_handles_are_closed);
    tcase_add_test(tc, script_group);
    tcase_add_test(tc, script_input);
    tcase_add_test(tc, script_loop);
    tcase_add_test(tc, not_scripts);
    tcase_add_test(tc, report_of_a_missing_library);
    tcase_add_test(tc, report_of_a_damaged_library);
    tcase_add_test(tc, odd_names);
    tcase_add_test(tc, symbols_gnu_hash);
    tcase_add_test(tc, symbols_sysv_hash);
    tcase_add_test(tc, symbols_of_value_null);
    tcase_add_test(tc, near_names);
    tcase_add_test(tc, distances);
    tcase_add_test(tc, damaged_cache);
    tcase_add_test(tc, old_cache);
    suite_add_tcase(suite, tc);
    return suite;
}
