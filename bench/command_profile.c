/* dvfo profile: what inference costs on a board, from measurements. */
#include "bench/profile_verbs.h"
#include "bench/verbs.h"

dvfo_status dvfo_profile_need(struct dvfo_ctx *ctx, const char *verb, const char *option, const char *value)
{
    return value != NULL ? DVFO_OK
                         : dvfo_fail(ctx, DVFO_BAD_INPUT, "'dvfo profile %s' needs --%s; see 'dvfo profile %s --help'",
                                     verb, option, verb);
}

static const struct dvfo_verbs verbs = {
    .command = "profile",
    .about = "What inference costs on a board: measure, calibrate, check.",
    .examples = "  dvfo profile measure --board host --network resnet-18\n"
                "  dvfo profile import --board jetson-nano --from raw/ --out measurements/\n"
                "  dvfo profile import --board jetson-tx2 --network resnet-18 --profile p.json \\\n"
                "    --times t.json --tegrastats log.txt --out resnet.h5\n"
                "  dvfo profile fit --board jetson-tx2 --data measurements/\n"
                "  dvfo profile validate --board jetson-tx2 --data held-out.csv --format csv\n"
                "  dvfo profile export --board jetson-tx2 --network vgg-19 --out vgg.h5\n"
                "  dvfo profile show vgg.h5\n"
                "  sudo dvfo profile collect --gpu all --seconds 20 --out idle/\n",
    .verbs =
        (const struct dvfo_command *const[]){
            &dvfo_profile_measure,
            &dvfo_profile_collect,
            &dvfo_profile_import,
            &dvfo_profile_fit,
            &dvfo_profile_validate,
            &dvfo_profile_export,
            &dvfo_profile_show,
            NULL,
        },
};

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    return dvfo_verbs_run(ctx, &verbs, argc, argv);
}

const struct dvfo_command dvfo_command_profile = {"profile", "measure, calibrate and check what a board costs", run};
