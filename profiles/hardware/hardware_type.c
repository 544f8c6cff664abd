#include "profiles/hardware/hardware_type.h"

#include <string.h>

#include "sim/base/nearest.h"

static const struct dvfo_hardware_type nano = {
    .name = "jetson-nano",
    .compatible = {"nvidia,jetson-nano", "p3448-", "p3450-"},
    .gpu = {"/sys/devices/57000000.gpu/devfreq/57000000.gpu", "/sys/devices/gpu.0/devfreq/57000000.gpu",
            "/sys/devices/platform/57000000.gpu/devfreq/57000000.gpu", "/sys/class/devfreq/57000000.gpu"},
    .gpu_load = {"/sys/devices/gpu.0/load", "/sys/devices/57000000.gpu/load",
                 "/sys/devices/platform/host1x/57000000.gpu/load"},
    .gpu_railgate = {"/sys/devices/57000000.gpu/railgate_enable", "/sys/devices/gpu.0/railgate_enable",
                     "/sys/devices/platform/gpu.0/railgate_enable"},
    .emc = {&dvfo_emc_override, &dvfo_emc_clock},
    .module_rail = "POM_5V_IN",
    .rails = {"POM_5V_GPU", "POM_5V_CPU"},
};

static const struct dvfo_hardware_type tx2 = {
    .name = "jetson-tx2",
    .compatible = {"nvidia,quill", "p3310-", "p2771-", "p3489-"},
    .gpu = {"/sys/devices/17000000.gp10b/devfreq/17000000.gp10b", "/sys/devices/gpu.0/devfreq/17000000.gp10b",
            "/sys/devices/platform/17000000.gp10b/devfreq/17000000.gp10b", "/sys/class/devfreq/17000000.gp10b"},
    .gpu_load = {"/sys/devices/gpu.0/load", "/sys/devices/17000000.gp10b/load",
                 "/sys/devices/platform/host1x/17000000.gp10b/load"},
    .gpu_railgate = {"/sys/devices/17000000.gp10b/railgate_enable", "/sys/devices/gpu.0/railgate_enable",
                     "/sys/devices/platform/gpu.0/railgate_enable"},
    .emc = {&dvfo_emc_bpmp},
    .module_rail = "VDD_IN",
    .rails = {"VDD_SYS_GPU", "VDD_SYS_CPU", "VDD_SYS_SOC", "VDD_SYS_DDR"},
};

static const struct dvfo_hardware_type xavier_nx = {
    .name = "xavier-nx",
    .compatible = {"p3668-"},
    .gpu = {"/sys/devices/17000000.gv11b/devfreq/17000000.gv11b",
            "/sys/devices/platform/17000000.gv11b/devfreq/17000000.gv11b", "/sys/class/devfreq/17000000.gv11b",
            "/sys/devices/gpu.0/devfreq/17000000.gv11b"},
    .gpu_load = {"/sys/devices/gpu.0/load", "/sys/devices/platform/host1x/17000000.gv11b/load",
                 "/sys/devices/platform/gpu.0/load", "/sys/devices/platform/17000000.gv11b/load"},
    .gpu_railgate = {"/sys/devices/17000000.gv11b/railgate_enable", "/sys/devices/gpu.0/railgate_enable",
                     "/sys/devices/platform/gpu.0/railgate_enable",
                     "/sys/devices/platform/17000000.gv11b/railgate_enable"},
    .emc = {&dvfo_emc_bpmp},
    .module_rail = "VDD_IN",
    .rails = {"VDD_CPU_GPU_CV", "VDD_SOC"},
};

/* A machine that is no Jetson: the processor's clock by cpufreq, energy by RAPL (rapl.h), no GPU and no memory clock
 * that this program sets. It is never found, only asked for. */
static const struct dvfo_hardware_type host = {.name = "host"};

const struct dvfo_hardware_type *const dvfo_hardware_types[] = {&nano, &tx2, &xavier_nx, &host, NULL};

enum { MAX_TYPES = sizeof dvfo_hardware_types / sizeof dvfo_hardware_types[0] };

static bool is_jetson(const struct dvfo_hardware_type *type)
{
    return type->compatible[0] != NULL;
}

/* "jetson-nano, jetson-tx2 or xavier-nx", the host behind them unless only Jetsons count. It stands last. */
static size_t list_names(bool only_jetsons, const char *names[MAX_TYPES], char list[128])
{
    size_t count = 0;
    list[0] = '\0';
    while (dvfo_hardware_types[count] != NULL && (!only_jetsons || is_jetson(dvfo_hardware_types[count]))) {
        names[count] = dvfo_hardware_types[count]->name;
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t used = strlen(list);
        snprintf(list + used, 128 - used, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", names[i]);
    }
    return count;
}

static dvfo_status find_named(struct dvfo_ctx *ctx, const char *name, const struct dvfo_hardware_type **out)
{
    const char *names[MAX_TYPES];
    char list[128];
    for (size_t i = 0; dvfo_hardware_types[i] != NULL; i++) {
        if (strcmp(dvfo_hardware_types[i]->name, name) == 0) {
            *out = dvfo_hardware_types[i];
            return DVFO_OK;
        }
    }
    const size_t count = list_names(false, names, list);
    const char *near = dvfo_nearest(name, names, count);
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "--board is '%s', expected auto, %s%s%s%s", name, list,
                     near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
}

/* Does any entry of the device tree's "compatible" have one of these parts? */
static const struct dvfo_hardware_type *find_compatible(const char *compatible)
{
    for (size_t i = 0; dvfo_hardware_types[i] != NULL; i++) {
        for (const char *const *part = dvfo_hardware_types[i]->compatible; *part != NULL; part++) {
            if (strstr(compatible, *part) != NULL) {
                return dvfo_hardware_types[i];
            }
        }
    }
    return NULL;
}

static const struct dvfo_hardware_type *find_by_gpu(const struct dvfo_sysfs *sysfs)
{
    for (size_t i = 0; dvfo_hardware_types[i] != NULL; i++) {
        for (const char *const *folder = dvfo_hardware_types[i]->gpu; *folder != NULL; folder++) {
            if (dvfo_sysfs_exists(sysfs, *folder)) {
                return dvfo_hardware_types[i];
            }
        }
    }
    return NULL;
}

/* A property of the device tree; "" when there is none. /proc/device-tree is a link that a copied tree may lack. */
static void read_property(const struct dvfo_sysfs *sysfs, const char *name, char text[DVFO_SYSFS_TEXT_SIZE])
{
    static const char *const folders[] = {"/proc/device-tree", "/sys/firmware/devicetree/base"};
    char path[DVFO_SYSFS_PATH_SIZE];
    text[0] = '\0';
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && text[0] == '\0'; i++) {
        dvfo_sysfs_join(path, folders[i], name);
        (void)dvfo_sysfs_read(NULL, sysfs, path, text);
    }
}

static dvfo_status refuse_stranger(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs)
{
    return sysfs->root[0] == '\0'
               ? dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "this machine is not a Jetson (no /proc/device-tree/model, no GPU of a Jetson in /sys); "
                           "'dvfo profile measure --board host' measures it at the clocks it has")
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "--root %s: is not the tree of a Jetson: it has neither proc/device-tree/model nor the GPU "
                           "of one in sys",
                           sysfs->root);
}

dvfo_status dvfo_hardware_type_of(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *wanted,
                                  char model[DVFO_SYSFS_NAME_SIZE], const struct dvfo_hardware_type **out)
{
    char compatible[DVFO_SYSFS_TEXT_SIZE], text[DVFO_SYSFS_TEXT_SIZE], list[128];
    const char *names[MAX_TYPES];
    const bool automatic = strcmp(wanted, "auto") == 0;
    const struct dvfo_hardware_type *asked = NULL;
    if (!automatic) {
        DVFO_TRY(find_named(ctx, wanted, &asked));
    }
    read_property(sysfs, "model", text);
    read_property(sysfs, "compatible", compatible);
    snprintf(model, DVFO_SYSFS_NAME_SIZE, "%.*s", DVFO_SYSFS_NAME_SIZE - 1, text);
    const bool tegra = strstr(compatible, "nvidia,tegra") != NULL;
    const struct dvfo_hardware_type *known = find_compatible(compatible);
    known = known == NULL && compatible[0] == '\0' ? find_by_gpu(sysfs) : known;
    if (known == NULL && !tegra && (automatic || is_jetson(asked))) {
        return refuse_stranger(ctx, sysfs);
    }
    if (known == NULL && automatic) {
        list_names(true, names, list);
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "'%s' is a Jetson, but not %s; --board takes it for one of these", model,
                         list);
    }
    if (known != NULL && !automatic && asked != known) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--board is %s, but this is a %s%s%s%s", wanted, known->name,
                         model[0] != '\0' ? " ('" : "", model, model[0] != '\0' ? "')" : "");
    }
    *out = known != NULL ? known : asked;
    return DVFO_OK;
}
