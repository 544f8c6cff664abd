#include "bench/live/edge/live_record.h"

#include "bench/interrupt.h"
#include "bench/record.h"
#include "bench/terms.h"

/* What it rests on, as lines; caller frees. */
static char *describe(const struct dvfo_setting *setting, const struct dvfo_live *live)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL) {
        return NULL;
    }
    fputs("world: live\n", file);
    dvfo_terms_write(setting, file);
    dvfo_live_describe(live, file);
    dvfo_live_tell(live, file);
    if (fclose(file) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

dvfo_status dvfo_live_record(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, struct dvfo_live *live,
                             FILE *file)
{
    struct dvfo_trial trial;
    if (dvfo_setting_trial_count(setting) != 1) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--policy names %zu policies, expected one: a record is of one trial",
                         dvfo_setting_trial_count(setting));
    }
    DVFO_TRY(dvfo_setting_trial(ctx, setting, 0, &trial));
    trial.stop = dvfo_interrupt_catch();
    DVFO_TRY(dvfo_live_run(ctx, live, &trial));
    const struct dvfo_record record = dvfo_record_of(&trial, dvfo_setting_policy_name(setting, 0));
    char *inputs = describe(setting, live);
    const dvfo_status status =
        inputs != NULL ? dvfo_record_print(ctx, &record, inputs, file) : dvfo_fail_no_memory(ctx);
    free(inputs);
    return status;
}
