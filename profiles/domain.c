#include "profiles/board.h"

const char *dvfo_domain_name(dvfo_domain domain)
{
    static const char *const names[DVFO_DOMAINS] = {"cpu", "gpu", "mem"};
    return names[domain];
}

const char *dvfo_wait_name(dvfo_wait wait)
{
    static const char *const names[] = {"spin", "block", "work"};
    return names[wait];
}
