#include "sim/cloud.h"

#include <math.h>

#include "sim/base/status.h"

void dvfo_cloud_init(struct dvfo_cloud *cloud, int servers)
{
    DVFO_REQUIRE(servers >= 1 && servers <= DVFO_CLOUD_MAX_SERVERS);
    *cloud = (struct dvfo_cloud){.servers = servers};
}

double dvfo_cloud_serve(struct dvfo_cloud *cloud, double arrival_s, double service_s, double *begin_s)
{
    DVFO_REQUIRE(arrival_s >= cloud->last_arrival_s);
    cloud->last_arrival_s = arrival_s;
    int first_free = 0;
    for (int i = 1; i < cloud->servers; i++) {
        if (cloud->free_s[i] < cloud->free_s[first_free]) {
            first_free = i;
        }
    }
    const double begins_s = fmax(arrival_s, cloud->free_s[first_free]);
    cloud->free_s[first_free] = begins_s + service_s;
    if (begin_s != NULL) {
        *begin_s = begins_s;
    }
    return begins_s + service_s;
}
