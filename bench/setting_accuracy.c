/* The accuracy profile of a setting: which file, and what is said of it below a table. */
#include <math.h>
#include <string.h>

#include "bench/setting.h"
#include "sim/base/data_path.h"
#include "sim/payload.h"

#define FOLDER "profiles/accuracy"
#define SHIPPED "generated"
#define NONE "none"

/* What was named must be there; the shipped one may be missing. */
static dvfo_status find(struct dvfo_ctx *ctx, const char *name, char path[DVFO_PATH_SIZE])
{
    path[0] = '\0';
    if (name == NULL) {
        if (dvfo_data_path(NULL, "accuracy profile", FOLDER, SHIPPED, ".h5", path) != DVFO_OK) {
            path[0] = '\0';
        }
        return DVFO_OK;
    }
    return strcmp(name, NONE) == 0 ? DVFO_OK : dvfo_data_path(ctx, "accuracy profile", FOLDER, name, ".h5", path);
}

dvfo_status dvfo_setting_load_accuracy(struct dvfo_ctx *ctx, struct dvfo_setting *setting)
{
    char path[DVFO_PATH_SIZE];
    if (setting->accuracy_known) {
        return DVFO_OK;
    }
    DVFO_TRY(find(ctx, setting->accuracy, path));
    if (path[0] != '\0') {
        DVFO_TRY(dvfo_accuracy_profile_load(ctx, path, &setting->accuracy_profile));
    }
    setting->base.scenario.accuracy = setting->accuracy_profile;
    setting->accuracy_known = true;
    return DVFO_OK;
}

/* The network that profiles are measured on; the others take its losses over. */
static bool is_measured(const struct dvfo_network *network)
{
    return strcmp(network->name, "collaborative") == 0;
}

dvfo_status dvfo_setting_check_accuracy(struct dvfo_ctx *ctx, const struct dvfo_setting *setting)
{
    const struct dvfo_accuracy_profile *profile = setting->accuracy_profile;
    for (size_t i = 0; profile != NULL && i < setting->network_count; i++) {
        const struct dvfo_network *network = setting->network[i];
        if (is_measured(network) && network->output_elements != (double)profile->size.classes) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: was measured on %ld classes, expected the %.0f of network %s",
                             profile->path, profile->size.classes, network->output_elements, network->name);
        }
    }
    return dvfo_payload_check(ctx, &setting->base.scenario);
}

static void print_networks(const struct dvfo_setting *setting, FILE *file)
{
    int others = 0;
    for (size_t i = 0; i < setting->network_count; i++) {
        if (!is_measured(setting->network[i])) {
            fprintf(file, "%s%s", others == 0 ? ", carried over to " : ", ", setting->network[i]->name);
            others++;
        }
    }
    fputs(others > 0 ? " as relative loss; " : "; ", file);
}

/* "floor 1 point, which shares 0.9, 1 don't keep at lambda 0.5" */
static void print_floor(const struct dvfo_scenario_def *def, FILE *file)
{
    const struct dvfo_accuracy_floor floor = dvfo_accuracy_floor_of(def);
    if (isinf(def->accuracy_floor)) {
        fputs("no floor", file);
        return;
    }
    fprintf(file, "floor %g point%s", def->accuracy_floor, def->accuracy_floor == 1.0 ? "" : "s");
    bool any = false;
    for (int share = 1; share < DVFO_SHARES; share++) {
        if ((floor.forbidden_shares >> share & 1u) != 0) {
            fprintf(file, "%s%g", any ? ", " : ", not kept by shares ", share / 10.0);
            any = true;
        }
    }
    if (floor.forbids_layers) {
        fprintf(file, "%s", any ? " and layer splits" : ", not kept by layer splits");
        any = true;
    }
    if (any) {
        fprintf(file, " at lambda %g", def->lambda);
    }
}

void dvfo_setting_print_accuracy(const struct dvfo_setting *setting, FILE *file)
{
    const struct dvfo_accuracy_profile *profile = setting->accuracy_profile;
    if (profile != NULL) {
        fprintf(file, "accuracy: %s (%s)", profile->text[DVFO_ACCURACY_NAME], profile->text[DVFO_ACCURACY_STANDING]);
        print_networks(setting, file);
        print_floor(&setting->base.scenario, file);
        fputc('\n', file);
    }
}
