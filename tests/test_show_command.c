/* dvfo show network and dvfo list as a user types them. */
#include <criterion/criterion.h>

#include "command.h"

TestSuite(show_command, .init = command_make_folder, .fini = command_remove_folder);

Test(show_command, words_exit_codes_and_messages)
{
    static const struct {
        const char *arguments;
        int exit_code;
        const char *says;
    } rows[] = {
        {"show network resnet-18", 0, "total: 11.69 M parameters, 1.814 G multiply-adds"},
        {"show network resnet-18 --precision int8", 0, "MB moved at int8"},
        {"show network resnet-18 --variant cifar", 0, "input: cifar 3x32x32"},
        {"show network resnet-18 --input 160", 0, "input: custom 3x160x160"},
        {"show network deepspeech", 0, "input: second 494x50 (features x steps), 1 s"},
        {"show network resnet-18 --format csv", 0,
         "layer,operator,class,kernel,input,output,work_flop,params,traffic_byte,mark\n"
         "conv1,conv,conv-other,7x7/2,3x224x224,64x112x112,236830720,9408,3851264,\n"},
        {"show network resnet-18 --format json", 0, "\"layer\": \"conv1\""},
        {"show network resnet-19", 2, "unknown network 'resnet-19'; did you mean 'resnet-18'?"},
        {"show network resnet-18 --precision fp64", 2, "--precision is 'fp64', expected fp32, fp16 or int8"},
        {"show network resnet-18 --input x", 2, "--input is 'x', expected a whole number from 1"},
        {"show network resnet-18 --input 64 --variant cifar", 2, "expected one of them"},
        {"show network vit-b16 --input 230", 2, "expected a multiple of 16"},
        {"show network resnet-18 --format xml", 2, "--format is 'xml'"},
        {"show network", 2, "expected what to show and its name"},
        {"show netwrok resnet-18", 2, "did you mean 'network'?"},
        {"show trace const:5Mbps", 0, ""},
        {"list networks", 0, "resnet-18"},
        {"list networks --format csv", 0, "network,input,params_m,macs_g,title\n"},
        {"list traces", 0, "model:wifi"},
        {"list policies", 0, "edge-only"},
        {"list boards --format json", 0, "jetson-tx2"},
        {"list experiments", 0, ""},
        {"list netwrks", 2, "did you mean 'networks'?"},
        {"list", 2, "expected what to list"},
        {"list --help", 0, "dvfo list networks"},
        {"show --help", 0, "dvfo show network"},
    };
    static struct said said;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        command_dvfo(rows[i].arguments, &said);
        cr_expect(said.code == rows[i].exit_code, "dvfo %s: exit %d: %.300s", rows[i].arguments, said.code, said.err);
        cr_expect(command_says(&said, rows[i].says), "dvfo %s: no '%s' in: %.300s%.300s", rows[i].arguments,
                  rows[i].says, said.out, said.err);
        cr_expect(said.code != 2 || command_is_one_sentence(&said), "dvfo %s: %s", rows[i].arguments, said.err);
    }
}
