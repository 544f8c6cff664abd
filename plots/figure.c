#include "plots/figure.h"

#include <string.h>

#include "plots/drawing.h"
#include "sim/base/nearest.h"

const struct dvfo_figure *const *dvfo_figures(void)
{
    static const struct dvfo_figure *const list[] = {&dvfo_figure_clock_sensitivity,
                                                     &dvfo_figure_bandwidth_sweep,
                                                     &dvfo_figure_layer_profile,
                                                     &dvfo_figure_fidelity,
                                                     &dvfo_figure_learning_curves,
                                                     &dvfo_figure_adaptation,
                                                     &dvfo_figure_accuracy,
                                                     &dvfo_figure_fusion,
                                                     &dvfo_figure_payload,
                                                     &dvfo_figure_lambda_sweep,
                                                     &dvfo_figure_channel_importance,
                                                     &dvfo_figure_overhead,
                                                     &dvfo_figure_sim_vs_live,
                                                     NULL};
    return list;
}

dvfo_status dvfo_figure_find(struct dvfo_ctx *ctx, const char *name, const struct dvfo_figure **out)
{
    const char *names[32];
    size_t count = 0;
    for (const struct dvfo_figure *const *f = dvfo_figures(); *f != NULL; f++) {
        if (strcmp((*f)->name, name) == 0) {
            *out = *f;
            return DVFO_OK;
        }
        names[count++] = (*f)->name;
    }
    const char *near = dvfo_nearest(name, names, count);
    return near != NULL ? dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown figure '%s'; did you mean '%s'?", name, near)
                        : dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown figure '%s'; 'dvfo plot --help' lists them", name);
}

bool dvfo_figure_takes(const struct dvfo_figure *figure, const char *option)
{
    for (const char *const *taken = figure->takes; *taken != NULL; taken++) {
        if (strcmp(*taken, option) == 0) {
            return true;
        }
    }
    return false;
}

/* Refuse a setting that shows more than a reader can tell apart. */
static dvfo_status check(struct dvfo_ctx *ctx, const struct dvfo_figure *figure, const struct dvfo_setting *setting)
{
    const struct {
        size_t most, found;
        const char *what;
    } rows[] = {
        {figure->most_networks, setting->network_count, "networks"},
        {figure->most_policies, setting->policy_count, "policies"},
        {figure->most_columns, setting->board_count * setting->network_count, "columns (boards times networks)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].most > 0 && rows[i].found > rows[i].most) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s shows at most %zu %s at once, found %zu", figure->name,
                             rows[i].most, rows[i].what, rows[i].found);
        }
    }
    return DVFO_OK;
}

static dvfo_status load_accuracy(struct dvfo_ctx *ctx, const struct dvfo_figure *figure, struct dvfo_setting *setting)
{
    DVFO_TRY(dvfo_setting_load_accuracy(ctx, setting));
    return setting->accuracy_profile != NULL
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "%s draws an accuracy profile, and there is none; --accuracy takes a file that 'dvfo "
                           "attention evaluate' made",
                           figure->name);
}

dvfo_status dvfo_figure_load(struct dvfo_ctx *ctx, const struct dvfo_figure *figure, struct dvfo_setting *setting)
{
    setting->boards = setting->boards != NULL ? setting->boards : figure->boards;
    setting->networks = setting->networks != NULL ? setting->networks : figure->networks;
    setting->policies = setting->policies != NULL ? setting->policies : figure->policies;
    setting->trace = setting->trace != NULL ? setting->trace : figure->trace;
    DVFO_TRY(figure->networks != NULL ? dvfo_setting_load(ctx, setting)
             : figure->boards != NULL ? dvfo_setting_load_boards(ctx, setting)
                                      : load_accuracy(ctx, figure, setting));
    return check(ctx, figure, setting);
}

/* ---- drawing ---- */

/* What feeds the drawing. */
struct feeding {
    const struct dvfo_figure *figure;
    const struct dvfo_figure_subject *subject;
};

static dvfo_status feed(struct dvfo_ctx *ctx, void *user, FILE *csv)
{
    const struct feeding *feeding = user;
    return feeding->figure->feed(ctx, feeding->subject, csv);
}

dvfo_status dvfo_figure_make(struct dvfo_ctx *ctx, const struct dvfo_figure *figure,
                             const struct dvfo_figure_subject *subject, const char *folder)
{
    const struct dvfo_setting *setting = subject->setting;
    struct feeding feeding = {figure, subject};
    struct dvfo_drawing drawing = {.template = figure->name,
                                   .name = figure->name,
                                   .folder = folder,
                                   .user = &feeding,
                                   .feed = feed,
                                   .stop = subject->stop};
    for (size_t i = 0; i < setting->board_count; i++) {
        dvfo_drawing_add_name(drawing.boards, setting->board[i]->name);
    }
    for (size_t i = 0; i < setting->network_count; i++) {
        dvfo_drawing_add_name(drawing.networks, setting->network[i]->name);
    }
    for (size_t i = 0; i < setting->policy_count; i++) {
        dvfo_drawing_add_name(drawing.policies, setting->policy_name[i]);
    }
    return dvfo_drawing_make(ctx, &drawing);
}
