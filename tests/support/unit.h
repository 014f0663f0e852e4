/**
 * What unit tests share: running a suite, and failing with the row of a table that failed.
 *
 * Tests are tables with a `why` column; BL_WHY names the row in the message, which Check alone cannot.
 */
#ifndef BALLAST_TEST_UNIT_H
#define BALLAST_TEST_UNIT_H

#include <check.h>
#include <stdlib.h>

/** Asserts, and says which row of the table it was. */
#define BL_WHY(condition, why) ck_assert_msg((condition), "%s: %s", (why), #condition)

/** Runs every test of the suite and returns what main() should. CK_FORK=no helps under a debugger. */
static inline int unit_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
