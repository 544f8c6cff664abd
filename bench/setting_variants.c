/* Variants of DVFO's way to split: another layer, another coding of what is sent. What is said of them below a table
 * and in a configuration; nothing where they are the usual ones. */
#include <math.h>
#include <string.h>

#include "bench/setting.h"
#include "sim/payload.h"

static bool is_deflated(const struct dvfo_scenario_def *def)
{
    return dvfo_coding_plain(def->payload) != def->payload;
}

/* "2.15 to 3.05 bits a value" */
static void print_bits(const struct dvfo_scenario_def *def, FILE *file)
{
    double least = dvfo_payload_bits(def, 1), most = least;
    for (int share = 2; share < DVFO_SHARES; share++) {
        least = fmin(least, dvfo_payload_bits(def, share));
        most = fmax(most, dvfo_payload_bits(def, share));
    }
    fprintf(file, "%.3g ", least);
    if (most > least) {
        fprintf(file, "to %.3g ", most);
    }
    fputs("bits a value", file);
}

static void print_payload(const struct dvfo_scenario_def *def, FILE *file)
{
    fprintf(file, "feature maps are sent as %s: ", dvfo_coding_name(def->payload));
    print_bits(def, file);
    if (is_deflated(def)) {
        fprintf(file,
                " after Deflate, by share, as measured with the accuracy and carried over; %g CPU cycles a byte "
                "(assumed)",
                def->deflate_cycle_per_byte);
    }
    if (dvfo_coding_plain(def->payload) == DVFO_CODING_CODEBOOK) {
        fprintf(file, "; %g CPU cycles a value to the codebook (assumed), which both sides know",
                def->codebook_cycle_per_element);
    }
    if (def->accuracy != NULL && dvfo_coding_plain(def->payload) != DVFO_CODING_INT8) {
        fputs("; accuracy is the mean of its answers", file);
    }
    fputc('\n', file);
}

static bool any_split_moved(const struct dvfo_setting *setting)
{
    bool moved = false;
    for (size_t i = 0; i < setting->network_count; i++) {
        moved |= setting->network[i]->split != setting->network[i]->own_split;
    }
    return moved;
}

void dvfo_setting_print_variants(const struct dvfo_setting *setting, FILE *file)
{
    const struct dvfo_scenario_def *def = &setting->base.scenario;
    if (any_split_moved(setting)) {
        fprintf(file, "split: %s, not as the networks' files say%s\n", setting->split,
                def->accuracy != NULL ? "; accuracy is still that of the split it was measured at" : "");
    }
    if (def->payload != DVFO_CODING_INT8) {
        print_payload(def, file);
    }
}

void dvfo_setting_write_variants(const struct dvfo_setting *setting, FILE *file)
{
    const struct dvfo_scenario_def *def = &setting->base.scenario;
    if (setting->split != NULL) {
        fprintf(file, "split: %s\n", setting->split);
    }
    if (def->payload != DVFO_CODING_INT8) {
        fprintf(file, "payload: %s\ncodebook_cycle_per_element: %.17g\ndeflate_cycle_per_byte: %.17g\n",
                dvfo_coding_name(def->payload), def->codebook_cycle_per_element, def->deflate_cycle_per_byte);
    }
}
