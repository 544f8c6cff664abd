#include "rig_fixture.h"

#include <string.h>

#include "profiles/hardware/pace.h"

bool rig_wait(struct dvfo_rig *rig, bool (*is_so)(struct dvfo_rig *rig, const struct dvfo_rig_look *look))
{
    const double until_s = dvfo_pace_now_s() + RIG_PATIENCE_S;
    struct dvfo_rig_look look;
    bool so = false;
    do {
        dvfo_rig_look(rig, &look);
        so = is_so(rig, &look);
    } while (!so && dvfo_pace_now_s() < until_s && dvfo_pace_sleep(0.002, NULL));
    return so;
}

struct dvfo_rig_energy rig_energy(struct dvfo_rig *rig)
{
    struct dvfo_rig_energy energy;
    dvfo_rig_energy(rig, dvfo_pace_now_s(), &energy);
    return energy;
}

size_t rig_news(struct dvfo_rig *rig, char *text, size_t size)
{
    char sentence[DVFO_RIG_NEWS_SIZE];
    size_t count = 0;
    text[0] = '\0';
    while (dvfo_rig_next_news(rig, sentence)) {
        const size_t used = strlen(text);
        snprintf(text + used, size - used, "%s\n", sentence);
        count++;
    }
    return count;
}

void rig_note(void *user, const char *sentence)
{
    char *text = user;
    const size_t used = strlen(text);
    snprintf(text + used, 4096 - used, "%s\n", sentence);
}
