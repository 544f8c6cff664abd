#include "profiles/host/machine.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/text.h"
#include "sim/base/units.h"

/* The value behind "KEY : " of the first core, without blanks around it; "" when there is none. */
static void find_value(const char *cpuinfo, const char *key, char out[DVFO_MACHINE_NAME_SIZE])
{
    out[0] = '\0';
    for (const char *line = cpuinfo; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *colon = line + strcspn(line, ":\n");
        if (strncmp(line, key, strlen(key)) == 0 && *colon == ':' &&
            strspn(line + strlen(key), " \t") == (size_t)(colon - line) - strlen(key)) {
            const char *value = colon + 1 + strspn(colon + 1, " \t");
            snprintf(out, DVFO_MACHINE_NAME_SIZE, "%.*s", (int)strcspn(value, "\n"), value);
            return;
        }
    }
}

/* YAML and tables take the name as it is: no quotes in it, one blank between words. */
static void tidy(char *name)
{
    char *to = name;
    for (const char *from = name; *from != '\0'; from++) {
        const bool again = *from == ' ' && (to == name || to[-1] == ' ');
        if (*from != '"' && *from != '\\' && !again) {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static void read_name(const char *cpuinfo, struct dvfo_machine *machine)
{
    char name[DVFO_MACHINE_NAME_SIZE], family[DVFO_MACHINE_NAME_SIZE], model[DVFO_MACHINE_NAME_SIZE];
    find_value(cpuinfo, "model name", name);
    find_value(cpuinfo, "cpu family", family);
    find_value(cpuinfo, "model", model);
    if (name[0] == '\0') { /* ARM tells part numbers only */
        find_value(cpuinfo, "CPU part", model);
        snprintf(machine->cpu, sizeof machine->cpu, model[0] != '\0' ? "processor of part %.60s" : "unknown processor",
                 model);
    } else if (family[0] != '\0' && model[0] != '\0') {
        snprintf(machine->cpu, sizeof machine->cpu, "%.80s (family %.8s, model %.8s)", name, family, model);
    } else {
        snprintf(machine->cpu, sizeof machine->cpu, "%.80s", name);
    }
    tidy(machine->cpu);
}

static bool read_khz(const struct dvfo_sysfs *sysfs, const char *file, struct dvfo_machine *machine)
{
    char path[DVFO_SYSFS_PATH_SIZE];
    long long khz = 0;
    dvfo_sysfs_join(path, "/sys/devices/system/cpu/cpu0/cpufreq", file);
    if (dvfo_sysfs_read_integer(NULL, sysfs, path, &khz) != DVFO_OK || khz <= 0) {
        return false;
    }
    machine->hz = (double)khz * DVFO_HZ_PER_KHZ;
    snprintf(machine->hz_source, sizeof machine->hz_source, "cpufreq/%.60s", file);
    return true;
}

/* "... CPU @ 2.30GHz" */
static bool read_ghz_of_name(const char *cpuinfo, struct dvfo_machine *machine)
{
    char name[DVFO_MACHINE_NAME_SIZE];
    const char *end = NULL;
    double ghz = 0.0;
    find_value(cpuinfo, "model name", name);
    const char *at = strchr(name, '@');
    if (at == NULL || !dvfo_text_number(at + 1 + strspn(at + 1, " "), &end, &ghz) || strncmp(end, "GHz", 3) != 0 ||
        ghz <= 0.0) {
        return false;
    }
    machine->hz = round(ghz * 1e3) * DVFO_HZ_PER_MHZ;
    snprintf(machine->hz_source, sizeof machine->hz_source, "model name in /proc/cpuinfo");
    return true;
}

static bool read_mhz(const char *cpuinfo, struct dvfo_machine *machine)
{
    char text[DVFO_MACHINE_NAME_SIZE];
    double mhz = 0.0;
    find_value(cpuinfo, "cpu MHz", text);
    if (!dvfo_text_number(text, NULL, &mhz) || mhz <= 0.0) {
        return false;
    }
    machine->hz = round(mhz) * DVFO_HZ_PER_MHZ;
    snprintf(machine->hz_source, sizeof machine->hz_source, "cpu MHz in /proc/cpuinfo");
    return true;
}

struct dvfo_machine dvfo_machine_read(const struct dvfo_sysfs *sysfs)
{
    struct dvfo_machine machine = {.hz = 1e9, .hz_source = "the machine tells no clock, 1 GHz taken"};
    char cpuinfo[DVFO_SYSFS_TEXT_SIZE] = "";
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    machine.cores = cores > 0 ? (int)cores : 1;
    if (dvfo_sysfs_read(NULL, sysfs, "/proc/cpuinfo", cpuinfo) != DVFO_OK) {
        cpuinfo[0] = '\0';
    }
    read_name(cpuinfo, &machine);
    (void)(read_khz(sysfs, "base_frequency", &machine) || read_ghz_of_name(cpuinfo, &machine) ||
           read_mhz(cpuinfo, &machine) || read_khz(sysfs, "cpuinfo_max_freq", &machine));
    return machine;
}

/* "cpu  user nice system idle iowait irq softirq steal ...": the first line of /proc/stat, in ticks. */
double dvfo_machine_busy_s(const struct dvfo_sysfs *sysfs)
{
    char text[DVFO_SYSFS_TEXT_SIZE];
    unsigned long long user, nice, kernel, idle, waiting, interrupts, soft, stolen;
    if (dvfo_sysfs_read(NULL, sysfs, "/proc/stat", text) != DVFO_OK ||
        sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &kernel, &idle, &waiting, &interrupts,
               &soft, &stolen) != 8) {
        return NAN;
    }
    return (double)(user + nice + kernel + interrupts + soft + stolen) / (double)sysconf(_SC_CLK_TCK);
}
