/* What dvfo run writes, read back by other means: the result file by HDF5, the timeline as JSON. */
#include <criterion/criterion.h>
#include <hdf5.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

enum { REQUESTS = 300, TRIALS = 4, MAX_ROWS = REQUESTS * TRIALS };

static struct said said;

/* Four policies that compute here, there and on both sides, over a link with an outage, with idle time in between. */
static void run_with_files(void)
{
    command_make_folder();
    command_dvfo("run -b $DATA/small-board.yaml -n $DATA/small-network.yaml -t $DATA/small-trace.csv --requests 300 "
                 "-p edge-only,cloud-only,oracle-all,random --arrivals poisson:20 --seed 5 --format csv "
                 "--out run.h5 --timeline run.json",
                 &said);
    cr_assert(said.code == 0, "%s", said.err);
}

TestSuite(run_files, .init = run_with_files, .fini = command_remove_folder);

static hid_t open_file(void)
{
    const hid_t file = H5Fopen("run.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert(file >= 0);
    return file;
}

/* A column of numbers. @return its rows */
static size_t read_column(hid_t file, const char *name, double values[MAX_ROWS])
{
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    cr_assert(dataset >= 0, "%s", name);
    const hid_t space = H5Dget_space(dataset);
    const hssize_t rows = H5Sget_simple_extent_npoints(space);
    cr_assert(rows >= 0 && rows <= MAX_ROWS, "%s: %lld rows", name, (long long)rows);
    cr_assert(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, "%s", name);
    H5Sclose(space);
    H5Dclose(dataset);
    return (size_t)rows;
}

/* Sum of a column over the rows of one trial. */
static double sum_of_trial(hid_t file, const char *group, const char *column, int trial)
{
    static double trials[MAX_ROWS], values[MAX_ROWS];
    char name[128];
    snprintf(name, sizeof name, "%s/trial", group);
    const size_t rows = read_column(file, name, trials);
    snprintf(name, sizeof name, "%s/%s", group, column);
    cr_assert(read_column(file, name, values) == rows);
    double sum = 0.0;
    for (size_t i = 0; i < rows; i++) {
        sum += trials[i] == trial ? values[i] : 0.0;
    }
    return sum;
}

Test(run_files, energy_of_requests_and_gap_of_rails_and_of_causes_agree)
{
    const hid_t file = open_file();
    static double energy_j[MAX_ROWS], gap_j[MAX_ROWS], requests[MAX_ROWS];
    cr_assert(read_column(file, "/trials/energy_j", energy_j) == TRIALS);
    cr_assert(read_column(file, "/trials/gap_j", gap_j) == TRIALS);
    cr_assert(read_column(file, "/trials/requests", requests) == TRIALS);
    for (int t = 0; t < TRIALS; t++) {
        const double total_j = energy_j[t] * requests[t];
        const double owned_j = sum_of_trial(file, "/requests", "energy_j", t) + gap_j[t] * requests[t];
        const double rails_j = sum_of_trial(file, "/energy_by_rail", "energy_j", t);
        const double causes_j = sum_of_trial(file, "/energy_by_cause", "energy_j", t);
        cr_expect(requests[t] == REQUESTS);
        cr_expect(gap_j[t] > 0.0, "trial %d: the device idles between arrivals", t);
        cr_expect(fabs(owned_j / total_j - 1.0) < 1e-9, "trial %d: requests and gap %.17g, total %.17g", t, owned_j,
                  total_j);
        cr_expect(fabs(rails_j / total_j - 1.0) < 1e-9, "trial %d: rails %.17g, total %.17g", t, rails_j, total_j);
        cr_expect(fabs(causes_j / total_j - 1.0) < 1e-9, "trial %d: causes %.17g, total %.17g", t, causes_j, total_j);
    }
    H5Fclose(file);
}

Test(run_files, every_request_has_a_row_and_its_times_follow_each_other)
{
    const hid_t file = open_file();
    static double arrival_s[MAX_ROWS], start_s[MAX_ROWS], end_s[MAX_ROWS], latency_s[MAX_ROWS], share[MAX_ROWS];
    cr_assert(read_column(file, "/requests/arrival_s", arrival_s) == MAX_ROWS);
    cr_assert(read_column(file, "/requests/start_s", start_s) == MAX_ROWS);
    cr_assert(read_column(file, "/requests/end_s", end_s) == MAX_ROWS);
    cr_assert(read_column(file, "/requests/latency_s", latency_s) == MAX_ROWS);
    cr_assert(read_column(file, "/requests/share", share) == MAX_ROWS);
    for (size_t i = 0; i < MAX_ROWS; i++) {
        cr_expect(arrival_s[i] <= start_s[i] && start_s[i] < end_s[i], "row %zu", i);
        cr_expect(fabs(latency_s[i] - (end_s[i] - arrival_s[i])) < 1e-12, "row %zu", i);
        cr_expect(share[i] >= 0.0 && share[i] <= 1.0, "row %zu", i);
    }
    H5Fclose(file);
}

/* Text of an attribute; "" when there is none. */
static void read_attribute(hid_t object, const char *name, char *text, size_t size)
{
    memset(text, 0, size);
    if (H5Aexists(object, name) <= 0) {
        return;
    }
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), type = H5Aget_type(attribute);
    cr_assert(H5Tget_size(type) < size);
    H5Aread(attribute, type, text);
    H5Tclose(type);
    H5Aclose(attribute);
}

static herr_t look_at(hid_t file, const char *name, const H5O_info_t *info, void *datasets)
{
    static char text[8192];
    const hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    read_attribute(object, "long_name", text, sizeof text);
    cr_expect(strcmp(name, ".") == 0 || text[0] != '\0', "%s has a long_name", name);
    if (info->type == H5O_TYPE_DATASET) {
        read_attribute(object, "units", text, sizeof text);
        cr_expect(text[0] != '\0', "%s has units", name);
        cr_expect(info->mtime == 0, "%s notes no time", name);
        ++*(int *)datasets;
    }
    H5Oclose(object);
    return 0;
}

Test(run_files, the_result_file_explains_itself)
{
    const hid_t file = open_file();
    int datasets = 0;
    cr_assert(H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, look_at, &datasets, H5O_INFO_ALL) >= 0);
    cr_expect(datasets > 50);
    static const char *const names[] = {"title", "schema", "program", "blas_kernel", "configuration"};
    static char text[8192];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        read_attribute(file, names[i], text, sizeof text);
        cr_expect(text[0] != '\0', "the root has a %s", names[i]);
    }
    cr_expect(strstr(text, "\nseed: 5\n") != NULL && strstr(text, "\narrivals: poisson\n") != NULL, "%s", text);
    H5Fclose(file);
}

Test(run_files, rows_are_left_out_on_demand)
{
    command_dvfo(
        "run -b $DATA/small-board.yaml -n $DATA/small-network.yaml -p edge-only --no-requests --out bare.h5 && "
        "h5dump -n 1 bare.h5",
        &said);
    cr_expect(said.code == 0 && command_says(&said, "/trials/energy_j") && !command_says(&said, "/requests/energy_j"),
              "%s", said.err);
}

/* ---- timeline ---- */

static const char *text_of(const json_t *event, const char *key)
{
    return json_string_value(json_object_get(event, key));
}

static double number_of(const json_t *event, const char *key)
{
    return json_number_value(json_object_get(event, key));
}

static json_t *load_timeline(void)
{
    json_error_t error;
    json_t *root = json_load_file("run.json", JSON_REJECT_DUPLICATES, &error);
    cr_assert(root != NULL, "line %d: %s", error.line, error.text);
    return root;
}

/* A span of one track, or a step of one counter. */
struct event {
    double begin_us, end_us, value;
};

static int by_begin(const void *a, const void *b)
{
    const double x = ((const struct event *)a)->begin_us, y = ((const struct event *)b)->begin_us;
    return (x > y) - (x < y);
}

/* Events of one kind in one trial, in order of time: spans ("X") of a track or steps ("C") of a counter. */
static size_t collect(const json_t *root, const char *phase, int trial, int track, const char *name, struct event **out)
{
    const json_t *events = json_object_get(root, "traceEvents");
    struct event *list = calloc(json_array_size(events), sizeof *list);
    cr_assert(list != NULL);
    size_t count = 0, i;
    const json_t *event;
    json_array_foreach(events, i, event)
    {
        if (strcmp(text_of(event, "ph"), phase) != 0 || (int)number_of(event, "pid") != trial ||
            (track != 0 && (int)number_of(event, "tid") != track) ||
            (name != NULL && strcmp(text_of(event, "name"), name) != 0)) {
            continue;
        }
        const double begin_us = number_of(event, "ts");
        list[count++] = (struct event){begin_us, begin_us + number_of(event, "dur"),
                                       number_of(json_object_get(event, "args"), "W")};
    }
    qsort(list, count, sizeof *list, by_begin);
    *out = list;
    return count;
}

Test(run_files, spans_of_a_track_do_not_overlap)
{
    json_t *root = load_timeline();
    size_t spans = 0;
    for (int trial = 1; trial <= TRIALS; trial++) {
        for (int track = 1; track <= 7; track++) {
            struct event *span;
            const size_t count = collect(root, "X", trial, track, NULL, &span);
            for (size_t i = 0; i + 1 < count; i++) {
                cr_expect(span[i].end_us <= span[i + 1].begin_us + 0.002, /* written to the nanosecond */
                          "trial %d, track %d: %.3f to %.3f us, then %.3f", trial, track, span[i].begin_us,
                          span[i].end_us, span[i + 1].begin_us);
            }
            spans += count;
            free(span);
        }
    }
    cr_expect(spans > MAX_ROWS);
    json_decref(root);
}

Test(run_files, the_power_counter_integrates_to_the_energy)
{
    json_t *root = load_timeline();
    const hid_t file = open_file();
    static double energy_j[MAX_ROWS], time_s[MAX_ROWS];
    read_column(file, "/trials/energy_j", energy_j);
    read_column(file, "/trials/time_s", time_s);
    for (int trial = 1; trial <= TRIALS; trial++) {
        struct event *step;
        const size_t count = collect(root, "C", trial, 0, "power", &step);
        cr_assert(count > 1);
        double sum_j = 0.0;
        for (size_t i = 0; i < count; i++) {
            const double end_us = i + 1 < count ? step[i + 1].begin_us : 1e6 * time_s[trial - 1];
            sum_j += step[i].value * (end_us - step[i].begin_us) * 1e-6;
        }
        const double total_j = energy_j[trial - 1] * REQUESTS;
        cr_expect(fabs(sum_j / total_j - 1.0) < 1e-4, /* six digits of each power */
                  "trial %d: %.9g J from the counter, %.9g J reported", trial, sum_j, total_j);
        free(step);
    }
    H5Fclose(file);
    json_decref(root);
}
