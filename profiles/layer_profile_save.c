#include "profiles/layer_profile.h"

#include <hdf5_hl.h>
#include <math.h>
#include <string.h>

#include "dvfo_version.h"
#include "profiles/layer_profile_format.h"
#include "sim/base/hdf.h"

enum { GRID_RANK = DVFO_DOMAINS, LAYER_RANK = DVFO_DOMAINS + 1, CLASS_SIZE = 24, STANDING_SIZE = 16 };

/* One file being written. The first refusal of HDF5 is kept; what follows does nothing then. */
struct writing {
    const struct dvfo_layer_profile *profile;
    hid_t file;
    hid_t scale[LAYER_RANK]; /* axes: cpu, gpu, mem, layer */
    bool failed;
};

static hid_t check(struct writing *w, hid_t id)
{
    w->failed |= id < 0;
    return id;
}

static void explain(struct writing *w, hid_t dataset, const char *units, const char *long_name, dvfo_standing standing,
                    const char *source)
{
    w->failed |= !dvfo_hdf_put_text(dataset, "units", units) || !dvfo_hdf_put_text(dataset, "long_name", long_name) ||
                 !dvfo_hdf_put_text(dataset, "standing", dvfo_standing_name(standing)) ||
                 !dvfo_hdf_put_text(dataset, "source", source);
}

static void create_group(struct writing *w, const char *name, const char *long_name)
{
    const hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(creation, false);
    const hid_t group = check(w, H5Gcreate2(w->file, name, H5P_DEFAULT, creation, H5P_DEFAULT));
    if (group >= 0) {
        w->failed |= !dvfo_hdf_put_text(group, "long_name", long_name);
        H5Gclose(group);
    }
    H5Pclose(creation);
}

/* Compressed, checksummed, without times; NaN where nothing is written. @return the dataset, to be closed, or -1 */
static hid_t write_dataset(struct writing *w, const char *name, int rank, const hsize_t size[], const hsize_t chunk[],
                           hid_t file_type, hid_t memory_type, const void *values)
{
    if (w->failed) {
        return -1;
    }
    const hid_t space = H5Screate_simple(rank, size, NULL);
    const hid_t creation = dvfo_hdf_compressed(rank, chunk);
    H5Pset_fletcher32(creation);
    if (H5Tget_class(memory_type) == H5T_FLOAT) {
        const double nan = (double)NAN;
        H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &nan);
    }
    const hid_t dataset = check(w, H5Dcreate2(w->file, name, file_type, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    if (dataset >= 0) {
        w->failed |= H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0;
    }
    H5Pclose(creation);
    H5Sclose(space);
    return dataset;
}

static void close_dataset(hid_t dataset)
{
    if (dataset >= 0) {
        H5Dclose(dataset);
    }
}

/* ---- axes ---- */

static void write_clocks(struct writing *w)
{
    static const char *const long_names[] = {"CPU clock", "GPU clock", "memory clock"};
    create_group(w, "/clocks", "axes of the grid");
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const char *domain = dvfo_domain_name((dvfo_domain)d);
        const hsize_t levels = w->profile->levels[d];
        char name[32];
        snprintf(name, sizeof name, "/clocks/%s", domain);
        w->scale[d] = write_dataset(w, name, 1, &levels, &levels, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, w->profile->hz[d]);
        if (!w->failed) {
            explain(w, w->scale[d], "Hz", long_names[d], DVFO_DOCUMENTED, "clocks as they were set");
            w->failed |= H5DSset_scale(w->scale[d], domain) < 0;
        }
    }
}

/* A column of texts, each with room for the longest, and for `least` bytes: one may be replaced by another. */
static void write_texts(struct writing *w, const char *name, const char *long_name, const char *source,
                        const char *const texts[], size_t count, size_t least)
{
    size_t size = least;
    for (size_t i = 0; i < count; i++) {
        size = strlen(texts[i]) + 1 > size ? strlen(texts[i]) + 1 : size;
    }
    char *cells = calloc(count, size);
    w->failed |= cells == NULL;
    for (size_t i = 0; cells != NULL && i < count; i++) {
        memcpy(cells + i * size, texts[i], strlen(texts[i]));
    }
    const hid_t type = dvfo_hdf_text_type(size);
    const hsize_t rows = count;
    const hid_t dataset = write_dataset(w, name, 1, &rows, &rows, type, type, cells);
    if (!w->failed) {
        explain(w, dataset, "1", long_name, DVFO_DOCUMENTED, source);
        if (w->scale[DVFO_DOMAINS] >= 0 && strncmp(name, "/layers/", strlen("/layers/")) == 0) {
            w->failed |= H5DSattach_scale(dataset, w->scale[DVFO_DOMAINS], 0) < 0;
        }
    }
    close_dataset(dataset);
    H5Tclose(type);
    free(cells);
}

static void write_index(struct writing *w, const char *source)
{
    const hsize_t n = w->profile->n;
    int *index = malloc(w->profile->n * sizeof *index);
    w->failed |= index == NULL;
    for (size_t i = 0; index != NULL && i < w->profile->n; i++) {
        index[i] = (int)i;
    }
    w->scale[DVFO_DOMAINS] = write_dataset(w, "/layers/layer", 1, &n, &n, H5T_STD_I32LE, H5T_NATIVE_INT, index);
    if (!w->failed) {
        explain(w, w->scale[DVFO_DOMAINS], "1", "index of the layer, in the order of the network", DVFO_DOCUMENTED,
                source);
        w->failed |= H5DSset_scale(w->scale[DVFO_DOMAINS], "layer") < 0;
    }
    free(index);
}

static void write_work(struct writing *w, const char *source)
{
    const hsize_t n = w->profile->n;
    const hid_t dataset =
        write_dataset(w, "/layers/work_flop", 1, &n, &n, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, w->profile->work_flop);
    if (!w->failed) {
        explain(w, dataset, "FLOP", "work, 2 per multiply-add", DVFO_DOCUMENTED, source);
        w->failed |= H5DSattach_scale(dataset, w->scale[DVFO_DOMAINS], 0) < 0;
    }
    close_dataset(dataset);
}

static void write_layers(struct writing *w)
{
    const struct dvfo_layer_profile *profile = w->profile;
    const char **texts = malloc(profile->n * sizeof *texts);
    static const char source[] = "the network's description";
    w->failed |= texts == NULL;
    create_group(w, "/layers", "layers of the network in its order");
    write_index(w, source);
    if (texts != NULL) {
        write_texts(w, "/layers/name", "name of the layer", source, (const char *const *)profile->layer_name,
                    profile->n, 1);
        for (size_t i = 0; i < profile->n; i++) {
            texts[i] = dvfo_op_name(profile->op[i]);
        }
        write_texts(w, "/layers/op", "operator class of the layer", source, texts, profile->n, CLASS_SIZE);
        for (size_t i = 0; i < profile->n; i++) {
            texts[i] = dvfo_standing_name(profile->standing[i]);
        }
        write_texts(w, "/layers/standing", "how well /latency/gpu of the layer is known", "see /latency/gpu", texts,
                    profile->n, STANDING_SIZE);
    }
    write_work(w, source);
    free(texts);
}

/* ---- costs ---- */

/* All NaN with the same bits, wherever they came from. */
static double *copy_values(const double *value, size_t count)
{
    double *copy = malloc(count * sizeof *copy);
    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = isnan(value[i]) ? (double)NAN : value[i];
    }
    return copy;
}

static void write_cost(struct writing *w, const struct dvfo_layer_cost_kind *kind, const struct dvfo_layer_cost *cost)
{
    static const char *const axes[LAYER_RANK] = {"cpu", "gpu", "mem", "layer"};
    const size_t *levels = w->profile->levels;
    const int rank = kind->per_layer ? LAYER_RANK : GRID_RANK;
    const hsize_t size[] = {levels[DVFO_CPU], levels[DVFO_GPU], levels[DVFO_MEM], w->profile->n};
    const hsize_t chunk[] = {1, size[1], size[2], size[3]};
    char name[64];
    snprintf(name, sizeof name, "/%s", kind->name);
    double *values = copy_values(cost->value, dvfo_layer_profile_values(w->profile, kind));
    w->failed |= values == NULL;
    const hid_t dataset = write_dataset(w, name, rank, size, chunk, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values);
    if (!w->failed) {
        explain(w, dataset, kind->units, kind->long_name, cost->standing, cost->source);
    }
    for (int axis = 0; axis < rank && !w->failed; axis++) {
        w->failed |= H5DSattach_scale(dataset, w->scale[axis], (unsigned)axis) < 0 ||
                     H5DSset_label(dataset, (unsigned)axis, axes[axis]) < 0;
    }
    close_dataset(dataset);
    free(values);
}

static void write_costs(struct writing *w)
{
    create_group(w, "/latency", "times per layer, and once per request");
    create_group(w, "/energy", "energies per layer, and once per request");
    create_group(w, "/traffic", "bytes moved between memory and processors");
    create_group(w, "/activity", "what measured power says of how busy the domains were");
    for (const struct dvfo_layer_cost_kind *kind = dvfo_layer_cost_kinds; kind->name != NULL; kind++) {
        const struct dvfo_layer_cost *cost = dvfo_layer_profile_cost_of(w->profile, kind);
        if (cost->value != NULL) {
            write_cost(w, kind, cost);
        }
    }
}

/* ---- the rest ---- */

static void write_input_shape(struct writing *w)
{
    const long long shape[] = {w->profile->input.channels, w->profile->input.height, w->profile->input.width};
    const hsize_t size = 3;
    const hid_t space = H5Screate_simple(1, &size, NULL);
    const hid_t attribute = check(w, H5Acreate2(w->file, "input", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT));
    if (attribute >= 0) {
        w->failed |= H5Awrite(attribute, H5T_NATIVE_LLONG, shape) < 0;
        H5Aclose(attribute);
    }
    H5Sclose(space);
}

static void write_root(struct writing *w)
{
    const struct dvfo_layer_profile *profile = w->profile;
    const struct {
        const char *name, *text;
    } rows[] = {
        {"title", "latency and energy of each layer over clocks"},
        {"schema", DVFO_LAYER_SCHEMA},
        {"program", "dvfo " DVFO_VERSION},
        {"origin", profile->program},
        {"board", profile->board},
        {"runtime", profile->runtime},
        {"precision", profile->precision},
        {"network", profile->network},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        w->failed |= !dvfo_hdf_put_text(w->file, rows[i].name, rows[i].text);
    }
    w->failed |= !dvfo_hdf_put_integer(w->file, "schema_version", DVFO_LAYER_SCHEMA_VERSION);
    write_input_shape(w);
}

static void write_inputs(struct writing *w)
{
    const struct dvfo_layer_profile *profile = w->profile;
    const char *kinds[DVFO_LAYER_PROFILE_INPUTS], *names[DVFO_LAYER_PROFILE_INPUTS];
    const char *hashes[DVFO_LAYER_PROFILE_INPUTS];
    for (size_t i = 0; i < profile->made_from_count; i++) {
        kinds[i] = profile->made_from[i].kind;
        names[i] = profile->made_from[i].name;
        hashes[i] = profile->made_from[i].sha256;
    }
    static const char source[] = "as read";
    create_group(w, "/inputs", "files that the profile was made from");
    write_texts(w, "/inputs/kind", "what it is", source, kinds, profile->made_from_count, 1);
    write_texts(w, "/inputs/name", "its name", source, names, profile->made_from_count, 1);
    write_texts(w, "/inputs/sha256", "SHA-256 of its bytes", source, hashes, profile->made_from_count, 1);
}

static bool write_file(const void *contents, const char *path)
{
    const struct dvfo_layer_profile *profile = contents;
    struct writing w = {.profile = profile, .scale = {-1, -1, -1, -1}};
    w.file = check(&w, dvfo_hdf_create(path));
    if (w.failed) {
        return false;
    }
    write_root(&w);
    write_clocks(&w);
    write_layers(&w);
    write_costs(&w);
    write_inputs(&w);
    for (int axis = 0; axis < LAYER_RANK; axis++) {
        close_dataset(w.scale[axis]);
    }
    w.failed |= H5Fclose(w.file) < 0;
    return !w.failed;
}

dvfo_status dvfo_layer_profile_save(struct dvfo_ctx *ctx, const struct dvfo_layer_profile *profile, const char *path)
{
    return dvfo_hdf_save(ctx, path, "the layer profile", write_file, profile);
}
