#include "profiles/hardware/cores.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

/* "cpu3 user nice system idle iowait irq softirq ...", in ticks. @return false for another line */
static bool read_line(const char *line, double tick_s, int *core, double *busy_s)
{
    double ticks[7];
    if (sscanf(line, "cpu%d %lf %lf %lf %lf %lf %lf %lf", core, &ticks[0], &ticks[1], &ticks[2], &ticks[3], &ticks[4],
               &ticks[5], &ticks[6]) != 8 ||
        *core < 0 || *core >= DVFO_CORES_MAX) {
        return false;
    }
    *busy_s = (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) * tick_s;
    return isfinite(*busy_s) && *busy_s >= 0.0;
}

size_t dvfo_cores_read(const struct dvfo_sysfs *sysfs, double busy_s[DVFO_CORES_MAX])
{
    char text[DVFO_SYSFS_TEXT_SIZE];
    const double tick_s = 1.0 / (double)sysconf(_SC_CLK_TCK);
    size_t count = 0;
    for (size_t i = 0; i < DVFO_CORES_MAX; i++) {
        busy_s[i] = NAN;
    }
    if (dvfo_sysfs_read(NULL, sysfs, "/proc/stat", text) != DVFO_OK) {
        return 0;
    }
    const bool cut = strlen(text) + 1 >= sizeof text - 1; /* then the last line may be half a line */
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n');
        int core = 0;
        double so_far_s = 0.0;
        if (strncmp(line, "cpu", strlen("cpu")) == 0 && line[3] != ' ' && (end != NULL || !cut) &&
            read_line(line, tick_s, &core, &so_far_s)) {
            count += isnan(busy_s[core]) ? 1 : 0;
            busy_s[core] = so_far_s;
        }
        line = end != NULL ? end + 1 : NULL;
    }
    return count;
}
