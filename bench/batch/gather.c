#include "bench/batch/gather.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "bench/batch/batch_parts.h"
#include "sim/base/nearest.h"

void dvfo_gathered_free(struct dvfo_gathered *gathered)
{
    free(gathered->record);
    *gathered = (struct dvfo_gathered){0};
}

const struct dvfo_record *dvfo_gathered_at(const struct dvfo_gathered *gathered, size_t point, size_t seed,
                                           size_t policy)
{
    return &gathered->record[(point * gathered->seeds + seed) * gathered->policies + policy];
}

size_t dvfo_gathered_policy(const struct dvfo_gathered *gathered, const char *name)
{
    size_t policy = 0;
    while (policy < gathered->policies && strcmp(gathered->plan->policies.entry[policy], name) != 0) {
        policy++;
    }
    return policy;
}

dvfo_status dvfo_gathered_find_policy(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, const char *what,
                                      const char *name, size_t *out)
{
    *out = dvfo_gathered_policy(gathered, name);
    return *out < gathered->policies
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "the %s of %s names policy '%s', which the plan doesn't run", what,
                           gathered->plan->id, name);
}

static dvfo_status fail_missing(struct dvfo_ctx *ctx, const struct dvfo_batch *batch, size_t missing,
                                const struct dvfo_plan_changes *changes)
{
    char command[768] = "";
    FILE *file = fmemopen(command, sizeof command, "w");
    if (file != NULL) {
        dvfo_batch_print_plan(batch->plan[0], file);
        dvfo_batch_print_changes(changes, batch->def.folder, file);
        fclose(file);
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "%zu of %zu trials aren't in folder '%s'; 'dvfo bench run %s' runs them",
                     missing, batch->trials, batch->def.folder, command);
}

/* The batch numbers trials as we do: points, then seeds, then policies. */
static dvfo_status load_all(struct dvfo_ctx *ctx, const struct dvfo_batch *batch,
                            const struct dvfo_plan_changes *changes, struct dvfo_gathered *out)
{
    const size_t missing = dvfo_batch_count(batch, true);
    if (missing > 0) {
        return fail_missing(ctx, batch, missing, changes);
    }
    out->record = calloc(batch->trials + 1, sizeof *out->record);
    if (out->record == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < batch->trials; i++) {
        DVFO_TRY(dvfo_batch_load(ctx, batch, i, &out->record[i]));
    }
    return DVFO_OK;
}

dvfo_status dvfo_gather(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, const struct dvfo_plan_changes *changes,
                        const char *folder, struct dvfo_gathered *out)
{
    struct dvfo_batch batch = {0};
    const struct dvfo_batch_def def = {.folder = folder};
    struct dvfo_plan *const plans[] = {(struct dvfo_plan *)plan};
    *out = (struct dvfo_gathered){
        .plan = plan, .points = dvfo_plan_points(plan), .policies = plan->policies.count, .seeds = (size_t)plan->seeds};
    dvfo_status status = dvfo_batch_prepare(ctx, &def, plans, 1, &batch);
    status = status == DVFO_OK ? load_all(ctx, &batch, changes, out) : status;
    dvfo_batch_free(&batch);
    if (status != DVFO_OK) {
        dvfo_gathered_free(out);
    }
    return status;
}

/* ---- measures ---- */

static bool is_one_of(const char *name, const char *const names[])
{
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Energy by what a rail feeds. Boards name theirs as their sensors do, and some share one. */
#define CPU_RAILS "POM_5V_CPU", "VDD_SYS_CPU"
#define GPU_RAILS "POM_5V_GPU", "VDD_SYS_GPU"
#define CPU_GPU_RAILS "VDD_CPU_GPU_CV"
#define MEMORY_RAILS "VDD_SYS_DDR"

static double rails_j(const struct dvfo_record *record, const char *const names[], bool named)
{
    double energy_j = 0.0;
    for (size_t r = 0; r < record->rails; r++) {
        energy_j += is_one_of(record->rail[r], names) == named ? record->rail_j[r] : 0.0;
    }
    return energy_j;
}

static double percent_of_energy(const struct dvfo_record *record, double part_j)
{
    return 100.0 * part_j / record->number[dvfo_record_column("energy_j")];
}

static double timeouts_percent(const struct dvfo_record *record)
{
    return 100.0 * record->number[dvfo_record_column("timeouts")] / record->number[dvfo_record_column("requests")];
}

#define RAILS(function, named, ...)                                                                                    \
    static double function(const struct dvfo_record *record)                                                           \
    {                                                                                                                  \
        static const char *const names[] = {__VA_ARGS__, NULL};                                                        \
        return percent_of_energy(record, rails_j(record, names, named));                                               \
    }

RAILS(cpu_rail_percent, true, CPU_RAILS)
RAILS(gpu_rail_percent, true, GPU_RAILS)
RAILS(cpu_gpu_rail_percent, true, CPU_GPU_RAILS)
RAILS(memory_rail_percent, true, MEMORY_RAILS)
RAILS(radio_percent, true, "radio")
RAILS(other_percent, true, "other")
RAILS(rest_rail_percent, false, CPU_RAILS, GPU_RAILS, CPU_GPU_RAILS, MEMORY_RAILS, "radio", "other")
#undef RAILS

#define CAUSE(function, cause)                                                                                         \
    static double function(const struct dvfo_record *record)                                                           \
    {                                                                                                                  \
        return percent_of_energy(record, record->cause_j[cause]);                                                      \
    }

CAUSE(compute_percent, DVFO_CAUSE_COMPUTE)
CAUSE(wait_percent, DVFO_CAUSE_WAIT)
CAUSE(decision_percent, DVFO_CAUSE_DECISION)
#undef CAUSE

static const struct dvfo_measure derived[] = {
    {"cpu_rail_percent", "percent of energy", 3, 0, cpu_rail_percent},
    {"gpu_rail_percent", "percent of energy", 3, 0, gpu_rail_percent},
    {"cpu_gpu_rail_percent", "percent of energy", 3, 0, cpu_gpu_rail_percent},
    {"memory_rail_percent", "percent of energy", 3, 0, memory_rail_percent},
    {"rest_rail_percent", "percent of energy", 3, 0, rest_rail_percent},
    {"radio_percent", "percent of energy", 3, 0, radio_percent},
    {"other_percent", "percent of energy", 3, 0, other_percent},
    {"compute_percent", "percent of energy", 3, 0, compute_percent},
    {"wait_percent", "percent of energy", 3, 0, wait_percent},
    {"decision_percent", "percent of energy", 3, 0, decision_percent},
    {"timeouts_percent", "percent of requests", 3, 0, timeouts_percent},
};

enum { DERIVED = sizeof derived / sizeof derived[0] };

dvfo_status dvfo_measure_find(struct dvfo_ctx *ctx, const char *name, struct dvfo_measure *out)
{
    const char *names[DVFO_RECORD_COLUMNS + DERIVED];
    size_t count = 0;
    for (size_t i = 0; i < DERIVED; i++) {
        if (strcmp(derived[i].name, name) == 0) {
            *out = derived[i];
            return DVFO_OK;
        }
        names[count++] = derived[i].name;
    }
    for (size_t i = 0; dvfo_trial_columns[i].name != NULL; i++) {
        const struct dvfo_trial_column *column = &dvfo_trial_columns[i];
        if (column->value == NULL) {
            continue;
        }
        if (strcmp(column->name, name) == 0) {
            *out = (struct dvfo_measure){column->name, column->units, column->digits, i, NULL};
            return DVFO_OK;
        }
        names[count++] = column->name;
    }
    const char *near = dvfo_nearest(name, names, count);
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown measure '%s'%s%s%s", name, near != NULL ? "; did you mean '" : "",
                     near != NULL ? near : "", near != NULL ? "'?" : ", expected a column of 'dvfo run --format csv'");
}

size_t dvfo_measure_stem(const struct dvfo_measure *measure)
{
    const char *unit = strrchr(measure->name, '_');
    return unit != NULL && strcasecmp(unit + 1, measure->units) == 0 ? (size_t)(unit - measure->name)
                                                                     : strlen(measure->name);
}

double dvfo_measure_of(const struct dvfo_measure *measure, const struct dvfo_record *record)
{
    return measure->value != NULL ? measure->value(record) : record->number[measure->column];
}
