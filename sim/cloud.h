/* The cloud: c servers and a queue in front of them, Eq. (7).
 *
 * Requests are served in the order in which they come, each by the server that is free first. Arrivals come in order of
 * time (a link in front keeps it so), hence the end of service is known on arrival and nothing needs to wait in a list.
 */
#ifndef DVFO_CLOUD_H
#define DVFO_CLOUD_H

enum { DVFO_CLOUD_MAX_SERVERS = 64 };

struct dvfo_cloud {
    int servers;
    double free_s[DVFO_CLOUD_MAX_SERVERS]; /* from when on each server is free */
    double last_arrival_s;
};

/** @param servers  1..DVFO_CLOUD_MAX_SERVERS */
void dvfo_cloud_init(struct dvfo_cloud *cloud, int servers);

/** A request arrives and needs `service_s`. Arrivals must not go back in time.
 *  @param begin_s  when its service begins, NULL when of no interest
 *  @return         when its service ends */
double dvfo_cloud_serve(struct dvfo_cloud *cloud, double arrival_s, double service_s, double *begin_s);

#endif
