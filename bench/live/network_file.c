#include "bench/live/network_file.h"

#include <string.h>

#include "policies/attention/schooling_file.h"

#define MAX_FILE_BYTE ((size_t)1 << 30)

static unsigned nibble(char digit)
{
    return digit <= '9' ? (unsigned)(digit - '0') : (unsigned)(digit - 'a' + 10);
}

static void read_hex(const char *hex, uint8_t bytes[DVFO_FINGERPRINT_BYTE])
{
    for (size_t i = 0; i < DVFO_FINGERPRINT_BYTE; i++) {
        bytes[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    }
}

static dvfo_status check(struct dvfo_ctx *ctx, const char *path, const struct dvfo_schooling *schooling,
                         struct dvfo_map *map)
{
    const struct dvfo_collaborative *net = &schooling->net;
    if (schooling->lesson <= DVFO_LEARN_SPLIT) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: has not learnt to be split (it is at '%s'); 'dvfo attention train --resume' goes on",
                         path, dvfo_lesson_kind_name(schooling->lesson));
    }
    *map = (struct dvfo_map){net->channels, net->height, net->width, net->def.classes};
    return dvfo_map_check(ctx, map);
}

dvfo_status dvfo_network_file_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_network_file *out)
{
    struct dvfo_text text;
    *out = (struct dvfo_network_file){0};
    DVFO_TRY(dvfo_text_load_bytes(ctx, path, MAX_FILE_BYTE, &text));
    dvfo_status status = dvfo_schooling_from_memory(ctx, path, text.bytes, text.size, &out->schooling);
    status = status == DVFO_OK ? check(ctx, path, out->schooling, &out->map) : status;
    memcpy(out->sha256, text.sha256, sizeof out->sha256);
    read_hex(text.sha256, out->fingerprint);
    dvfo_text_free(&text);
    if (status != DVFO_OK) {
        dvfo_network_file_free(out);
    }
    return status;
}

void dvfo_network_file_free(struct dvfo_network_file *file)
{
    dvfo_schooling_free(file->schooling);
    *file = (struct dvfo_network_file){0};
}
