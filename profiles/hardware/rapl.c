#include "profiles/hardware/rapl.h"

#include <string.h>

#define FOLDER "/sys/class/powercap"
#define J_PER_UJ 1e-6

/* A package, or its memory: together they are all there is. */
static bool is_whole(const char *name)
{
    return strncmp(name, "package", strlen("package")) == 0 || strncmp(name, "dram", strlen("dram")) == 0;
}

static dvfo_status read_number(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path, double *out)
{
    long long number = 0;
    DVFO_TRY(dvfo_sysfs_read_integer(ctx, sysfs, path, &number));
    *out = (double)number;
    return number >= 0 ? DVFO_OK : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is %lld, expected energy", path, number);
}

/* A zone of the folder, when it is one of ours and can be read; otherwise the reason is kept. */
static void add_zone(struct dvfo_rapl *rapl, const char *entry)
{
    char folder[DVFO_SYSFS_PATH_SIZE], path[DVFO_SYSFS_PATH_SIZE], name[DVFO_SYSFS_TEXT_SIZE];
    struct dvfo_ctx ctx = {0};
    struct dvfo_rapl_zone zone = {0};
    dvfo_sysfs_join(folder, FOLDER, entry);
    dvfo_sysfs_join(path, folder, "name");
    if (rapl->count == DVFO_RAPL_MAX_ZONES || dvfo_sysfs_read(NULL, rapl->sysfs, path, name) != DVFO_OK ||
        !is_whole(name) || strlen(name) >= sizeof zone.name) {
        return;
    }
    strcpy(zone.name, name);
    dvfo_sysfs_join(zone.energy, folder, "energy_uj");
    dvfo_sysfs_join(path, folder, "max_energy_range_uj");
    if (read_number(&ctx, rapl->sysfs, zone.energy, &zone.last_uj) != DVFO_OK ||
        read_number(&ctx, rapl->sysfs, path, &zone.range_uj) != DVFO_OK) {
        snprintf(rapl->missing, sizeof rapl->missing, "%.*s", (int)sizeof rapl->missing - 1, ctx.message);
        return;
    }
    rapl->zone[rapl->count++] = zone;
}

struct dvfo_rapl dvfo_rapl_open(const struct dvfo_sysfs *sysfs)
{
    struct dvfo_rapl rapl = {.sysfs = sysfs};
    char names[DVFO_SYSFS_MAX_NAMES][DVFO_SYSFS_NAME_SIZE];
    snprintf(rapl.missing, sizeof rapl.missing, "%s has no energy counters", FOLDER);
    const size_t count = dvfo_sysfs_list(sysfs, FOLDER, "intel-rapl:", names);
    for (size_t i = 0; i < count; i++) {
        add_zone(&rapl, names[i]);
    }
    return rapl;
}

dvfo_status dvfo_rapl_read(struct dvfo_ctx *ctx, struct dvfo_rapl *rapl)
{
    for (size_t i = 0; i < rapl->count; i++) {
        struct dvfo_rapl_zone *zone = &rapl->zone[i];
        double now_uj = 0.0;
        DVFO_TRY(read_number(ctx, rapl->sysfs, zone->energy, &now_uj));
        const bool began_anew = now_uj < zone->last_uj;
        zone->energy_j += J_PER_UJ * (now_uj - zone->last_uj + (began_anew ? zone->range_uj : 0.0));
        zone->last_uj = now_uj;
    }
    return DVFO_OK;
}

double dvfo_rapl_energy_j(const struct dvfo_rapl *rapl)
{
    double energy_j = 0.0;
    for (size_t i = 0; i < rapl->count; i++) {
        energy_j += rapl->zone[i].energy_j;
    }
    return energy_j;
}
