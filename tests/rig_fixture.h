/* What the suites of the rig share: waiting for what another thread does, and news. */
#ifndef DVFO_RIG_FIXTURE_H
#define DVFO_RIG_FIXTURE_H

#include "bench/live/rig/rig.h"

#define RIG_PATIENCE_S 20.0 /* of a busy machine; nothing here takes so long */

/** Look until `is_so` says so. @return whether it did within the patience */
bool rig_wait(struct dvfo_rig *rig, bool (*is_so)(struct dvfo_rig *rig, const struct dvfo_rig_look *look));

/** Read the account at this moment. */
struct dvfo_rig_energy rig_energy(struct dvfo_rig *rig);

/** Fetch all news into one text, a sentence a line. @return how many */
size_t rig_news(struct dvfo_rig *rig, char *text, size_t size);

/** A note of the context's, added to a text of 4096 bytes. */
void rig_note(void *user, const char *sentence);

#endif
