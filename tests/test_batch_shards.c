/* A batch in parts, on several machines: the parts are disjoint and together the whole, and their folders merge into
 * the same file. */
#include <criterion/criterion.h>
#include <hdf5.h>
#include <string.h>

#include "experiment.h"

#define RUN "\"$DVFO\" bench run "
#define MERGE "\"$DVFO\" bench merge "

static struct said said;

/* A plan of two boards, and another of one of them, whose agent is the same. */
static void make_folder(void)
{
    experiment_make_folder();
    experiment_shell(
        "sed '/^quick:/,/^  sweep/d; /^compare:/,$d; s/board: [^,]*, //\n"
        "s|^  eta: .*|  board: [jetson-nano, ./small-board.yaml]\\n  eta: [0.2, 0.8]|' small-plan.yaml > two.yaml\n"
        "sed 's|jetson-nano, ||' two.yaml > one.yaml",
        &said);
    cr_assert(said.code == 0);
}

TestSuite(batch_shards, .init = make_folder, .fini = command_remove_folder, .timeout = 240);

static void shell(const char *line)
{
    experiment_shell(line, &said);
}

static void expect_says(const char *out)
{
    cr_expect(said.code == 0, "exit %d: %s%s", said.code, said.out, said.err);
    cr_expect_str_eq(said.out, out);
}

Test(batch_shards, parts_are_disjoint_and_together_the_whole)
{
    shell("set -e; " RUN "two.yaml one.yaml --seeds 3 --out whole; bytes whole > whole.bytes\n"
          "for n in 2 3; do rm -rf part-*; for i in $(seq $n); do\n"
          "  " RUN "two.yaml one.yaml --seeds 3 --shard $i/$n --out part-$i; bytes part-$i > part-$i.bytes\n"
          "  [ -s part-$i.bytes ]; done\n"
          "sort part-*.bytes | uniq -d; sort -k2 part-*.bytes | cmp whole.bytes; rm part-*.bytes; done\n"
          "wc -l < whole.bytes; ls whole/agents | wc -l");
    expect_says("54\n6\n"); /* 48 trials of two.yaml, one.yaml's among them */
}

Test(batch_shards, more_parts_than_there_is_work_leave_some_without)
{
    shell("set -e; " RUN "one.yaml --out whole; bytes whole > whole.bytes\n"
          "for i in 1 2 3 4; do " RUN "one.yaml --shard $i/4 --out parts; ls parts/trials/*/*.json | wc -l; done\n"
          "bytes parts | cmp whole.bytes");
    expect_says("8\n16\n16\n16\n");
    cr_expect(command_says(&said, "0 trials, 0 of them there already; 0 agents to train"), "%s", said.err);
}

Test(batch_shards, all_parts_at_once_on_one_folder_come_to_the_same_bytes)
{
    shell("set -e; " RUN "two.yaml --out whole; for i in 1 2 3; do " RUN "two.yaml --shard $i/3 --out parts & done\n"
          "wait -n; wait -n; wait -n; bytes whole > bytes; bytes parts | cmp bytes");
    expect_says("");
}

/* ---- merging ---- */

Test(batch_shards, folders_of_several_machines_merge_into_the_file_that_one_would_make)
{
    shell("set -e; " RUN "two.yaml --out whole; " MERGE "two.yaml --out whole --to whole.h5\n"
          "for i in 1 2; do " RUN "two.yaml --shard $i/2 --out part-$i; done\n"
          "r=$(record part-1 random 0.8 | head -1); r=${r#part-1/}\n"
          "mkdir -p part-2/${r%/*}; head -c 500 part-1/$r > part-2/$r\n"
          "for f in '--out part-1 --from part-2' '--out part-2 --from part-1' '--from part-2 --from part-1'; do\n"
          "  " MERGE "two.yaml $f --to merged.h5 2>/dev/null; cmp whole.h5 merged.h5; done\n"
          "mkdir both; cp -r part-1/* both; cp -r whole/trials both; " MERGE "two.yaml --out both --to both.h5\n"
          "cmp whole.h5 both.h5; [ ! -e results ]");
    expect_says("whole.h5\nmerged.h5\nmerged.h5\nmerged.h5\nboth.h5\n");
    shell(MERGE "two.yaml --out part-1 --to none.h5; ls none.h5");
    cr_expect(said.code == 2 && command_says(&said, "16 of 32 trials can't be merged (the first: no folder has it)"),
              "%s", said.err);
}

/* A column of numbers of the merged file; its length. */
static size_t read_numbers(hid_t file, const char *name, double values[64])
{
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), space = dataset >= 0 ? H5Dget_space(dataset) : -1;
    cr_assert(dataset >= 0, "%s", name);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    cr_assert(count > 0 && count <= 64 && H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, 0, values) >= 0);
    H5Sclose(space);
    H5Dclose(dataset);
    return (size_t)count;
}

Test(batch_shards, a_merged_file_has_the_trials_in_the_order_of_their_plans_and_their_energy_adds_up)
{
    static double eta[64], seed[64], energy_j[64], trial[64], part_j[64];
    static const char *const groups[] = {"energy_by_rail", "energy_by_cause"};
    shell(RUN "small-plan.yaml --set policy=edge-only,cloud-only && " MERGE
              "small-plan.yaml --set policy=edge-only,cloud-only && h5dump -a /schema -d /trials/experiment merged.h5");
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "\"dvfo-experiments\"") &&
                  command_says(&said, "(5): \"small-plan\", \"small-plan\", \"small-plan\"\n"),
              "%s", said.out);
    const hid_t file = H5Fopen("merged.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert(read_numbers(file, "/trials/eta", eta) == 8 && read_numbers(file, "/trials/seed", seed) == 8);
    cr_assert(read_numbers(file, "/trials/energy_j", energy_j) == 8);
    for (size_t i = 0; i < 8; i++) {
        cr_expect(eta[i] == (i < 4 ? 0.2 : 0.8) && seed[i] == (double)(1 + i / 2 % 2), "row %zu", i);
    }
    for (size_t g = 0; g < 2; g++) {
        char name[64];
        double sum_j[8] = {0};
        snprintf(name, sizeof name, "/%s/trial", groups[g]);
        const size_t count = read_numbers(file, name, trial);
        snprintf(name, sizeof name, "/%s/energy_j", groups[g]);
        cr_assert(read_numbers(file, name, part_j) == count);
        for (size_t i = 0; i < count; i++) {
            sum_j[(size_t)trial[i]] += part_j[i];
        }
        for (size_t i = 0; i < 8; i++) {
            cr_expect_float_eq(sum_j[i] / energy_j[i], 1.0, 1e-9, "%s of trial %zu", groups[g], i);
        }
    }
    H5Fclose(file);
}

Test(batch_shards, a_merger_of_nothing_is_refused)
{
    shell(MERGE "overhead");
    cr_expect(said.code == 2 && command_is_one_sentence(&said) && command_says(&said, "there is nothing to merge"),
              "%s", said.err);
    shell(RUN "small-plan.yaml --set policy=random && " MERGE "small-plan.yaml --set policy=random --to no/such.h5");
    cr_expect(said.code == 2 && command_says(&said, "no/such.h5: cannot be written"), "%d %s", said.code, said.err);
}
