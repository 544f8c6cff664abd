#include "policies/nn/branching_file.h"

#include <math.h>

#include "sim/base/hdf.h"

static bool write_sizes(hid_t file, const char *group, const char *name, const char *long_name, long count,
                        const long *sizes)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", group, name);
    return dvfo_hdf_put_block(file,
                              &(struct dvfo_hdf_block){.path = path,
                                                       .rank = 1,
                                                       .size = {(hsize_t)count},
                                                       .type = H5T_NATIVE_LONG,
                                                       .units = "1",
                                                       .long_name = long_name},
                              sizes);
}

static bool write_tensor(hid_t file, const char *group, const struct dvfo_branching *net, size_t t)
{
    const struct dvfo_branching_tensor *tensor = &net->tensor[t];
    char path[64];
    snprintf(path, sizeof path, "%s/%s", group, tensor->name);
    return dvfo_hdf_put_block(file,
                              &(struct dvfo_hdf_block){.path = path,
                                                       .rank = 2,
                                                       .size = {(hsize_t)tensor->rows, (hsize_t)tensor->columns},
                                                       .type = H5T_NATIVE_FLOAT,
                                                       .units = "1",
                                                       .long_name = "parameters, a row per input"},
                              net->parameters + tensor->offset);
}

bool dvfo_branching_write(hid_t file, const char *group, const char *long_name, const struct dvfo_branching *net)
{
    const struct dvfo_branching_def *def = &net->def;
    if (!dvfo_hdf_put_group(file, group, long_name)) {
        return false;
    }
    const hid_t at = H5Gopen2(file, group, H5P_DEFAULT);
    bool written = at >= 0 && dvfo_hdf_put_integer(at, "inputs", (uint64_t)def->inputs) &&
                   dvfo_hdf_put_integer(at, "layers", (uint64_t)def->layers) &&
                   dvfo_hdf_put_integer(at, "branches", (uint64_t)def->branches) &&
                   dvfo_hdf_put_integer(at, "head_width", (uint64_t)def->head_width) &&
                   dvfo_hdf_put_integer(at, "dueling", def->dueling) &&
                   dvfo_hdf_put_integer(at, "plain_sum", def->plain_sum);
    H5Gclose(at);
    written = written &&
              write_sizes(file, group, "width", "units of each layer of the trunk", def->layers, def->width) &&
              write_sizes(file, group, "choices", "choices of each branch", def->branches, def->choices);
    for (size_t t = 0; written && t < net->tensors; t++) {
        written = write_tensor(file, group, net, t);
    }
    return written;
}

/* ---- reading ---- */

static dvfo_status read_long(const struct dvfo_hdf_reader *r, hid_t at, const char *group, const char *name,
                             uint64_t highest, long *out)
{
    uint64_t value = 0;
    DVFO_TRY(dvfo_hdf_count(r, at, group, name, &value));
    if (value > highest) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s, %s' is %llu, expected up to %llu", r->name, group, name,
                         (unsigned long long)value, (unsigned long long)highest);
    }
    *out = (long)value;
    return DVFO_OK;
}

static dvfo_status read_attributes(const struct dvfo_hdf_reader *r, hid_t at, const char *group,
                                   struct dvfo_branching_def *def)
{
    long dueling = 0, plain_sum = 0;
    DVFO_TRY(read_long(r, at, group, "inputs", 1 << 16, &def->inputs));
    DVFO_TRY(read_long(r, at, group, "layers", DVFO_BRANCHING_LAYERS, &def->layers));
    DVFO_TRY(read_long(r, at, group, "branches", DVFO_BRANCHING_BRANCHES, &def->branches));
    DVFO_TRY(read_long(r, at, group, "head_width", 1 << 16, &def->head_width));
    DVFO_TRY(read_long(r, at, group, "dueling", 1, &dueling));
    DVFO_TRY(read_long(r, at, group, "plain_sum", 1, &plain_sum));
    def->dueling = dueling != 0;
    def->plain_sum = plain_sum != 0;
    return DVFO_OK;
}

static dvfo_status read_def(const struct dvfo_hdf_reader *r, const char *group, struct dvfo_branching_def *def)
{
    hid_t at = -1;
    DVFO_TRY(dvfo_hdf_group(r, group, &at));
    const dvfo_status status = read_attributes(r, at, group, def);
    H5Gclose(at);
    DVFO_TRY(status);
    const hsize_t layers = (hsize_t)def->layers, branches = (hsize_t)def->branches;
    DVFO_TRY(dvfo_hdf_block(r, group, "width", 1, &layers, H5T_NATIVE_LONG, def->width));
    return dvfo_hdf_block(r, group, "choices", 1, &branches, H5T_NATIVE_LONG, def->choices);
}

static dvfo_status read_tensor(const struct dvfo_hdf_reader *r, const char *group, struct dvfo_branching *net, size_t t)
{
    const struct dvfo_branching_tensor *tensor = &net->tensor[t];
    const hsize_t size[] = {(hsize_t)tensor->rows, (hsize_t)tensor->columns};
    float *values = net->parameters + tensor->offset;
    DVFO_TRY(dvfo_hdf_block(r, group, tensor->name, 2, size, H5T_NATIVE_FLOAT, values));
    for (hsize_t i = 0; i < size[0] * size[1]; i++) {
        if (!isfinite(values[i])) {
            return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s/%s' holds %g", r->name, group, tensor->name,
                             (double)values[i]);
        }
    }
    return DVFO_OK;
}

dvfo_status dvfo_branching_read(const struct dvfo_hdf_reader *r, const char *group, struct dvfo_branching **out)
{
    struct dvfo_branching_def def = {0};
    struct dvfo_branching *net = NULL;
    *out = NULL;
    DVFO_TRY(read_def(r, group, &def));
    DVFO_TRY(dvfo_branching_create(r->ctx, &def, &net));
    for (size_t t = 0; t < net->tensors; t++) {
        const dvfo_status status = read_tensor(r, group, net, t);
        if (status != DVFO_OK) {
            dvfo_branching_free(net);
            return status;
        }
    }
    dvfo_branching_fold(net);
    *out = net;
    return DVFO_OK;
}
