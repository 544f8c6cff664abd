#include "sim/payload.h"

#include <math.h>

#include "sim/scenario.h"

#define CHANNEL_BYTE 8.0 /* scale and zero of an int8 channel, Eq. (8) */

static bool is_deflated(dvfo_coding coding)
{
    return dvfo_coding_plain(coding) != coding;
}

/* k = round(xi * channels), Eq. (8). */
static double channels_sent(const struct dvfo_scenario_def *def, int share_tenths)
{
    const double channels = (double)def->network->layers[def->network->split].out.channels;
    return round(channels * share_tenths / (DVFO_SHARES - 1));
}

static double values_sent(const struct dvfo_scenario_def *def, int share_tenths)
{
    const struct dvfo_shape map = def->network->layers[def->network->split].out;
    return channels_sent(def, share_tenths) * (double)(map.height * map.width);
}

/* Before Deflate. */
static double plain_bits(dvfo_coding coding)
{
    switch (dvfo_coding_plain(coding)) {
    case DVFO_CODING_FLOAT:
        return 32.0;
    case DVFO_CODING_CODEBOOK:
        return 3.0;
    default:
        return 8.0;
    }
}

double dvfo_payload_bits(const struct dvfo_scenario_def *def, int share_tenths)
{
    return is_deflated(def->payload) ? dvfo_accuracy_profile_bits(def->accuracy, def->payload, share_tenths)
                                     : plain_bits(def->payload);
}

double dvfo_payload_byte(const struct dvfo_scenario_def *def, int share_tenths)
{
    const double channels = (double)def->network->layers[def->network->split].out.channels;
    const double beside_byte = dvfo_coding_plain(def->payload) == DVFO_CODING_INT8 ? CHANNEL_BYTE : 0.0;
    const double bitmap_byte = ceil(channels / 8.0), values = values_sent(def, share_tenths);
    const double values_byte = share_tenths > 0 ? values * dvfo_payload_bits(def, share_tenths) / 8.0 : 0.0;
    return values_byte + bitmap_byte + beside_byte * channels_sent(def, share_tenths);
}

double dvfo_payload_cycles(const struct dvfo_scenario_def *def, int share_tenths)
{
    const double values = values_sent(def, share_tenths);
    const dvfo_coding plain = dvfo_coding_plain(def->payload);
    double per_value = 0.0; /* floats go as they are */
    if (plain == DVFO_CODING_INT8) {
        per_value = def->quantise_cycle_per_element;
    } else if (plain == DVFO_CODING_CODEBOOK) {
        per_value = def->codebook_cycle_per_element;
    }
    if (is_deflated(def->payload)) {
        per_value += def->deflate_cycle_per_byte * plain_bits(plain) / 8.0;
    }
    return per_value * values;
}

/* ---- what is known of a coding ---- */

static bool is_size_known(const struct dvfo_scenario_def *def)
{
    double sum = 0.0;
    for (int share = 1; share < DVFO_SHARES; share++) {
        sum += dvfo_payload_bits(def, share);
    }
    return !isnan(sum);
}

static bool is_accuracy_known(const struct dvfo_scenario_def *def)
{
    double sum = 0.0;
    for (int part = 0; part < DVFO_PARTS; part++) {
        for (int share = 1; share < DVFO_SHARES; share++) {
            for (int lambda = 0; lambda < DVFO_ACCURACY_LAMBDAS; lambda++) {
                sum += dvfo_accuracy_profile_split(def->accuracy, (dvfo_accuracy_part)part,
                                                   dvfo_scenario_selection(def), def->payload, share, lambda / 10.0);
            }
        }
    }
    return !isnan(sum);
}

dvfo_status dvfo_payload_check(struct dvfo_ctx *ctx, const struct dvfo_scenario_def *def)
{
    const char *coding = dvfo_coding_name(def->payload);
    if (def->accuracy == NULL) {
        return !is_deflated(def->payload)
                   ? DVFO_OK
                   : dvfo_fail(ctx, DVFO_BAD_INPUT,
                               "payload %s needs an accuracy profile (--accuracy FILE): how many bits Deflate leaves "
                               "was measured with the accuracy",
                               coding);
    }
    const char *profile = def->accuracy->text[DVFO_ACCURACY_NAME];
    if (!is_size_known(def)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "accuracy profile %s doesn't hold how many bits payload %s takes; expected one of "
                         "'dvfo attention evaluate', or payload int8",
                         profile, coding);
    }
    if (dvfo_coding_plain(def->payload) != DVFO_CODING_INT8 && !is_accuracy_known(def)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "accuracy profile %s doesn't hold how right payload %s is with channels chosen by %s; "
                         "expected payload int8, or --accuracy none",
                         profile, coding, dvfo_selection_name(dvfo_scenario_selection(def)));
    }
    return DVFO_OK;
}
