/* A line is words between blanks, "(...)" aside: names, each followed by its value, and temperatures NAME@25C. */
#include "profiles/logs/tegrastats_line.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "sim/base/units.h"

enum { WORD_SIZE = 64 };

/* What is being read. */
struct reading {
    const char *at; /* first byte not yet read */
    struct dvfo_tegrastats *log;
    struct dvfo_tegrastats_line *line;
};

static bool give_up(struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool give_up(struct reading *reading, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reading->line->problem, sizeof reading->line->problem, format, arguments);
    va_end(arguments);
    return false;
}

static void skip_blanks(struct reading *reading)
{
    reading->at += strspn(reading->at, " \t");
}

/* The next word; "" at the end of the line, or when it is too long to be one of tegrastats. */
static void next_word(struct reading *reading, char word[WORD_SIZE])
{
    skip_blanks(reading);
    while (*reading->at == '(') { /* "(lfb 22x1MB)", "(cached 2MB)" */
        reading->at += strcspn(reading->at, ")");
        reading->at += *reading->at == ')';
        skip_blanks(reading);
    }
    const size_t length = strcspn(reading->at, " \t(");
    word[0] = '\0';
    if (length < WORD_SIZE) {
        memcpy(word, reading->at, length);
        word[length] = '\0';
    }
    reading->at += length;
}

/* Days from 1970-01-01, Gregorian: years begin in March here, so that the leap day is their last. */
static long long days_of_date(long long year, long long month, long long day)
{
    const long long y = month <= 2 ? year - 1 : year;
    const long long days_before_month = (153 * ((month + 9) % 12) + 2) / 5;
    return y * 365 + y / 4 - y / 100 + y / 400 + days_before_month + day - 1 - 719468;
}

/* "09-27-2025 15:56:18", month first. */
static bool read_date(struct reading *reading)
{
    static const char form[] = "dd-dd-dddd dd:dd:dd";
    const char *s = reading->at;
    for (size_t i = 0; i < strlen(form); i++) {
        if (form[i] == 'd' ? !isdigit((unsigned char)s[i]) : s[i] != form[i]) {
            return give_up(reading, "begins with '%.20s', expected RAM or a date as 09-27-2025 15:56:18", s);
        }
    }
    const long long month = strtoll(s, NULL, 10), day = strtoll(s + 3, NULL, 10), year = strtoll(s + 6, NULL, 10);
    const long long hour = strtoll(s + 11, NULL, 10), minute = strtoll(s + 14, NULL, 10);
    const long long second = strtoll(s + 17, NULL, 10);
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) {
        return give_up(reading, "'%.19s' is not a date, expected month-day-year hour:minute:second", s);
    }
    reading->line->date_s = (double)(((days_of_date(year, month, day) * 24 + hour) * 60 + minute) * 60 + second);
    reading->at += strlen(form);
    return true;
}

/* "4%@204", "99%@[1007]", "99%@[1098,1098]" (the first counts), "@[314]", "7%", "off". */
static bool read_load(const char *text, double *load, double *hz)
{
    double percent = NAN, mhz = NAN;
    const char *s = text;
    *load = *hz = NAN;
    if (strcmp(text, "off") == 0) {
        return true;
    }
    if (dvfo_text_number(s, &s, &percent)) {
        if (*s++ != '%' || percent < 0.0 || percent > 100.0) {
            return false;
        }
        *load = percent / 100.0;
    }
    if (*s == '@') {
        const bool bracket = *++s == '[';
        if (!dvfo_text_number(s + bracket, &s, &mhz) || mhz < 0.0) {
            return false;
        }
        s += bracket ? strcspn(s, "]") : 0;
        if (bracket && *s++ != ']') {
            return false;
        }
        *hz = mhz * DVFO_HZ_PER_MHZ;
    }
    return s > text && *s == '\0';
}

/* "[65%@1036,off,14%]", or "[65%,14%]@408" of old releases: one clock for all. */
static bool read_cores(struct reading *reading)
{
    struct dvfo_tegrastats_line *line = reading->line;
    skip_blanks(reading);
    const char *s = reading->at, *end = strchr(s, ']');
    if (*s != '[' || end == NULL) {
        return give_up(reading, "ends inside its list of cores");
    }
    while (s < end) {
        char item[WORD_SIZE];
        s++; /* the bracket or comma before the item */
        s += strspn(s, " ");
        const size_t length = strcspn(s, ",]");
        if (length >= WORD_SIZE || line->cores == DVFO_TEGRASTATS_MAX_CORES) {
            return give_up(reading, "lists more than %d cores", DVFO_TEGRASTATS_MAX_CORES);
        }
        memcpy(item, s, length);
        item[length] = '\0';
        if (!read_load(item, &line->sample.cpu_load[line->cores], &line->sample.cpu_hz[line->cores])) {
            return give_up(reading, "core %zu is '%.30s', expected 'load%%@MHz' or 'off'", line->cores, item);
        }
        line->cores++;
        s += length;
    }
    double shared_mhz = NAN;
    reading->at = end + 1;
    if (end[1] == '@' && dvfo_text_number(end + 2, &reading->at, &shared_mhz)) {
        for (size_t i = 0; i < line->cores; i++) {
            line->sample.cpu_hz[i] = shared_mhz * DVFO_HZ_PER_MHZ;
        }
    }
    return true;
}

/* Index of a name in a list, entered when it is new; DVFO_TEGRASTATS_MAX_NAMES when the list is full. */
static size_t enter(char names[][DVFO_TEGRASTATS_NAME_SIZE], size_t *count, const char *name)
{
    size_t i = 0;
    while (i < *count && strcmp(names[i], name) != 0) {
        i++;
    }
    if (i == *count && i < DVFO_TEGRASTATS_MAX_NAMES) {
        snprintf(names[i], DVFO_TEGRASTATS_NAME_SIZE, "%s", name);
        (*count)++;
    }
    return i;
}

/* "2592/1053", "4647mW/2595mW": now and average [mW]. Memory is "3520/3964MB" and has other units. */
static bool is_rail(const char *name, const char *value, double *now_mw)
{
    double average_mw = 0.0;
    const char *s = value;
    if (!isalpha((unsigned char)name[0]) || strlen(name) >= DVFO_TEGRASTATS_NAME_SIZE || strcmp(name, "RAM") == 0 ||
        strcmp(name, "SWAP") == 0 || strcmp(name, "IRAM") == 0 || !dvfo_text_number(s, &s, now_mw)) {
        return false;
    }
    s += strncmp(s, "mW", 2) == 0 ? 2 : 0;
    if (*s != '/' || !dvfo_text_number(s + 1, &s, &average_mw)) {
        return false;
    }
    /* the average isn't used, so it may be cut off behind its first digit */
    return *s == '\0' || strcmp(s, "mW") == 0 || strcmp(s, "m") == 0;
}

static bool add_rail(struct reading *reading, const char *name, double now_mw)
{
    struct dvfo_tegrastats *log = reading->log;
    const size_t i = enter(log->rail, &log->rails, name);
    if (i == DVFO_TEGRASTATS_MAX_NAMES) {
        return give_up(reading, "has more than %d rails", DVFO_TEGRASTATS_MAX_NAMES);
    }
    if (!isnan(reading->line->sample.rail_w[i])) {
        return give_up(reading, "tells '%s' twice, expected one line per sample", name);
    }
    reading->line->sample.rail_w[i] = now_mw * DVFO_W_PER_MW;
    reading->line->rails++;
    return true;
}

/* "CPU@42.5C". More sensors than we keep are passed over. */
static void add_sensor(struct reading *reading, const char *word)
{
    const char *at = strchr(word, '@');
    double value_c = 0.0;
    const char *rest = NULL;
    const size_t length = at == NULL ? 0 : (size_t)(at - word);
    if (length == 0 || length >= DVFO_TEGRASTATS_NAME_SIZE || !isalpha((unsigned char)word[0]) ||
        !dvfo_text_number(at + 1, &rest, &value_c) || strcmp(rest, "C") != 0) {
        return;
    }
    char name[DVFO_TEGRASTATS_NAME_SIZE];
    memcpy(name, word, length);
    name[length] = '\0';
    const size_t i = enter(reading->log->sensor, &reading->log->sensors, name);
    if (i < DVFO_TEGRASTATS_MAX_NAMES) {
        reading->line->sample.sensor_c[i] = value_c;
    }
}

static bool is_either(const char *word, const char *one, const char *other)
{
    return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

/* "RAM", or "19RAM" where a line was cut off: the beginning of another line. */
static bool holds_ram(const char *word)
{
    const char *ram = strstr(word, "RAM");
    return ram != NULL && ram[strlen("RAM")] == '\0' && strcmp(word, "IRAM") != 0;
}

/* A word in the light of the one before it. */
static bool read_word(struct reading *reading, const char *name, const char *word)
{
    struct dvfo_tegrastats_sample *sample = &reading->line->sample;
    double now_mw = 0.0;
    if (holds_ram(word)) {
        return give_up(reading, "holds a second 'RAM': a line is cut off and the next one follows on it");
    }
    if (is_either(word, "CPU", "cpu")) {
        return read_cores(reading);
    }
    if (is_either(name, "EMC_FREQ", "EMC") && !read_load(word, &sample->mem_load, &sample->mem_hz)) {
        return give_up(reading, "%s is '%.30s', expected 'load%%@MHz' or 'load%%'", name, word);
    }
    if (is_either(name, "GR3D_FREQ", "GR3D") && !read_load(word, &sample->gpu_load, &sample->gpu_hz)) {
        return give_up(reading, "%s is '%.30s', expected 'load%%@MHz' or 'load%%'", name, word);
    }
    if (is_rail(name, word, &now_mw)) {
        return add_rail(reading, name, now_mw);
    }
    add_sensor(reading, word);
    return true;
}

static void start_line(struct dvfo_tegrastats_line *line)
{
    memset(line, 0, sizeof *line);
    line->date_s = NAN;
    struct dvfo_tegrastats_sample *sample = &line->sample;
    sample->gpu_load = sample->gpu_hz = sample->mem_load = sample->mem_hz = NAN;
    for (size_t i = 0; i < DVFO_TEGRASTATS_MAX_CORES; i++) {
        sample->cpu_load[i] = sample->cpu_hz[i] = NAN;
    }
    for (size_t i = 0; i < DVFO_TEGRASTATS_MAX_NAMES; i++) {
        sample->rail_w[i] = sample->sensor_c[i] = NAN;
    }
}

bool dvfo_tegrastats_line_read(const char *text, struct dvfo_tegrastats *log, struct dvfo_tegrastats_line *line)
{
    struct reading reading = {text, log, line};
    char name[WORD_SIZE], word[WORD_SIZE];
    start_line(line);
    skip_blanks(&reading);
    if (isdigit((unsigned char)*reading.at) && !read_date(&reading)) {
        return false;
    }
    next_word(&reading, name);
    if (strcmp(name, "RAM") != 0) {
        return give_up(&reading, "begins with '%.20s', expected RAM as tegrastats writes it", name);
    }
    for (next_word(&reading, word); *reading.at != '\0' || word[0] != '\0'; next_word(&reading, word)) {
        if (!read_word(&reading, name, word)) {
            return false;
        }
        memcpy(name, word, sizeof name);
    }
    return line->cores > 0 || give_up(&reading, "ends before its list of cores");
}
