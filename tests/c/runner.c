/* Runs every suite of tests/c. The list comes from sources.mk: test_NAME.c defines NAME_suite(). */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SUITE(name) Suite *name##_suite(void);
#include "gen/suites.h"
#undef SUITE

/* Arguments are the names of the only suites to run. */
static bool wanted(const char *name, char **names) {
    bool any = names[0] != NULL;
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return !any;
}

int main(int argc, char **argv) {
    (void)argc;
    SRunner *runner = srunner_create(NULL);
#define SUITE(name)                     \
    if (wanted(#name, argv + 1))        \
        srunner_add_suite(runner, name##_suite());
#include "gen/suites.h"
#undef SUITE
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
