#include "fake_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void demand(bool kept, const char *what)
{
    if (!kept) {
        fprintf(stderr, "fake_host: %s: %s\n", what, strerror(errno));
        abort();
    }
}

static void make_folders(char *path)
{
    for (char *c = path + 1; *c != '\0'; c++) {
        if (*c == '/') {
            *c = '\0';
            mkdir(path, 0755);
            *c = '/';
        }
    }
}

void fake_host_put(const struct fake_host *host, const char *path, const char *text)
{
    char place[768], fresh[800];
    snprintf(place, sizeof place, "%s%s", host->root, path);
    make_folders(place);
    snprintf(fresh, sizeof fresh, "%s.fresh", place);
    FILE *file = fopen(fresh, "w");
    demand(file != NULL, fresh);
    demand(fprintf(file, "%s\n", text) > 0 && fclose(file) == 0, fresh);
    demand(rename(fresh, place) == 0, place);
}

void fake_host_take_away(const struct fake_host *host, const char *path)
{
    char line[640];
    snprintf(line, sizeof line, "rm -r '%s%s'", host->root, path);
    demand(system(line) == 0, line);
}

void fake_host_get(const struct fake_host *host, const char *path, char *text, size_t size)
{
    char place[768];
    snprintf(place, sizeof place, "%s%s", host->root, path);
    FILE *file = fopen(place, "r");
    const size_t got = file != NULL ? fread(text, 1, size - 1, file) : 0;
    text[got] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (file != NULL) {
        fclose(file);
    }
}

static void put_core(const struct fake_host *host, int core)
{
    static const char *const files[][2] = {
        {"scaling_available_frequencies", "2300000 1800000 1200000 "},
        {"scaling_available_governors", "performance powersave userspace"},
        {"scaling_governor", "performance"},
        {"scaling_min_freq", "1200000"},
        {"scaling_max_freq", "2300000"},
        {"scaling_setspeed", "<unsupported>"},
        {"scaling_cur_freq", "2300000"},
    };
    char path[128], text[16];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/%s", core, files[i][0]);
        fake_host_put(host, path, files[i][1]);
    }
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/affected_cpus", core);
    snprintf(text, sizeof text, "%d", core);
    fake_host_put(host, path, text);
}

static void put_counter(const struct fake_host *host, const char *zone, const char *name, const char *energy_uj)
{
    char path[128], range[32];
    snprintf(range, sizeof range, "%lld", FAKE_HOST_RANGE_UJ);
    snprintf(path, sizeof path, "/sys/class/powercap/%s/name", zone);
    fake_host_put(host, path, name);
    snprintf(path, sizeof path, "/sys/class/powercap/%s/energy_uj", zone);
    fake_host_put(host, path, energy_uj);
    snprintf(path, sizeof path, "/sys/class/powercap/%s/max_energy_range_uj", zone);
    fake_host_put(host, path, range);
}

void fake_host_build(struct fake_host *host)
{
    strcpy(host->root, "/tmp/dvfo-host-XXXXXX");
    demand(mkdtemp(host->root) != NULL, host->root);
    for (int core = 0; core < FAKE_HOST_CORES; core++) {
        put_core(host, core);
    }
    put_counter(host, "intel-rapl:0", "package-0", "1000000");
    put_counter(host, "intel-rapl:0:0", "dram", "200000");
    fake_host_put(host, "/sys/devices/virtual/thermal/thermal_zone0/type", "x86_pkg_temp");
    fake_host_put(host, FAKE_HOST_ZONE, "40000");
    fake_host_put(host, "/proc/stat",
                  "cpu  300 0 100 8000 100 0 0 0 0 0\n"
                  "cpu0 200 0 50 4000 50 0 0 0 0 0\n"
                  "cpu1 100 0 50 4000 50 0 0 0 0 0\n"
                  "intr 12345 0 0");
}

void fake_host_remove(const struct fake_host *host)
{
    fake_host_take_away(host, "");
}

static long long read_number(const struct fake_host *host, const char *folder, const char *name)
{
    char path[256], text[64];
    snprintf(path, sizeof path, "%s%s", folder, name);
    fake_host_get(host, path, text, sizeof text);
    return strtoll(text, NULL, 10);
}

/* The clock follows its governor and limits. */
static void follow(const struct fake_host *host, const char *folder)
{
    char path[256], governor[32], text[32];
    snprintf(path, sizeof path, "%sscaling_governor", folder);
    fake_host_get(host, path, governor, sizeof governor);
    const bool userspace = strcmp(governor, "userspace") == 0;
    const long long lowest = read_number(host, folder, "scaling_min_freq"),
                    highest = read_number(host, folder, "scaling_max_freq");
    long long khz = userspace ? read_number(host, folder, "scaling_setspeed") : highest;
    khz = khz < lowest ? lowest : khz > highest ? highest : khz;
    snprintf(path, sizeof path, "%sscaling_cur_freq", folder);
    snprintf(text, sizeof text, "%lld", khz);
    fake_host_put(host, path, text);
}

static int take(const struct fake_host *host, const char *folder, const char *name, const char *text)
{
    char governor[32], path[320];
    const long long value = strtoll(text, NULL, 10);
    snprintf(path, sizeof path, "%sscaling_governor", folder);
    fake_host_get(host, path, governor, sizeof governor);
    if ((strcmp(name, "scaling_min_freq") == 0 && value > read_number(host, folder, "scaling_max_freq")) ||
        (strcmp(name, "scaling_max_freq") == 0 && value < read_number(host, folder, "scaling_min_freq")) ||
        (strcmp(name, "scaling_setspeed") == 0 && strcmp(governor, "userspace") != 0)) {
        return EINVAL;
    }
    snprintf(path, sizeof path, "%s%.64s", folder, name);
    fake_host_put(host, path, text);
    return 0;
}

static int kernel_write(void *user, const char *path, const char *text)
{
    const struct fake_host *host = user;
    char folder[192];
    const char *name = strrchr(path, '/') + 1;
    snprintf(folder, sizeof folder, "%.*s", (int)(name - path), path);
    if (strstr(folder, "/cpufreq/") == NULL) {
        return EACCES;
    }
    const int reason = take(host, folder, name, text);
    follow(host, folder);
    return reason;
}

const struct dvfo_sysfs_hook fake_host_kernel = {.write = kernel_write};
