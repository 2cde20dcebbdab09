/* mailstored dies before each of its calls to the file system in turn: what is
 * left is as before or as after, and as after if that was answered. */
#include "tests/mailstore/step_help.h"

int
main(void)
{
    return step_through(false);
}
