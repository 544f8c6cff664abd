#include "bench/live/complaint.h"

const char *dvfo_complaint_text(dvfo_complaint complaint)
{
    switch (complaint) {
#define DVFO_COMPLAINT_TEXT(name, code, ends, text)                                                                    \
    case DVFO_COMPLAINT_##name:                                                                                        \
        return text;
        DVFO_COMPLAINT_LIST(DVFO_COMPLAINT_TEXT)
#undef DVFO_COMPLAINT_TEXT
    }
    return "unknown complaint";
}

bool dvfo_complaint_ends(dvfo_complaint complaint)
{
    switch (complaint) {
#define DVFO_COMPLAINT_ENDS(name, code, ends, text)                                                                    \
    case DVFO_COMPLAINT_##name:                                                                                        \
        return ends;
        DVFO_COMPLAINT_LIST(DVFO_COMPLAINT_ENDS)
#undef DVFO_COMPLAINT_ENDS
    }
    return true;
}
