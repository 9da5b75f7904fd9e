/* Runs every suite of tests/c. The list comes from sources.mk: test_NAME.c defines NAME_suite(). */
#include <check.h>
#include <stdlib.h>

#define SUITE(name) Suite *name##_suite(void);
#include "gen/suites.h"
#undef SUITE

int main(int argc, char **argv) {
    (void)argc;
    SRunner *runner = srunner_create(NULL);
#define SUITE(name) srunner_add_suite(runner, name##_suite());
#include "gen/suites.h"
#undef SUITE
    /* One argument: the name of the only suite to run. */
    srunner_run(runner, argv[1], NULL, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
