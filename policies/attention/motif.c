#include "policies/attention/motif.h"

#include <math.h>
#include <stddef.h>

static double square_of(double x)
{
    return x * x;
}

/* ---- shapes ---- */

static bool disc(double x, double y)
{
    return square_of(x) + square_of(y) < square_of(0.85);
}

static bool square(double x, double y)
{
    return fabs(x) < 0.75 && fabs(y) < 0.75;
}

/* equilateral, corners at distance 1.1 */
static bool triangle(double x, double y)
{
    return y > -0.55 && y < 1.1 - sqrt(3.0) * fabs(x);
}

static bool annulus(double x, double y)
{
    const double square_distance = square_of(x) + square_of(y);
    return square_distance > square_of(0.48) && square_distance < 1.0;
}

static bool cross(double x, double y)
{
    return fmin(fabs(x), fabs(y)) < 0.32 && fmax(fabs(x), fabs(y)) < 1.0;
}

/* Five lines enclose a pentagon; where at most one of them is crossed lies the star of their extensions. */
static bool star(double x, double y)
{
    static const double inner = 0.42;   /* distance of the lines; the tips lie at inner / cos(72 degrees) = 1.36 */
    static const double normal[5][2] = {/* cos and sin of -90, -18, 54, 126, 198 degrees */
                                        {0.0, -1.0},
                                        {0.9510565162951535, -0.3090169943749474},
                                        {0.5877852522924731, 0.8090169943749475},
                                        {-0.5877852522924731, 0.8090169943749475},
                                        {-0.9510565162951535, -0.3090169943749474}};
    int crossed = 0;
    for (size_t i = 0; i < 5; i++) {
        crossed += normal[i][0] * x + normal[i][1] * y > inner;
    }
    return crossed <= 1;
}

static bool half_disc(double x, double y)
{
    return y > -0.4 && square_of(x) + square_of(y + 0.4) < square_of(1.05);
}

static bool crescent(double x, double y)
{
    return square_of(x) + square_of(y) < 1.0 && square_of(x - 0.5) + square_of(y) > square_of(0.75);
}

static bool bar(double x, double y)
{
    return fabs(x) < 1.1 && fabs(y) < 0.36;
}

static bool corner(double x, double y)
{
    return fabs(x) < 0.85 && fabs(y) < 0.85 && (x < -0.2 || y < -0.2);
}

const struct dvfo_outline dvfo_outlines[DVFO_OUTLINES] = {
    {"disc", disc}, {"square", square},       {"triangle", triangle}, {"annulus", annulus}, {"cross", cross},
    {"star", star}, {"half-disc", half_disc}, {"crescent", crescent}, {"bar", bar},         {"corner", corner},
};

/* ---- textures ---- */

static double fraction(double x)
{
    return x - floor(x);
}

static bool is_odd(double whole)
{
    return fraction(0.5 * whole) != 0.0;
}

static double stripes(double u, double v, double reach, uint64_t salt)
{
    (void)v, (void)reach, (void)salt;
    return fraction(u) < 0.5;
}

static double checks(double u, double v, double reach, uint64_t salt)
{
    (void)reach, (void)salt;
    return is_odd(floor(1.7 * u) + floor(1.7 * v));
}

static double dots(double u, double v, double reach, uint64_t salt)
{
    (void)reach, (void)salt;
    return square_of(fraction(u) - 0.5) + square_of(fraction(v) - 0.5) < square_of(0.34);
}

static double lattice(double u, double v, double reach, uint64_t salt)
{
    (void)reach, (void)salt;
    return fraction(u) < 0.28 || fraction(v) < 0.28;
}

static double zigzag(double u, double v, double reach, uint64_t salt)
{
    (void)reach, (void)salt;
    return fraction(u + 1.5 * fabs(fraction(0.6 * v) - 0.5)) < 0.5;
}

static double plain(double u, double v, double reach, uint64_t salt)
{
    (void)u, (void)v, (void)reach, (void)salt;
    return 0.0;
}

static double gradient(double u, double v, double reach, uint64_t salt)
{
    (void)v, (void)salt;
    return fmin(1.0, fmax(0.0, 0.5 + 0.6 * u / reach));
}

static double rings(double u, double v, double reach, uint64_t salt)
{
    (void)reach, (void)salt;
    return fraction(sqrt(square_of(u) + square_of(v))) < 0.5;
}

/* Multiplications and shifts after splitmix64's finaliser. */
static bool toss(int64_t column, int64_t row, uint64_t salt)
{
    uint64_t x =
        salt ^ ((uint64_t)column * UINT64_C(0x9e3779b97f4a7c15)) ^ ((uint64_t)row * UINT64_C(0xc2b2ae3d27d4eb4f));
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (x >> 63) != 0;
}

static double speckle(double u, double v, double reach, uint64_t salt)
{
    (void)reach;
    return toss((int64_t)floor(2.2 * u), (int64_t)floor(2.2 * v), salt);
}

/* eight sectors, alternating */
static double pinwheel(double u, double v, double reach, uint64_t salt)
{
    (void)reach, (void)salt;
    return (u > 0.0) ^ (v > 0.0) ^ (fabs(u) > fabs(v));
}

const struct dvfo_texture dvfo_textures[DVFO_TEXTURES] = {
    {"stripes", stripes}, {"checks", checks},     {"dots", dots},   {"lattice", lattice}, {"zigzag", zigzag},
    {"plain", plain},     {"gradient", gradient}, {"rings", rings}, {"speckle", speckle}, {"pinwheel", pinwheel},
};
