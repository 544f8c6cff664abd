/* dvfo live, and dvfo train --world live, as a user types them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "fake_board.h"
#include "live_fixture.h"
#include "policies/attention/schooling_file.h"

static struct said said;
static struct live_network network;
static struct live_server server;

static void make(void)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_images images;
    command_make_folder();
    live_network_make(&network);
    setenv("NET", network.path, 1);
    cr_assert_eq(dvfo_images_create(&ctx, 20, &images), DVFO_OK);
    for (int i = 0; i < 20; i++) {
        images.label[i] = (uint8_t)i;
        images.pixels[i * DVFO_IMAGE_SIZE + i] = 255;
    }
    cr_assert_eq(dvfo_images_save(&ctx, &images, "test.bin"), DVFO_OK, "%s", ctx.message);
    dvfo_images_free(&images);
    const struct dvfo_server_def def = live_server_def(&network);
    live_server_start(&server, &def);
    setenv("SERVER", server.address, 1);
}

static void remove_all(void)
{
    live_server_stop(&server);
    live_network_remove(&network);
    command_remove_folder();
}

TestSuite(live_command, .init = make, .fini = remove_all);

static void live(const char *arguments)
{
    char line[1024];
    snprintf(line, sizeof line, "live %s", arguments);
    command_dvfo(line, &said);
}

#define HERE "--network-file $NET --images test.bin --fixed-clocks --accuracy-floor none "

Test(live_command, exit_codes_and_sentences)
{
    static const struct {
        const char *arguments;
        int code;
        const char *says;
    } rows[] = {
        {"--help", 0, "dvfo live --network-file net.h5 --images images/test.bin -p edge-only"},
        {"", 2, "no --network-file is given, expected --network-file and --images, or --command"},
        {"--network-file $NET -p edge-only", 2, "no --images is given"},
        {HERE, 2, "missing: --policy"},
        {HERE "-p edge-only extra", 2, "unexpected argument 'extra'"},
        {HERE "-p edge-only --trace const:5Mbps", 2, "--trace is for simulations, expected --shape"},
        {HERE "-p edge-only --shape const:5Mbps", 2, "--shape is given without --server, expected both"},
        {HERE "-p edge-only --key key", 2, "--key is given without --server, expected both"},
        {HERE "-p edge-only --command true", 2, "--command runs alone"},
        {HERE "-p edge-only --ceiling hot", 2, "--ceiling is 'hot', expected degrees Celsius from 20 to 120"},
        {HERE "-p edge-only -n resnet-18", 2, "--network is resnet-18, expected collaborative"},
        {HERE "-p edge-only -b host,xavier-nx", 2, "there are 2 boards and 1 networks, expected one of each"},
        {HERE "-p oracle-dvfo", 2, "policy 'oracle-dvfo' must know the link beforehand"},
        {HERE "-p cloud-only --requests 2", 2, "policy 'cloud-only' decided for 'cloud', which a live world can't do"},
        {HERE "-p edge-only --decision-time 0.1", 2, "--decision-time is for simulations"},
        {HERE "-p edge-only --server 127.0.0.1:1", 1, "127.0.0.1:1: Connection refused"},
        {HERE "-p edge-only --server 127.0.0.1:1 --shape const:5Mbps", 1, "127.0.0.1:1: Connection refused"},
        {HERE "-p edge-only --thermal", 2, "--thermal is for simulations: here the board is as warm as it is"},
        {HERE "-p edge-only --payload 3-bit", 2, "--payload is for simulations"},
        {HERE "-p edge-only --split first", 2, "--split is for simulations"},
        {HERE "-p edge-only --dry-run --out a.h5", 2, "--dry-run shows writes and makes no table"},
        {HERE "-p edge-only,oracle-dvfo --requests 100000", 2, "policy 'oracle-dvfo' must know the link beforehand"},
        {"--network-file test.bin --images test.bin -p edge-only", 2, "test.bin"},
        {"--network-file $NET --images $NET -p edge-only", 2, "expected"},
        {"--rehearse there", 2, "no --network-file is given"},
        {"--command true -p edge-only", 2, "missing: --network"},
        {"--command 'echo no engine; exit 7' -n resnet-18 -p edge-only --requests 2 --fixed-clocks", 1,
         "ended with code 7, expected 0; its last words, of dvfo-command.log: no engine"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        live(rows[i].arguments);
        cr_expect(said.code == rows[i].code, "'%s' exits %d: %s", rows[i].arguments, said.code, said.err);
        cr_expect(command_says(&said, rows[i].says), "'%s' says %s%s", rows[i].arguments, said.out, said.err);
        cr_expect(said.code == 0 || command_is_one_sentence(&said), "'%s' says %s", rows[i].arguments, said.err);
    }
}

Test(live_command, a_table_says_what_was_measured_and_what_was_modelled)
{
    live(HERE "-p edge-only,fixed:max/max/max/0.5 --server $SERVER --requests 12 --out live.h5 --timeline live.json");
    cr_assert_eq(said.code, 0, "%s", said.err);
    cr_expect(command_says(&said, "fixed:max/max/max/0.5"));
    cr_expect(command_says(&said, "live: clocks: "));
    cr_expect(command_says(&said, "energy: "));
    cr_expect(command_says(&said, "20 images of test.bin"));
    cr_expect(command_says(&said, "cloud: 12 answers, 0 too late, 0 refused, 0 not sent in time"), "%s", said.out);
    command_shell("h5dump -d /requests/energy_measured live.h5 && h5dump -d /trials/energy_from live.h5 && "
                  "h5dump -a configuration live.h5 && grep -c '\"fuse\"' live.json",
                  &said);
    cr_expect_eq(said.code, 0, "%s", said.err);
    cr_expect(command_says(&said, "DATASPACE  SIMPLE { ( 24 ) / ( H5S_UNLIMITED ) }"), "%s", said.out);
    cr_expect(command_says(&said, "world: live"), "%s", said.out);
    cr_expect_not(command_says(&said, "0 answers"), "what has happened is not what results rest on");
}

/* Without a sensor that can be read every row says that its energy is modelled; with one, that it is measured. */
Test(live_command, rows_say_whether_their_energy_was_measured)
{
    live(HERE "-p edge-only --requests 3 --root empty --out live.h5");
    cr_expect_eq(said.code, 2, "no tree is no board");
    command_shell("mkdir -p tree/sys tree/proc && \"$DVFO\" live " HERE "-p edge-only --requests 3 --root tree --out "
                  "live.h5 && h5dump -y -w 0 -d /requests/energy_measured live.h5 | grep -A1 'DATA {'",
                  &said);
    cr_expect_eq(said.code, 0, "%s", said.err);
    cr_expect(command_says(&said, "0, 0, 0"), "%s", said.out);
}

Test(live_command, csv_has_the_columns_of_dvfo_run)
{
    live(HERE "-p edge-only --requests 3 --format csv");
    cr_assert_eq(said.code, 0, "%s", said.err);
    cr_expect(strncmp(said.out, "board,network,policy,trace,requests,energy_j,latency_s,", 55) == 0, "%s", said.out);
    cr_expect(command_says(&said, "host,collaborative,edge-only,none,3,"), "%s", said.out);
    cr_expect(command_says(&said, ",modelled,") || command_says(&said, ",measured,"), "%s", said.out);
}

Test(live_command, after_ctrl_c_what_has_ended_is_kept)
{
    command_shell(COMMAND_UNTIL_IT_CATCHES
                  "\"$DVFO\" live " HERE "-p fixed:max/max/max/1 --server $SERVER --shape const:1Mbps --requests "
                  "100000 --out live.h5 > out & until_it_catches $!; sleep 0.5; kill -INT $!; wait $!; code=$?; "
                  "cat out; h5dump -d /requests/request -s 0 -c 1 live.h5; exit $code",
                  &said);
    cr_expect_eq(said.code, 130, "%s", said.err);
    cr_expect(command_says(&said, "interrupted: the last row is "), "%s", said.out);
    cr_expect(command_says(&said, "DATASET \"/requests/request\""), "%s", said.out);
}

/* ---- this machine, for the simulator ---- */

/* The network as it is trained, not smaller: its layers are those of profiles/networks/collaborative.yaml. */
static void make_whole_network(void)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_schooling *schooling = NULL;
    const struct dvfo_schooling_def def = dvfo_schooling_def_default();
    cr_assert_eq(dvfo_schooling_create(&ctx, &def, &schooling), DVFO_OK);
    schooling->lesson = DVFO_LEARN_KINDS; /* so it says */
    cr_assert_eq(dvfo_schooling_save(&ctx, schooling, "net.h5"), DVFO_OK, "%s", ctx.message);
    dvfo_schooling_free(schooling);
}

#define SERVE                                                                                                          \
    "\"$DVFO\" serve --network-file net.h5 --listen 127.0.0.1:0 --port-file port >/dev/null 2>&1 & server=$!; "        \
    "for i in $(seq 3000); do [ -e port ] && break; sleep 0.01; done; "

Test(live_command, a_rehearsal_tells_the_simulator_what_requests_take_here)
{
    make_whole_network();
    command_shell("mkdir mine; " SERVE
                  "\"$DVFO\" live --network-file net.h5 --server $(cat port) --rehearse mine; code=$?; kill $server; "
                  "[ $code = 0 ] && grep -c 't0_s: {value: ' mine/cloud.yaml && \"$DVFO\" run -b mine/host.yaml -n "
                  "collaborative --layers mine/collaborative.h5,mine/attention.h5 --cloud mine/cloud.yaml -p "
                  "edge-only,fixed:max/max/max/1 --accuracy-floor none --requests 10",
                  &said);
    cr_expect_eq(said.code, 0, "%s", said.err);
    cr_expect(command_says(&said, "layers of collaborative on host from mine/collaborative.h5"), "%s", said.out);
    cr_expect(command_says(&said, "layers of attention on host from mine/attention.h5"), "%s", said.out);
    cr_expect(command_says(&said, "cloud rehearsed"), "%s", said.out);
}

Test(live_command, a_network_of_other_layers_is_not_rehearsed)
{
    live("--network-file $NET --rehearse .");
    cr_expect_eq(said.code, 2);
    cr_expect(command_says(&said, "multiply-adds, expected 10 and 2.91942e+06 as the network collaborative has"), "%s",
              said.err);
}

Test(live_command, simulated_and_live_stand_side_by_side)
{
    make_whole_network();
    command_shell("\"$DVFO\" plot sim-vs-live --measured . --policy edge-only,fixed:max/max/max/1 --trace const:20Mbps "
                  "--requests 12 --out figures && head -1 figures/sim-vs-live.csv && wc -l < figures/sim-vs-live.csv",
                  &said);
    cr_expect_eq(said.code, 0, "%s", said.err);
    cr_expect(command_says(&said, "trace,policy,percent,live_s,simulated_s,error_percent,requests\n199\n"), "%s",
              said.out);
    command_shell("\"$DVFO\" bench run accuracy --out other", &said);
    cr_expect_eq(said.code, 0, "%s", said.err);
    cr_expect(command_says(&said, "accuracy has no trials: 'dvfo bench plot accuracy' makes its numbers"), "%s",
              said.err);
    command_shell("\"$DVFO\" plot sim-vs-live --measured nowhere --out figures", &said);
    cr_expect_eq(said.code, 1);
    cr_expect(command_says(&said, "'dvfo serve' does not serve: dvfo: nowhere/net.h5: cannot be read"), "%s", said.err);
}

/* ---- clocks ---- */

Test(live_command, a_dry_run_shows_the_writes_and_makes_none)
{
    static struct fake_board board;
    fake_board_build(&board, FAKE_TX2, "tree");
    command_shell("find tree -type f -exec sha256sum {} + | sort > before; \"$DVFO\" live --root tree -b jetson-tx2 "
                  "-n resnet-18 --command true -p edge-only,powersave --requests 2 --dry-run; code=$?; "
                  "find tree -type f -exec sha256sum {} + | sort | diff before - || code=99; exit $code",
                  &said);
    cr_expect_eq(said.code, 0, "%s%s", said.err, said.out);
    cr_expect(command_says(&said, "# edge-only"), "%s", said.out);
    cr_expect(command_says(&said, "# powersave"), "%s", said.out);
    cr_expect(command_says(&said, "scaling_max_freq"), "%s", said.out);
}

Test(live_command, clocks_are_set_and_given_back)
{
    static struct fake_board board;
    fake_board_build(&board, FAKE_TX2, "tree");
    fake_board_start(&board);
    live("--root tree -b jetson-tx2 -n resnet-18 --command 'sleep 0.2' -p powersave --requests 3 --format csv");
    cr_expect_eq(said.code, 0, "%s", said.err);
    cr_expect(command_says(&said, ",measured,"), "%s", said.out);
    fake_board_read_record(&board);
    bool lowest = false;
    for (size_t i = 0; i < board.n; i++) {
        lowest = lowest || (strstr(board.write[i].path, "scaling_max_freq") != NULL &&
                            strcmp(board.write[i].text, "345600") == 0);
    }
    cr_expect(lowest, "the lowest CPU clock was set");
    fake_board_stop(&board);
    command_shell("ls tree/run/dvfo-clocks.json", &said);
    cr_expect_neq(said.code, 0, "nothing is left to give back");
    command_shell("cat $(find tree -name scaling_max_freq | sort | head -1)", &said);
    cr_expect_str_eq(said.out, "2035200\n", "given back");
}

/* ---- an agent that goes on learning ---- */

Test(live_command, an_agent_goes_on_learning_here)
{
    command_shell(
        "\"$DVFO\" train -p dvfo -b host -n collaborative -t const:5Mbps --accuracy none --steps 8192 "
        "--no-reference --keep-all --out sim.h5 && "
        "\"$DVFO\" train --world live --accuracy none --network-file $NET --images test.bin --fixed-clocks "
        "--mode blocking --server $SERVER --resume sim.h5 --steps 60 --out live.h5 && "
        "\"$DVFO\" train --world live --accuracy none --network-file $NET --images test.bin --fixed-clocks "
        "--server $SERVER --resume live.h5 --steps 20 --explore 0 --out more.h5 && "
        "\"$DVFO\" live --accuracy none --network-file $NET --images test.bin --fixed-clocks --server $SERVER "
        "-p dvfo:more.h5 --requests 5",
        &said);
    cr_expect_eq(said.code, 0, "%s", said.err);
    cr_expect(command_says(&said, "60 of 60 requests: cost "), "%s", said.out);
    cr_expect(command_says(&said, "dvfo:more.h5"), "%s", said.out);
}

Test(live_command, training_here_refuses_what_it_cannot_do)
{
    static const struct {
        const char *arguments, *says;
    } rows[] = {
        {"--world moon", "--world is 'moon', expected sim or live"},
        {"--world live", "no --resume is given; see 'dvfo train --world live --help'"},
        {"--world live --resume a.h5", "no --out is given"},
        {"--world live --resume a.h5 --out b.h5 --steps 0", "--steps is '0', expected a whole number from 1"},
        {"--world live --resume a.h5 --out b.h5 --explore 0.9", "--explore is '0.9', expected a number from 0 to 0.5"},
        {"--world live --resume a.h5 --out b.h5 -p dvfo", "--policy has no effect"},
        {"--world live --resume a.h5 --out b.h5 --network-file $NET --images test.bin", "a.h5: cannot be read"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[512];
        snprintf(line, sizeof line, "train %s", rows[i].arguments);
        command_dvfo(line, &said);
        cr_expect_eq(said.code, 2, "'%s' exits %d", rows[i].arguments, said.code);
        cr_expect(command_says(&said, rows[i].says), "'%s' says %s", rows[i].arguments, said.err);
        cr_expect(command_is_one_sentence(&said), "%s", said.err);
    }
}
