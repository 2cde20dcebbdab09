/* Each of mailstored's calls to the file system fails in turn: what was refused
 * did not happen, what was answered for did. */
#include "tests/mailstore/step_help.h"

int
main(void)
{
    return step_through(true);
}
