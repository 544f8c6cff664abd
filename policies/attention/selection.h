/* Selection: which channels of a feature map stay on the device, and which are sent (profiles/accuracy_profile.h names
 * the ways). */
#ifndef DVFO_SELECTION_H
#define DVFO_SELECTION_H

#include <stdint.h>

/** Channels that are sent at a share, of C: at least one, and at least one stays, unless all or none are asked for.
 *  @param share_tenths  0..10 */
long dvfo_selection_sent(long C, int share_tenths);

/** Keep the C - sent channels of highest score in each column; of equals the first.
 *  @param score  (C, B)
 *  @param kept   (C, B) written: 1 stays, 0 is sent
 *  @param edge   (B) written: halfway between the lowest score kept and the highest sent; NULL: nobody asks */
void dvfo_selection_keep(long C, long B, long sent, const float *score, float *kept, float *edge);

#endif
