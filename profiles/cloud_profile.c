#include "profiles/cloud_profile.h"

#include <string.h>

#include "sim/base/data_path.h"

enum { MAX_SERVERS = 64 };

static dvfo_status read_cloud(struct dvfo_ctx *ctx, struct dvfo_yaml *yaml, struct dvfo_cloud_profile *cloud)
{
    static const char *const keys[] = {"name", "title", "t0_s", "flop_per_s", "servers", NULL};
    const dvfo_yaml_node root = dvfo_yaml_root(yaml);
    const char *name = NULL, *title = NULL;
    long long servers = 0;
    DVFO_TRY(dvfo_yaml_allow(ctx, root, keys));
    DVFO_TRY(dvfo_yaml_string(ctx, root, "name", &name));
    DVFO_TRY(dvfo_yaml_string(ctx, root, "title", &title));
    DVFO_TRY(dvfo_yaml_integer(ctx, root, "servers", 1, MAX_SERVERS, &servers));
    DVFO_TRY(dvfo_quantity_read(ctx, root, "t0_s", 0.0, 100.0, &cloud->t0_s));
    DVFO_TRY(dvfo_quantity_read(ctx, root, "flop_per_s", 1e6, 1e18, &cloud->flop_per_s));
    cloud->servers = (int)servers;
    cloud->name = dvfo_text_copy(name);
    cloud->title = dvfo_text_copy(title);
    cloud->path = dvfo_text_copy(dvfo_yaml_name(yaml));
    memcpy(cloud->sha256, dvfo_yaml_sha256(yaml), sizeof cloud->sha256);
    return cloud->name == NULL || cloud->title == NULL || cloud->path == NULL ? dvfo_fail_no_memory(ctx) : DVFO_OK;
}

dvfo_status dvfo_cloud_profile_load(struct dvfo_ctx *ctx, const char *name, struct dvfo_cloud_profile **out)
{
    *out = NULL;
    char path[DVFO_PATH_SIZE];
    struct dvfo_yaml *yaml = NULL;
    DVFO_TRY(dvfo_data_path(ctx, "cloud", "profiles/clouds", name, ".yaml", path));
    DVFO_TRY(dvfo_yaml_load(ctx, path, &yaml));
    struct dvfo_cloud_profile *cloud = calloc(1, sizeof *cloud);
    const dvfo_status status = cloud == NULL ? dvfo_fail_no_memory(ctx) : read_cloud(ctx, yaml, cloud);
    dvfo_yaml_free(yaml);
    if (status != DVFO_OK) {
        dvfo_cloud_profile_free(cloud);
        return status;
    }
    *out = cloud;
    return DVFO_OK;
}

void dvfo_cloud_profile_free(struct dvfo_cloud_profile *cloud)
{
    if (cloud == NULL) {
        return;
    }
    dvfo_quantity_free(&cloud->t0_s);
    dvfo_quantity_free(&cloud->flop_per_s);
    free(cloud->name);
    free(cloud->title);
    free(cloud->path);
    free(cloud);
}
