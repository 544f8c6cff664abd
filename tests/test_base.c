#include <criterion/criterion.h>
#include <string.h>

#include "sim/base/hash.h"
#include "sim/base/nearest.h"
#include "sim/base/random.h"
#include "sim/base/text.h"
#include "sim/base/yaml.h"

Test(text, numbers_are_plain_decimals_only)
{
    static const struct {
        const char *text;
        bool ok;
        double value;
    } rows[] = {
        {"12", true, 12.0},    {"-0.5e3", true, -500.0}, {"1e400", false, 0.0}, {"nan", false, 0.0},
        {"inf", false, 0.0},   {"0x10", false, 0.0},     {"12W", false, 0.0},   {"", false, 0.0},
        {"1.2.3", false, 0.0}, {" 1", false, 0.0},       {"+7", true, 7.0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = 0.0;
        const bool ok = dvfo_text_number(rows[i].text, NULL, &value);
        cr_expect(ok == rows[i].ok, "'%s'", rows[i].text);
        cr_expect(!ok || value == rows[i].value, "'%s' gave %g", rows[i].text, value);
    }
}

Test(text, lines_end_in_lf_or_crlf_and_the_last_may_lack_its_end)
{
    struct dvfo_text text;
    struct dvfo_ctx ctx = {0};
    const char bytes[] = "one\r\ntwo\n\nfour";
    cr_assert(dvfo_text_from_memory(&ctx, "t", bytes, strlen(bytes), &text) == DVFO_OK);
    struct dvfo_lines lines = dvfo_lines_of(&text);
    const char *expected[] = {"one", "two", "", "four"};
    for (int i = 0; i < 4; i++) {
        const char *line = dvfo_lines_next(&lines);
        cr_assert(line != NULL);
        cr_expect_str_eq(line, expected[i]);
        cr_expect(lines.number == i + 1);
    }
    cr_expect(dvfo_lines_next(&lines) == NULL);
    dvfo_text_free(&text);
}

Test(text, a_nul_byte_is_refused_with_its_line)
{
    struct dvfo_text text;
    struct dvfo_ctx ctx = {0};
    cr_assert(dvfo_text_from_memory(&ctx, "t.csv", "a\nb\0c", 5, &text) == DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "t.csv:2: holds a NUL byte, expected a text file");
}

Test(hash, sha256_of_abc_is_the_value_of_fips_180_4)
{
    char hex[65];
    dvfo_hash_sha256_hex("abc", 3, hex);
    cr_expect_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

Test(nearest, a_mistyped_name_finds_its_neighbour_and_a_strange_one_finds_none)
{
    const char *known[] = {"jetson-nano", "jetson-tx2", "xavier-nx"};
    cr_expect_str_eq(dvfo_nearest("jetson-tx", known, 3), "jetson-tx2");
    cr_expect_str_eq(dvfo_nearest("Xaveir-NX", known, 3), "xavier-nx");
    cr_expect(dvfo_nearest("q", known, 3) == NULL);
}

Test(random, streams_differ_by_name_index_and_seed_and_repeat_otherwise)
{
    const uint64_t a = dvfo_random_seed(1, 0, "arrivals");
    cr_expect(a == dvfo_random_seed(1, 0, "arrivals"));
    cr_expect(a != dvfo_random_seed(1, 0, "link"));
    cr_expect(a != dvfo_random_seed(1, 1, "arrivals"));
    cr_expect(a != dvfo_random_seed(2, 0, "arrivals"));
}

static dvfo_status read_number(const char *yaml_text, struct dvfo_ctx *ctx)
{
    struct dvfo_yaml *yaml = NULL;
    dvfo_status status = dvfo_yaml_from_memory(ctx, "b.yaml", yaml_text, strlen(yaml_text), &yaml);
    if (status == DVFO_OK) {
        static const char *const keys[] = {"power_w", "name", NULL};
        double value = 0.0;
        status = dvfo_yaml_allow(ctx, dvfo_yaml_root(yaml), keys);
        status =
            status == DVFO_OK ? dvfo_yaml_number(ctx, dvfo_yaml_root(yaml), "power_w", 0.0, 100.0, &value) : status;
    }
    dvfo_yaml_free(yaml);
    return status;
}

Test(yaml, each_mistake_is_told_with_line_found_and_expected)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"name: x\npower_w: 12W\n", "b.yaml:2: 'power_w' is '12W', expected a number"},
        {"name: x\npower_w: .nan\n", "b.yaml:2: 'power_w' is '.nan', expected a number"},
        {"name: x\npower_w: -1\n", "b.yaml:2: 'power_w' is -1, expected a number from 0 to 100"},
        {"name: x\npower: 1\n", "b.yaml:2: unknown key 'power'; did you mean 'power_w'?"},
        {"name: x\nname: y\n", "b.yaml:2: the key 'name' stands here a second time"},
        {"name: x\n", "b.yaml:1: the key 'power_w' is missing"},
        {"- 1\n- 2\n", "b.yaml:1: is a list, expected a map with 'power_w'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        cr_expect(read_number(rows[i].text, &ctx) == DVFO_BAD_INPUT, "%s", rows[i].text);
        cr_expect_str_eq(ctx.message, rows[i].message);
    }
    struct dvfo_ctx ctx = {0};
    cr_expect(read_number("name: [x\n", &ctx) == DVFO_BAD_INPUT);
    cr_expect(read_number("name: x\npower_w: 12\n", &ctx) == DVFO_OK, "%s", ctx.message);
}
