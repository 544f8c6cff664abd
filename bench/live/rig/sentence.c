#include "bench/live/rig/sentence.h"

#include <stdarg.h>
#include <string.h>

static void add(char out[DVFO_RIG_SENTENCE_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(char out[DVFO_RIG_SENTENCE_SIZE], const char *format, ...)
{
    const size_t used = strlen(out);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out + used, DVFO_RIG_SENTENCE_SIZE - used, format, arguments);
    va_end(arguments);
}

static bool holds_any(const struct dvfo_rig_levels *levels)
{
    return levels->held[DVFO_CPU] || levels->held[DVFO_GPU] || levels->held[DVFO_MEM];
}

/* "CPU (15), GPU (12) set by the run" */
static void add_held(const struct dvfo_rig_levels *levels, char out[DVFO_RIG_SENTENCE_SIZE])
{
    const char *between = "";
    for (dvfo_domain d = DVFO_CPU; d < DVFO_DOMAINS; d++) {
        if (levels->held[d]) {
            add(out, "%s%s (%zu)", between, dvfo_rig_called(d), levels->board->clock[d].level_count);
            between = ", ";
        }
    }
    add(out, " set by the run");
}

/* Domains that are left alone, each with its reason; one reason for several is told once. */
static void add_left(const struct dvfo_rig_levels *levels, char out[DVFO_RIG_SENTENCE_SIZE])
{
    bool told[DVFO_DOMAINS] = {false};
    const char *between = holds_any(levels) ? ", " : "";
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (levels->held[d] || told[d]) {
            continue;
        }
        add(out, "%s", between);
        for (int e = d; e < DVFO_DOMAINS; e++) {
            if (!levels->held[e] && strcmp(levels->why[e], levels->why[d]) == 0) {
                told[e] = true;
                add(out, "%s%s", e == d ? "" : " and ", dvfo_rig_called((dvfo_domain)e));
            }
        }
        add(out, " fixed (%s)", levels->why[d]);
        between = ", ";
    }
}

static void add_power(const struct dvfo_rig_sensors *sensors, char out[DVFO_RIG_SENTENCE_SIZE])
{
    add(out, "; energy: ");
    if (!sensors->power) {
        add(out, "modelled from the profile, no power sensor can be read (%s)", sensors->missing);
    } else if (sensors->rapl.count == 0) {
        add(out, "rail %s", sensors->hardware->module_rail->name);
    }
    for (size_t i = 0; i < sensors->rapl.count; i++) {
        add(out, "%s%s", i == 0 ? "RAPL " : ", ", sensors->rapl.zone[i].name);
    }
}

void dvfo_rig_sentence_write(const struct dvfo_rig_levels *levels, const struct dvfo_rig_sensors *sensors,
                             const struct dvfo_rig_ceiling *ceiling, char out[DVFO_RIG_SENTENCE_SIZE])
{
    const size_t zones = sensors->hardware->zone_count;
    const bool slow = levels->held[DVFO_CPU] || levels->held[DVFO_GPU];
    out[0] = '\0';
    add(out, "clocks: ");
    if (holds_any(levels)) {
        add_held(levels, out);
    }
    add_left(levels, out);
    add_power(sensors, out);
    add(out, "; heat: ");
    if (ceiling->blind) {
        add(out, "no temperature can be read%s", slow ? ", CPU and GPU stay in the lower half of their tables" : "");
    } else {
        add(out, "%zu zone%s, ceiling %.4g C%s", zones, zones == 1 ? "" : "s", ceiling->ceiling_c,
            slow ? "" : " (told, nothing is slowed)");
    }
}
