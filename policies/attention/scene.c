#include "policies/attention/scene.h"

#include <math.h>

enum { MAX_TRIES = 64, POINTS = 2 /* of a pixel, each way */ };

static const double centre_px = 0.5 * DVFO_IMAGE_SIDE;

static double between(gsl_rng *rng, double low, double high)
{
    return low + (high - low) * gsl_rng_uniform(rng);
}

/* ---- composing ---- */

/* A direction without cos and sin, whose last digit differs between libraries: a point of the unit disc, pulled to its
 * edge. */
static void draw_axis(gsl_rng *rng, struct dvfo_frame *frame)
{
    double x, y, length;
    do {
        x = between(rng, -1.0, 1.0);
        y = between(rng, -1.0, 1.0);
        length = sqrt(x * x + y * y);
    } while (length > 1.0 || length < 0.1);
    frame->axis_x = x / length;
    frame->axis_y = y / length;
}

static struct dvfo_frame draw_frame(gsl_rng *rng, double shift_px, double unit_px)
{
    struct dvfo_frame frame = {.unit_px = unit_px};
    draw_axis(rng, &frame);
    frame.x_px = between(rng, -shift_px, shift_px);
    frame.y_px = between(rng, -shift_px, shift_px);
    return frame;
}

static double distance(const struct dvfo_colour *a, const struct dvfo_colour *b)
{
    double sum = 0.0;
    for (size_t p = 0; p < DVFO_IMAGE_PLANES; p++) {
        sum += (a->part[p] - b->part[p]) * (a->part[p] - b->part[p]);
    }
    return sqrt(sum);
}

/* A colour at least that far from the others; after many tries, any. */
static struct dvfo_colour draw_colour(gsl_rng *rng, const struct dvfo_colour *const others[], size_t n, double least)
{
    struct dvfo_colour colour;
    bool is_near = true;
    for (int tries = 0; is_near && tries < MAX_TRIES; tries++) {
        for (size_t p = 0; p < DVFO_IMAGE_PLANES; p++) {
            colour.part[p] = gsl_rng_uniform(rng);
        }
        is_near = false;
        for (size_t i = 0; i < n; i++) {
            is_near = is_near || distance(&colour, others[i]) < least;
        }
    }
    return colour;
}

/* A faint pattern of any kind: what is behind tells nothing of the class. */
static void compose_background(struct dvfo_paint *background, double contrast, gsl_rng *rng)
{
    background->texture = &dvfo_textures[gsl_rng_uniform_int(rng, DVFO_TEXTURES)];
    background->frame = draw_frame(rng, centre_px, between(rng, 5.0, 10.0));
    background->colour[0] = draw_colour(rng, NULL, 0, 0.0);
    background->salt = gsl_rng_get(rng);
    background->reach = 2.0;
    for (size_t p = 0; p < DVFO_IMAGE_PLANES; p++) {
        background->colour[1].part[p] = background->colour[0].part[p] + between(rng, -contrast, contrast);
    }
}

static void compose_paint(struct dvfo_scene *scene, const struct dvfo_texture *texture, gsl_rng *rng)
{
    struct dvfo_paint *paint = &scene->paint;
    const struct dvfo_colour *const behind = &scene->background.colour[0];
    paint->texture = texture;
    paint->frame = draw_frame(rng, 1.0, between(rng, 5.5, 8.0));
    paint->frame.x_px += scene->frame.x_px;
    paint->frame.y_px += scene->frame.y_px;
    paint->reach = scene->frame.unit_px / paint->frame.unit_px;
    paint->salt = gsl_rng_get(rng);
    paint->colour[0] = draw_colour(rng, (const struct dvfo_colour *const[]){behind}, 1, 0.6);
    paint->colour[1] = draw_colour(rng, (const struct dvfo_colour *const[]){behind, &paint->colour[0]}, 2, 0.6);
}

static void compose_occluders(struct dvfo_scene *scene, double size_px, gsl_rng *rng)
{
    scene->occluders = (int)gsl_rng_uniform_int(rng, DVFO_MAX_OCCLUDERS + 1);
    for (int i = 0; i < scene->occluders; i++) {
        struct dvfo_occluder *occluder = &scene->occluder[i];
        occluder->is_bar = gsl_rng_uniform(rng) < 0.5;
        const double unit_px = between(rng, 0.5, 1.5) * (occluder->is_bar ? 0.5 * size_px : size_px);
        occluder->frame = draw_frame(rng, 0.8 * centre_px, unit_px);
        occluder->colour = draw_colour(rng, NULL, 0, 0.0);
    }
}

void dvfo_scene_compose(struct dvfo_scene *scene, const struct dvfo_textured_shapes_def *def,
                        const struct dvfo_outline *outline, const struct dvfo_texture *texture, gsl_rng *rng)
{
    const double s = def->strength;
    *scene = (struct dvfo_scene){.outline = outline, .noise = s * def->noise};
    scene->frame = draw_frame(rng, s * def->jitter_px, between(rng, 10.5, 14.0));
    compose_background(&scene->background, s * def->distractor, rng);
    compose_paint(scene, texture, rng);
    compose_occluders(scene, s * def->occlusion, rng);
    scene->contrast = 1.0 - s * def->dimming * gsl_rng_uniform(rng);
    scene->brightness = s * def->dimming * between(rng, -0.5, 0.5);
}

/* ---- rendering ---- */

static void to_frame(const struct dvfo_frame *frame, double x_px, double y_px, double *u, double *v)
{
    const double dx_px = x_px - frame->x_px, dy_px = y_px - frame->y_px;
    *u = (frame->axis_x * dx_px + frame->axis_y * dy_px) / frame->unit_px;
    *v = (frame->axis_x * dy_px - frame->axis_y * dx_px) / frame->unit_px;
}

static const struct dvfo_colour *hidden_by(const struct dvfo_scene *scene, double x_px, double y_px)
{
    /* without strength the units are 0: u and v become infinite, and nothing is hidden */
    for (int i = 0; i < scene->occluders; i++) {
        const struct dvfo_occluder *occluder = &scene->occluder[i];
        double u, v;
        to_frame(&occluder->frame, x_px, y_px, &u, &v);
        if (occluder->is_bar ? fabs(u) < 1.0 : u * u + v * v < 1.0) {
            return &occluder->colour;
        }
    }
    return NULL;
}

static void add_colour(const struct dvfo_colour *colour, double weight, double sum[DVFO_IMAGE_PLANES])
{
    for (size_t p = 0; p < DVFO_IMAGE_PLANES; p++) {
        sum[p] += weight * colour->part[p];
    }
}

static void add_point(const struct dvfo_scene *scene, double x_px, double y_px, double sum[DVFO_IMAGE_PLANES])
{
    const struct dvfo_colour *const hides = hidden_by(scene, x_px, y_px);
    double u, v;
    if (hides != NULL) {
        add_colour(hides, 1.0, sum);
        return;
    }
    to_frame(&scene->frame, x_px, y_px, &u, &v);
    const struct dvfo_paint *paint = scene->outline->holds(u, v) ? &scene->paint : &scene->background;
    to_frame(&paint->frame, x_px, y_px, &u, &v);
    const double second = paint->texture->at(u, v, paint->reach, paint->salt);
    add_colour(&paint->colour[0], 1.0 - second, sum);
    add_colour(&paint->colour[1], second, sum);
}

/* Nearly normal, of unit variance, the same everywhere: the four bytes of a number, 147.8 being the deviation of their
 * sum. */
static double draw_noise(gsl_rng *rng)
{
    const unsigned long bits = gsl_rng_get(rng);
    const unsigned long sum = (bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24 & 255);
    return ((double)sum - 510.0) / 147.8;
}

static uint8_t quantise(double value)
{
    return (uint8_t)(255.0 * fmin(1.0, fmax(0.0, value)) + 0.5);
}

static void render_pixel(const struct dvfo_scene *scene, size_t row, size_t column, double part[DVFO_IMAGE_PLANES])
{
    double sum[DVFO_IMAGE_PLANES] = {0};
    for (size_t i = 0; i < POINTS * POINTS; i++) {
        const double x_px = (double)column + ((double)(i % POINTS) + 0.5) / POINTS - centre_px;
        const double y_px = (double)row + ((double)(i / POINTS) + 0.5) / POINTS - centre_px;
        add_point(scene, x_px, y_px, sum);
    }
    for (size_t p = 0; p < DVFO_IMAGE_PLANES; p++) {
        part[p] = 0.5 + scene->contrast * (sum[p] / (POINTS * POINTS) - 0.5) + scene->brightness;
    }
}

void dvfo_scene_render(const struct dvfo_scene *scene, gsl_rng *rng, uint8_t pixels[DVFO_IMAGE_SIZE])
{
    double part[DVFO_IMAGE_PLANES];
    for (size_t i = 0; i < DVFO_IMAGE_SIDE * DVFO_IMAGE_SIDE; i++) {
        render_pixel(scene, i / DVFO_IMAGE_SIDE, i % DVFO_IMAGE_SIDE, part);
        for (size_t p = 0; p < DVFO_IMAGE_PLANES; p++) {
            pixels[p * DVFO_IMAGE_SIDE * DVFO_IMAGE_SIDE + i] = quantise(part[p] + scene->noise * draw_noise(rng));
        }
    }
}
