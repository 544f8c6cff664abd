#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/blas_kernel.h"
#include "command.h"

TestSuite(blas_kernel, .init = command_make_folder, .fini = command_remove_folder, .timeout = 60);

#define OLD "fpu vme sse sse2 ssse3"
#define AVX2 OLD " fma avx avx2"
#define AVX512 AVX2 " avx512f avx512dq avx512cd avx512bw avx512vl"

static const struct {
    const char *flags, *kernel, *better;
} machines[] = {
    {AVX512, "Prescott", "SkylakeX"}, /* a processor that is newer than the library */
    {AVX512, "Zen", "SkylakeX"},
    {AVX512, "Haswell", "SkylakeX"},
    {AVX512, "SkylakeX", NULL},
    {AVX512, "Cooperlake", NULL},
    {AVX2, "Prescott", "Haswell"},
    {AVX2, "Zen", NULL},
    {AVX2, "Haswell", NULL},
    {AVX2 " avx512f", "Haswell", NULL}, /* Knights Landing has no more of AVX-512 */
    {AVX2 " avx512f avx512dq avx512bw avx512vlx", "Haswell", NULL},
    {OLD, "Prescott", NULL},
};

Test(blas_kernel, flags_tell_which_kernels_are_better)
{
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, "processor\t: 0\nflags\t\t: %s\nbugs\t\t: none\n\nprocessor\t: 1\n",
                 machines[i].flags);
        command_write("cpuinfo", text, strlen(text));
        const char *found = dvfo_blas_kernel_better("cpuinfo", machines[i].kernel);
        const bool same = found == NULL || machines[i].better == NULL ? found == machines[i].better
                                                                      : strcmp(found, machines[i].better) == 0;
        cr_expect(same, "'%s' with %s: %s", machines[i].flags, machines[i].kernel, found != NULL ? found : "none");
    }
}

Test(blas_kernel, without_flags_nothing_is_better)
{
    command_write("arm", "processor\t: 0\nFeatures\t: fp asimd\n", 35);
    command_write("cut", "processor\t: 0\nflags", 19);
    command_write("empty", "", 0);
    cr_expect_null(dvfo_blas_kernel_better("arm", "ARMV8"));
    cr_expect_null(dvfo_blas_kernel_better("cut", "Prescott"));
    cr_expect_null(dvfo_blas_kernel_better("empty", "Prescott"));
    cr_expect_null(dvfo_blas_kernel_better("no/such/file", "Prescott"));
    cr_expect_null(dvfo_blas_kernel_better(".", "Prescott"));
}

/* Run the child by a line of bash in which $CHILD is it. */
static void run_child(const char *line, struct said *said)
{
    cr_assert(setenv("CHILD", DVFO_CHILD, 1) == 0);
    command_shell(line, said);
}

Test(blas_kernel, starting_anew_keeps_arguments_environment_input_and_exit_code)
{
    static struct said said;
    run_child("printf 'two\\nlines' | env -u OPENBLAS_CORETYPE OTHER='a b' \"$CHILD\" one 'two three' '' '*'", &said);
    cr_expect_eq(said.code, 7);
    cr_expect(strncmp(said.out, "[one][two three][][*] kernel=", 29) == 0, "%s", said.out);
    cr_expect(command_says(&said, "other=a b input=two\nlines"), "%s", said.out);
    cr_expect_str_empty(said.err);
}

Test(blas_kernel, the_kernels_at_work_are_as_good_as_the_processor)
{
    static struct said said;
    run_child("env -u OPENBLAS_CORETYPE \"$CHILD\" </dev/null", &said);
    char kernel[32] = "";
    cr_assert_eq(sscanf(said.out, " kernel=%31s", kernel), 1);
    cr_expect_null(dvfo_blas_kernel_better("/proc/cpuinfo", kernel), "%s", said.out);
}

Test(blas_kernel, products_are_those_of_openblas_whatever_else_is_linked)
{
    static struct said said;
    run_child("\"$CHILD\" </dev/null", &said);
    cr_expect(command_says(&said, "openblas.so"), "%s", said.out);
}

Test(blas_kernel, a_setting_of_the_user_wins)
{
    static struct said said;
    run_child("OPENBLAS_CORETYPE=Nehalem \"$CHILD\" </dev/null", &said);
    cr_expect(command_says(&said, "variable=Nehalem"), "%s", said.out);
    run_child("OPENBLAS_CORETYPE= \"$CHILD\" </dev/null", &said);
    cr_expect(command_says(&said, "variable= "), "also when it is empty: %s", said.out);
}

Test(blas_kernel, the_process_keeps_its_name)
{
    static struct said said;
    run_child("env -u OPENBLAS_CORETYPE \"$CHILD\" < <(sleep 1) >/dev/null & sleep 0.5; cat /proc/$!/comm; wait",
              &said);
    cr_expect_str_eq(said.out, "blas_kernel_chi\n", "%s", said.out); /* Linux keeps 15 letters */
}

Test(blas_kernel, results_say_which_kernels_made_them)
{
    static struct said said;
    command_shell("OPENBLAS_CORETYPE=Nehalem $DVFO run --board jetson-tx2 --network resnet-18 --policy edge-only "
                  "--requests 2 --out a.h5 >/dev/null && grep -aoE 'Nehalem|ARMV8' a.h5",
                  &said);
    cr_expect_eq(said.code, 0, "%s", said.err);
}
