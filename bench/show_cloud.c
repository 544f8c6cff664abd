/* dvfo show cloud: Eq. (7), t0 + W / R, with standing and source. */
#include "bench/show.h"
#include "profiles/cloud_profile.h"

static void add_row(struct dvfo_table *table, const char *name, const char *unit, const struct dvfo_quantity *quantity)
{
    dvfo_table_text(table, name);
    dvfo_table_number(table, quantity->value, 4);
    dvfo_table_text(table, unit);
    dvfo_table_text(table, dvfo_standing_name(quantity->standing));
    dvfo_table_number(table, quantity->low, 3);
    dvfo_table_number(table, quantity->high, 3);
    dvfo_table_text(table, quantity->source);
}

dvfo_status dvfo_show_cloud(struct dvfo_ctx *ctx, const char *name, dvfo_table_format format)
{
    static const char *const columns[] = {"coefficient", "value", "unit", "standing", "low", "high", "source", NULL};
    struct dvfo_cloud_profile *cloud = NULL;
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_cloud_profile_load(ctx, name, &cloud));
    dvfo_status status = dvfo_table_create(ctx, columns, &table);
    if (status == DVFO_OK) {
        if (format == DVFO_TABLE_TEXT) {
            printf("%s (%s), %d request%s at once; %s\ntime of a request: t0 + work / R\n\n", cloud->title, cloud->name,
                   cloud->servers, cloud->servers == 1 ? "" : "s", cloud->path);
        }
        add_row(table, "t0", "s", &cloud->t0_s);
        add_row(table, "R", "FLOP/s", &cloud->flop_per_s);
        status = dvfo_table_print(ctx, table, format, stdout);
    }
    dvfo_table_free(table);
    dvfo_cloud_profile_free(cloud);
    return status;
}
