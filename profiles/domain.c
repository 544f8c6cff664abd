#include "profiles/board.h"

const char *dvfo_domain_name(dvfo_domain domain)
{
    static const char *const names[DVFO_DOMAINS] = {"cpu", "gpu", "mem"};
    return names[domain];
}

const char *dvfo_standing_name(dvfo_standing standing)
{
    static const char *const names[] = {"measured", "calibrated", "documented", "assumption"};
    return names[standing];
}
