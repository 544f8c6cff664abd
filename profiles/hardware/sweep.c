#include "profiles/hardware/sweep.h"

#include <math.h>
#include <string.h>

#include "sim/base/text.h"
#include "sim/base/units.h"

/* The clocks of one domain, in the order given. */
struct list {
    size_t n;
    double hz[DVFO_MAX_LEVELS];
};

static dvfo_status list_all(struct dvfo_ctx *ctx, const struct dvfo_control *control, dvfo_domain domain,
                            struct list *list)
{
    const struct dvfo_hardware_clock *clock = &control->hardware->clock[domain];
    const double limit_hz = dvfo_control_limit_hz(control, domain);
    for (size_t i = 0; i < clock->level_count; i++) {
        if (clock->level_hz[i] <= limit_hz) {
            list->hz[list->n++] = clock->level_hz[i];
        }
    }
    if (list->n < clock->level_count) {
        dvfo_note(ctx, "--%s all: %zu of %zu clocks, the power mode in force ends at %.10g MHz",
                  dvfo_domain_name(domain), list->n, clock->level_count, limit_hz / DVFO_HZ_PER_MHZ);
    }
    return DVFO_OK;
}

static dvfo_status add_typed(struct dvfo_ctx *ctx, const struct dvfo_control *control, dvfo_domain domain,
                             const char *word, struct list *list)
{
    struct dvfo_clocks clocks = {{NAN, NAN, NAN}};
    double mhz = 0.0;
    if (!dvfo_text_number(word, NULL, &mhz) || mhz <= 0.0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s has '%.40s', expected clocks in MHz separated by commas, or all",
                         dvfo_domain_name(domain), word);
    }
    clocks.hz[domain] = mhz * DVFO_HZ_PER_MHZ;
    DVFO_TRY(dvfo_control_check(ctx, control, &clocks));
    for (size_t i = 0; i < list->n; i++) {
        if (list->hz[i] == clocks.hz[domain]) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s names %.10g MHz twice", dvfo_domain_name(domain), mhz);
        }
    }
    DVFO_REQUIRE(list->n < DVFO_MAX_LEVELS); /* entries of the table, none twice */
    list->hz[list->n++] = clocks.hz[domain];
    return DVFO_OK;
}

static dvfo_status read_list(struct dvfo_ctx *ctx, const struct dvfo_control *control, dvfo_domain domain,
                             const char *typed, struct list *list)
{
    *list = (struct list){0};
    if (typed == NULL) {
        *list = (struct list){.n = 1, .hz = {NAN}};
        return DVFO_OK;
    }
    if (strcmp(typed, "all") == 0) {
        return list_all(ctx, control, domain, list);
    }
    char *copy = dvfo_text_copy(typed), *fields[DVFO_MAX_LEVELS];
    if (copy == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const size_t count = dvfo_text_split(copy, ',', fields, DVFO_MAX_LEVELS);
    dvfo_status status = DVFO_OK;
    if (count > DVFO_MAX_LEVELS) {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s names %zu clocks, more than any board has",
                           dvfo_domain_name(domain), count);
    }
    for (size_t i = 0; i < count && status == DVFO_OK; i++) {
        status = add_typed(ctx, control, domain, fields[i], list);
    }
    free(copy);
    return status;
}

dvfo_status dvfo_sweep_create(struct dvfo_ctx *ctx, const struct dvfo_control *control,
                              const char *const lists[DVFO_DOMAINS], struct dvfo_sweep *out)
{
    struct list list[DVFO_DOMAINS];
    *out = (struct dvfo_sweep){0};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        DVFO_TRY(read_list(ctx, control, (dvfo_domain)d, lists[d], &list[d]));
    }
    out->setting = calloc(list[DVFO_CPU].n * list[DVFO_GPU].n * list[DVFO_MEM].n, sizeof *out->setting);
    if (out->setting == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t c = 0; c < list[DVFO_CPU].n; c++) {
        for (size_t g = 0; g < list[DVFO_GPU].n; g++) {
            for (size_t m = 0; m < list[DVFO_MEM].n; m++) {
                out->setting[out->n++] =
                    (struct dvfo_clocks){{list[DVFO_CPU].hz[c], list[DVFO_GPU].hz[g], list[DVFO_MEM].hz[m]}};
            }
        }
    }
    return DVFO_OK;
}

void dvfo_sweep_free(struct dvfo_sweep *sweep)
{
    free(sweep->setting);
    *sweep = (struct dvfo_sweep){0};
}

void dvfo_sweep_name(const struct dvfo_clocks *setting, char name[DVFO_SWEEP_NAME_SIZE])
{
    size_t used = 0;
    name[0] = '\0';
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (!isnan(setting->hz[d])) {
            used += (size_t)snprintf(name + used, DVFO_SWEEP_NAME_SIZE - used, "%s%s%.7g", used > 0 ? "-" : "",
                                     dvfo_domain_name((dvfo_domain)d), setting->hz[d] / DVFO_HZ_PER_MHZ);
        }
    }
    if (used == 0) {
        strcpy(name, "as-is");
    }
}
