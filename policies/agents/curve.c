#include "policies/agents/curve.h"

#include <stdlib.h>

void dvfo_curve_free(struct dvfo_curve *curve)
{
    free(curve->point);
    *curve = (struct dvfo_curve){0};
}

bool dvfo_curve_add(struct dvfo_curve *curve, const struct dvfo_curve_point *point)
{
    if (curve->count == curve->size) {
        const size_t size = curve->size == 0 ? 32 : 2 * curve->size;
        struct dvfo_curve_point *grown = realloc(curve->point, size * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        curve->point = grown;
        curve->size = size;
    }
    curve->point[curve->count++] = *point;
    return true;
}
