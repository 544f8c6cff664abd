#include "sim/world.h"

const char *dvfo_place_name(dvfo_place place)
{
    static const char *const names[] = {
#define DVFO_PLACE_NAME(name, text) text,
        DVFO_PLACE_LIST(DVFO_PLACE_NAME)
#undef DVFO_PLACE_NAME
    };
    return place < DVFO_PLACE_COUNT ? names[place] : "?";
}
