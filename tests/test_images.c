/* Images in CIFAR-100's format: what goes out comes back, and no file is taken that isn't one. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "policies/attention/images.h"
#include "sim/base/hash.h"

enum { RECORD = DVFO_IMAGE_RECORD_SIZE };

TestSuite(images, .init = command_make_folder, .fini = command_remove_folder);

/* Three records, each byte told by its place. */
static void fill(uint8_t bytes[3 * RECORD])
{
    for (size_t i = 0; i < 3 * RECORD; i++) {
        bytes[i] = (uint8_t)(i * 7 % 251);
    }
    for (size_t r = 0; r < 3; r++) {
        bytes[r * RECORD] = (uint8_t)(19 - r);
        bytes[r * RECORD + 1] = (uint8_t)(99 - r);
    }
}

Test(images, a_file_is_read_record_by_record)
{
    static uint8_t bytes[3 * RECORD];
    struct dvfo_ctx ctx = {0};
    struct dvfo_images images;
    char hash[65];
    fill(bytes);
    command_write("three.bin", bytes, sizeof bytes);
    cr_assert(dvfo_images_load(&ctx, "three.bin", &images) == DVFO_OK, "%s", ctx.message);
    cr_expect(images.count == 3 && images.classes == 100);
    for (size_t r = 0; r < 3; r++) {
        cr_expect(images.coarse[r] == 19 - r && images.label[r] == 99 - r);
        cr_expect(memcmp(images.pixels + r * DVFO_IMAGE_SIZE, bytes + r * RECORD + 2, DVFO_IMAGE_SIZE) == 0);
    }
    dvfo_hash_sha256_hex(bytes, sizeof bytes, hash);
    cr_expect_str_eq(images.hash, hash);
    dvfo_images_free(&images);
}

Test(images, what_is_saved_is_the_same_file)
{
    static uint8_t bytes[3 * RECORD];
    struct dvfo_ctx ctx = {0};
    struct dvfo_images images, again;
    struct said said;
    fill(bytes);
    command_write("three.bin", bytes, sizeof bytes);
    cr_assert(dvfo_images_load(&ctx, "three.bin", &images) == DVFO_OK, "%s", ctx.message);
    memset(images.hash, 0, sizeof images.hash);
    cr_assert(dvfo_images_save(&ctx, &images, "again.bin") == DVFO_OK, "%s", ctx.message);
    cr_assert(dvfo_images_load(&ctx, "again.bin", &again) == DVFO_OK, "%s", ctx.message);
    cr_expect_str_eq(images.hash, again.hash);
    command_shell("cmp three.bin again.bin && ls | grep -c part", &said);
    cr_expect_str_eq(said.out, "0\n", "nothing temporary remains: %s%s", said.out, said.err);
    dvfo_images_free(&images);
    dvfo_images_free(&again);
}

Test(images, a_place_that_cannot_be_written_is_told)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_images images;
    cr_assert(dvfo_images_create(&ctx, 1, &images) == DVFO_OK);
    mkdir("folder", 0777);
    cr_expect(dvfo_images_save(&ctx, &images, "folder") == DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "folder: exists and is not a regular file; choose another output name");
    cr_expect(dvfo_images_save(&ctx, &images, "no/where.bin") == DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "no/where.bin: cannot be written: No such file or directory");
    dvfo_images_free(&images);
}

/* ---- hostile files ---- */

struct hostile {
    size_t size;         /* of a file that begins as three good records, zeros after them */
    size_t at;           /* whose byte there ... */
    int byte;            /* ... becomes this, unless negative */
    const char *expects; /* the sentence; NULL: is read */
};

static const struct hostile hostile_files[] = {
    {3 * RECORD, 0, -1, NULL},
    {RECORD, 0, -1, NULL},
    {RECORD, 0, 19, NULL},
    {RECORD, 1, 99, NULL},
    {0, 0, -1, "hostile.bin: is empty, expected records of 3074 bytes"},
    {1, 0, -1, "hostile.bin: has 1 bytes, expected records of 3074 bytes, but 1 are left over; truncated?"},
    {RECORD - 1, 0, -1,
     "hostile.bin: has 3073 bytes, expected records of 3074 bytes, but 3073 are left over; truncated?"},
    {2 * RECORD + 5, 0, -1,
     "hostile.bin: has 6153 bytes, expected records of 3074 bytes, but 5 are left over; truncated?"},
    /* CIFAR-10's records, of one label each, would need 3073 bytes */
    {3 * 3073, 0, -1,
     "hostile.bin: has 9219 bytes, expected records of 3074 bytes, but 3071 are left over; truncated?"},
    {3 * RECORD, 0, 20, "hostile.bin: record 0 has coarse label 20, expected 0 to 19"},
    {3 * RECORD, 2 * RECORD, 255, "hostile.bin: record 2 has coarse label 255, expected 0 to 19"},
    {3 * RECORD, RECORD + 1, 100, "hostile.bin: record 1 has fine label 100, expected 0 to 99"},
    {3 * RECORD, 1, 255, "hostile.bin: record 0 has fine label 255, expected 0 to 99"},
};

Test(images, hostile_files_are_refused_in_a_sentence)
{
    static uint8_t bytes[3 * RECORD];
    for (size_t i = 0; i < sizeof hostile_files / sizeof hostile_files[0]; i++) {
        const struct hostile *row = &hostile_files[i];
        struct dvfo_ctx ctx = {0};
        struct dvfo_images images;
        fill(bytes);
        if (row->byte >= 0) {
            bytes[row->at] = (uint8_t)row->byte;
        }
        command_write("hostile.bin", bytes, row->size);
        const dvfo_status status = dvfo_images_load(&ctx, "hostile.bin", &images);
        cr_expect(status == (row->expects == NULL ? DVFO_OK : DVFO_BAD_INPUT), "row %zu: %s", i, ctx.message);
        cr_expect_str_eq(ctx.message, row->expects == NULL ? "" : row->expects, "row %zu: %s", i, ctx.message);
        cr_expect(status == DVFO_OK || (images.count == 0 && images.pixels == NULL), "row %zu", i);
        dvfo_images_free(&images);
    }
}

Test(images, what_is_no_file_of_sane_size_is_refused)
{
    static const struct {
        const char *path, *expects;
    } rows[] = {
        {"missing.bin", "missing.bin: cannot be read: No such file or directory"},
        {"", ": cannot be read: No such file or directory"},
        {"folder", "folder: is a folder, expected a regular file"},
        {"/dev/zero", "/dev/zero: is not a regular file, expected a regular file"},
        {"huge.bin", "huge.bin: is 2931.6 MiB, expected at most 2932 MiB"},
        {"absurd.bin", "absurd.bin: is 4398046511104.0 MiB, expected at most 2932 MiB"},
        {"secret.bin", "secret.bin: cannot be opened: Permission denied"},
    };
    mkdir("folder", 0777);
    command_write("huge.bin", "", 0);
    cr_assert(truncate("huge.bin", (off_t)DVFO_IMAGES_MAX * RECORD + 1) == 0); /* sparse */
    command_write("absurd.bin", "", 0);
    const bool has_absurd = truncate("absurd.bin", (off_t)1 << 62) == 0; /* some file systems refuse */
    command_write("secret.bin", "secret", 6);
    chmod("secret.bin", 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_images images;
        if ((strcmp(rows[i].path, "secret.bin") == 0 && geteuid() == 0) || /* root reads everything */
            (strcmp(rows[i].path, "absurd.bin") == 0 && !has_absurd)) {
            continue;
        }
        cr_expect(dvfo_images_load(&ctx, rows[i].path, &images) == DVFO_BAD_INPUT, "%s", rows[i].path);
        cr_expect_str_eq(ctx.message, rows[i].expects);
        cr_expect(images.count == 0 && images.pixels == NULL);
    }
}

/* ---- sets ---- */

Test(images, a_set_is_both_files_or_nothing)
{
    static uint8_t bytes[3 * RECORD];
    struct dvfo_ctx ctx = {0};
    struct dvfo_image_set set;
    fill(bytes);
    mkdir("set", 0777);
    cr_expect(dvfo_image_set_load(&ctx, "set", &set) == DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "set/train.bin: cannot be read: No such file or directory");
    command_write("set/train.bin", bytes, sizeof bytes);
    cr_expect(dvfo_image_set_load(&ctx, "set", &set) == DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "set/test.bin: cannot be read: No such file or directory");
    cr_expect(set.train.pixels == NULL && set.train.count == 0);
    command_write("set/test.bin", bytes, RECORD);
    cr_assert(dvfo_image_set_load(&ctx, "set", &set) == DVFO_OK, "%s", ctx.message);
    cr_expect(set.train.count == 3 && set.test.count == 1);
    dvfo_image_set_free(&set);
    dvfo_image_set_free(NULL);
}
