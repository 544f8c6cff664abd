#include "policies/nn/fields_file.h"

#include <string.h>

#include "sim/base/hdf.h"

static bool write_field(hid_t at, const struct dvfo_field *field, const void *def)
{
    const double value = dvfo_field_number(field, def);
    uint64_t count;
    switch (field->kind) {
    case DVFO_FIELD_NUMBER:
        return dvfo_hdf_put_number(at, field->name, value);
    case DVFO_FIELD_CHOICE:
        return dvfo_hdf_put_text(at, field->name, field->choices[(size_t)value]);
    case DVFO_FIELD_COUNT: /* all 64 bits of a seed */
        memcpy(&count, (const char *)def + field->offset, sizeof count);
        return dvfo_hdf_put_integer(at, field->name, count);
    case DVFO_FIELD_WHOLE:
    case DVFO_FIELD_SWITCH:
        break;
    }
    return dvfo_hdf_put_integer(at, field->name, (uint64_t)value);
}

bool dvfo_fields_save(hid_t at, const struct dvfo_field *fields, const void *def)
{
    bool written = true;
    for (const struct dvfo_field *field = fields; written && field->name != NULL; field++) {
        written = write_field(at, field, def);
    }
    return written;
}

/* ---- reading ---- */

static dvfo_status read_choice(const struct dvfo_hdf_reader *r, hid_t at, const char *of,
                               const struct dvfo_field *field, void *def)
{
    char text[DVFO_HDF_TEXT + 1];
    DVFO_TRY(dvfo_hdf_text(r, at, of, field->name, text));
    for (size_t i = 0; field->choices[i] != NULL; i++) {
        if (strcmp(field->choices[i], text) == 0) {
            dvfo_field_set(field, (double)i, def);
            return DVFO_OK;
        }
    }
    return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s, %s' is '%.60s', expected '%s' or '%s'", r->name, of, field->name,
                     text, field->choices[0], field->choices[1]);
}

static dvfo_status read_field(const struct dvfo_hdf_reader *r, hid_t at, const char *of, const struct dvfo_field *field,
                              void *def)
{
    double number = 0.0;
    uint64_t count = 0;
    if (field->kind == DVFO_FIELD_CHOICE) {
        return read_choice(r, at, of, field, def);
    }
    if (field->kind == DVFO_FIELD_NUMBER) {
        DVFO_TRY(dvfo_hdf_number(r, at, of, field->name, &number));
    } else {
        DVFO_TRY(dvfo_hdf_count(r, at, of, field->name, &count));
        number = (double)count;
    }
    if (!(number >= field->low && number <= field->high)) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s, %s' is %g, expected %g to %g", r->name, of, field->name,
                         number, field->low, field->high);
    }
    if (field->kind == DVFO_FIELD_COUNT) {
        memcpy((char *)def + field->offset, &count, sizeof count);
    } else {
        dvfo_field_set(field, number, def);
    }
    return DVFO_OK;
}

dvfo_status dvfo_fields_load(const struct dvfo_hdf_reader *r, hid_t at, const char *of, const struct dvfo_field *fields,
                             void *def)
{
    for (const struct dvfo_field *field = fields; field->name != NULL; field++) {
        DVFO_TRY(read_field(r, at, of, field, def));
    }
    return DVFO_OK;
}
