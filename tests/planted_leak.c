/* Passes for Criterion and leaks: what tests/sanitized.sh has to see. Built with the address sanitizer only. */
#include <criterion/criterion.h>
#include <stdlib.h>

Test(planted, leak)
{
    char *volatile lost = malloc(17);
    lost = NULL;
    cr_expect(lost == NULL);
}
