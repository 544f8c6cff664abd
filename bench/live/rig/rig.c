#include "bench/live/rig/rig.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "bench/live/rig/ceiling.h"
#include "bench/live/rig/hand.h"
#include "bench/live/rig/load.h"
#include "bench/live/rig/sensors.h"
#include "bench/live/rig/sentence.h"
#include "profiles/hardware/dryrun.h"
#include "profiles/hardware/pace.h"

#define BELOW_TRIP_K 5.0
#define STOP_LOOK_S 0.05 /* a signal may come just before waiting begins */

enum { HEAT_EVERY = 5 }; /* heat is slow, and its sensors take longest to read */

/* The thread's own between open and close. */
struct works {
    struct dvfo_hardware *hardware;
    struct dvfo_dryrun dryrun;
    struct dvfo_rig_hand hand;
    struct dvfo_rig_sensors sensors;
    struct dvfo_rig_ceiling ceiling;
    struct dvfo_rig_load load;
    struct dvfo_rig_account account;
    struct dvfo_rig_look look;
    struct dvfo_ctx ctx; /* its notes become news */
    int wish[DVFO_DOMAINS];
    long serial; /* of that wish */
    double next_sample_s;
    long samples;
};

/* Shared, under the mutex. */
struct desk {
    pthread_mutex_t mutex;
    pthread_cond_t wished, done; /* for the thread; for who settles */
    int wish[DVFO_DOMAINS];
    long serial;  /* of the last wish */
    long settled; /* the last one that holds, or is known not to */
    bool ending;
    struct dvfo_rig_look look;
    struct dvfo_rig_account account;
    struct dvfo_rig_news news;
};

struct dvfo_rig {
    struct dvfo_rig_def def;
    struct works works;
    struct desk desk;
    pthread_t thread;
    char sentence[DVFO_RIG_SENTENCE_SIZE];
};

struct dvfo_rig_def dvfo_rig_def_default(const struct dvfo_board *board)
{
    return (struct dvfo_rig_def){
        .board = board, .root = "/", .ceiling_c = NAN, .step_s = 1.0, .wait_s = 1.0, .sample_s = 0.02};
}

/* ---- what the thread does ---- */

static void keep_news(void *user, const char *sentence)
{
    struct dvfo_rig *rig = user;
    pthread_mutex_lock(&rig->desk.mutex);
    dvfo_rig_news_add(&rig->desk.news, sentence);
    pthread_mutex_unlock(&rig->desk.mutex);
}

/* Is there a clock that the ceiling could take down? */
static bool can_slow(const struct works *works)
{
    return works->hand.levels.held[DVFO_CPU] || works->hand.levels.held[DVFO_GPU];
}

static void tell_heat(struct works *works, bool was_hot, bool was_blind)
{
    const struct dvfo_rig_ceiling *ceiling = &works->ceiling;
    const bool slow = can_slow(works);
    if (ceiling->hot && !was_hot) {
        works->look.heats++;
        dvfo_note(&works->ctx, "the hottest zone reads %.4g C, the ceiling is %.4g C: %s", works->look.temperature_c,
                  ceiling->ceiling_c,
                  slow ? "CPU and GPU clocks come down" : "clocks are fixed, only the kernel's own throttling is left");
    } else if (!ceiling->hot && was_hot) {
        dvfo_note(&works->ctx, "the hottest zone reads %.4g C%s", works->look.temperature_c,
                  slow ? ": CPU and GPU clocks come back" : " again");
    }
    if (ceiling->blind && !was_blind) {
        dvfo_note(&works->ctx, "no temperature can be read any more%s",
                  slow ? ": CPU and GPU clocks stay in the lower half of their tables" : "");
    } else if (!ceiling->blind && was_blind) {
        dvfo_note(&works->ctx, "a temperature can be read again");
    }
}

static void feel(struct works *works, double now_s)
{
    const bool was_hot = works->ceiling.hot, was_blind = works->ceiling.blind;
    works->look.temperature_c = dvfo_rig_sensors_hottest_c(works->hardware);
    dvfo_rig_ceiling_hear(&works->ceiling, now_s, works->look.temperature_c, works->wish);
    tell_heat(works, was_hot, was_blind);
}

static void read_clocks(struct works *works)
{
    const struct dvfo_clocks clocks = dvfo_hardware_clocks(works->hardware);
    dvfo_rig_levels_nearest(&works->hand.levels, &clocks, works->wish, works->look.level);
}

static void sample(struct works *works, double now_s)
{
    dvfo_rig_sensors_read(&works->ctx, &works->sensors, &works->hand.told, now_s, &works->account);
    read_clocks(works);
    dvfo_rig_load_read(&works->load, works->hardware, now_s);
    if (works->samples++ % HEAT_EVERY == 0) {
        feel(works, now_s);
    }
    memcpy(works->look.busy_s, works->load.busy_s, sizeof works->look.busy_s);
    memcpy(works->look.busy_told, works->load.told, sizeof works->look.busy_told);
    works->look.time_s = now_s;
}

/* The wish, as far as the ceiling lets it. What holds in the end is read at once: who settles looks next. */
static void steer(struct works *works, double now_s)
{
    int level[DVFO_DOMAINS];
    if (works->serial == 0) {
        return; /* nobody wished for anything: clocks stay with the kernel */
    }
    for (dvfo_domain d = DVFO_CPU; d < DVFO_DOMAINS; d++) {
        level[d] = dvfo_rig_ceiling_level(&works->ceiling, d, works->wish[d]);
    }
    dvfo_rig_hand_set(&works->ctx, &works->hand, level, now_s);
    const bool looking = works->hand.looking;
    dvfo_rig_hand_look(&works->ctx, &works->hand, now_s);
    if (looking && !works->hand.looking) {
        read_clocks(works);
    }
}

static void take_wish(struct dvfo_rig *rig)
{
    memcpy(rig->works.wish, rig->desk.wish, sizeof rig->works.wish);
    rig->works.serial = rig->desk.serial;
}

static void publish(struct dvfo_rig *rig)
{
    struct works *works = &rig->works;
    works->look.capped = works->serial > 0 && can_slow(works) && dvfo_rig_ceiling_caps(&works->ceiling, works->wish);
    works->look.changes = works->hand.changes;
    works->look.refused = works->hand.refusals;
    works->look.clamped = works->hand.clamps;
    works->account.told = rig->desk.account.told; /* what was read meanwhile */
    rig->desk.look = works->look;
    rig->desk.account = works->account;
    if (!works->hand.looking && rig->desk.settled != works->serial) {
        rig->desk.settled = works->serial;
        pthread_cond_broadcast(&rig->desk.done);
    }
}

static void work(struct works *works, double sample_s)
{
    const double now_s = dvfo_pace_now_s();
    if (now_s >= works->next_sample_s) {
        sample(works, now_s);
        works->next_sample_s = fmax(works->next_sample_s + sample_s, now_s);
    }
    steer(works, now_s);
}

static struct timespec moment(double time_s)
{
    const double whole_s = floor(time_s);
    return (struct timespec){.tv_sec = (time_t)whole_s, .tv_nsec = (long)((time_s - whole_s) * 1e9)};
}

/* Until the next reading or look is due, or somebody wishes. Called with the mutex. */
static void rest(struct dvfo_rig *rig)
{
    const struct dvfo_rig_hand *hand = &rig->works.hand;
    const struct timespec until =
        moment(hand->looking ? fmin(rig->works.next_sample_s, hand->look_at_s) : rig->works.next_sample_s);
    int reason = 0;
    while (reason == 0 && !rig->desk.ending && rig->desk.serial == rig->works.serial) {
        reason = pthread_cond_timedwait(&rig->desk.wished, &rig->desk.mutex, &until);
    }
}

static void *run(void *user)
{
    struct dvfo_rig *rig = user;
    pthread_mutex_lock(&rig->desk.mutex);
    while (!rig->desk.ending) {
        take_wish(rig);
        pthread_mutex_unlock(&rig->desk.mutex);
        work(&rig->works, rig->def.sample_s);
        pthread_mutex_lock(&rig->desk.mutex);
        publish(rig);
        rest(rig);
    }
    pthread_mutex_unlock(&rig->desk.mutex);
    return NULL;
}

/* ---- opening and closing ---- */

static dvfo_status check_def(struct dvfo_ctx *ctx, const struct dvfo_rig_def *def)
{
    const struct {
        const char *name, *unit;
        double value, min, max;
    } rows[] = {
        {"ceiling", "C", isnan(def->ceiling_c) ? 60.0 : def->ceiling_c, 20.0, 120.0},
        {"step of the ceiling", "s", def->step_s, 0.001, 60.0},
        {"wait for clocks", "s", def->wait_s, 0.0, 60.0},
        {"time between readings", "s", def->sample_s, 0.001, 0.5 * DVFO_RIG_HOLD_S},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!(rows[i].value >= rows[i].min && rows[i].value <= rows[i].max)) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "the %s is %g %s, expected %g to %g", rows[i].name, rows[i].value,
                             rows[i].unit, rows[i].min, rows[i].max);
        }
    }
    return DVFO_OK;
}

static dvfo_status open_hardware(struct dvfo_ctx *ctx, const struct dvfo_rig_def *def, struct works *works)
{
    struct dvfo_sysfs sysfs;
    DVFO_TRY(dvfo_sysfs_open(ctx, def->root, &sysfs));
    sysfs.hook = def->hook;
    sysfs.hook_user = def->hook_user;
    if (def->dry_run != NULL) {
        dvfo_dryrun_catch(&works->dryrun, def->dry_run, &sysfs);
    }
    return dvfo_hardware_open(ctx, &sysfs, def->board->name, &works->hardware);
}

/* Clocks that are still set make a run under fixed clocks another one than it seems. */
static void note_leftovers(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware)
{
    if (dvfo_sysfs_exists(&hardware->sysfs, DVFO_CONTROL_FILE)) {
        dvfo_note(ctx,
                  "clocks are set by 'dvfo board set', another run or one that was killed, and stay so; "
                  "'dvfo board set --restore' gives back what was before (%s)",
                  DVFO_CONTROL_FILE);
    }
}

static dvfo_status open_hand(struct dvfo_ctx *ctx, const struct dvfo_rig_def *def, struct works *works)
{
    struct dvfo_rig_hand *hand = &works->hand;
    if (def->fixed) {
        note_leftovers(ctx, works->hardware);
    }
    hand->control = dvfo_control_default(works->hardware);
    hand->control.dry = def->dry_run != NULL;
    hand->levels = dvfo_rig_levels_match(ctx, def->board, works->hardware, def->fixed);
    hand->wait_s = def->wait_s;
    return dvfo_rig_hand_open(ctx, hand);
}

/* First readings: the account begins with them. */
static void begin(struct dvfo_rig *rig, double now_s)
{
    struct works *works = &rig->works;
    const struct dvfo_board *board = rig->def.board;
    const double ceiling_c =
        isnan(rig->def.ceiling_c) ? board->thermal.trip_c.value - BELOW_TRIP_K : rig->def.ceiling_c;
    works->sensors = dvfo_rig_sensors_open(works->hardware);
    works->load = dvfo_rig_load_begin(works->hardware, now_s);
    works->account = dvfo_rig_account_begin(now_s, works->sensors.rail_count);
    works->ceiling =
        dvfo_rig_ceiling_begin(board, ceiling_c, rig->def.step_s, now_s, dvfo_rig_sensors_hottest_c(works->hardware));
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        works->wish[d] = (int)board->clock[d].level_count - 1;
    }
    sample(works, now_s);
    works->next_sample_s = now_s + rig->def.sample_s;
    memcpy(works->wish, works->look.level, sizeof works->wish);
    memcpy(rig->desk.wish, works->wish, sizeof rig->desk.wish);
    rig->desk.account = works->account;
    publish(rig);
    dvfo_rig_sentence_write(&works->hand.levels, &works->sensors, &works->ceiling, rig->sentence);
}

static void make_desk(struct desk *desk)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&desk->mutex, NULL);
    pthread_cond_init(&desk->wished, &attributes);
    pthread_cond_init(&desk->done, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void free_rig(struct dvfo_rig *rig)
{
    pthread_cond_destroy(&rig->desk.wished);
    pthread_cond_destroy(&rig->desk.done);
    pthread_mutex_destroy(&rig->desk.mutex);
    dvfo_hardware_free(rig->works.hardware);
    dvfo_dryrun_free(&rig->works.dryrun);
    free(rig);
}

/* Signals are for the threads that know what to do with them. */
static dvfo_status start(struct dvfo_ctx *ctx, struct dvfo_rig *rig)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int reason = pthread_create(&rig->thread, NULL, run, rig);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return reason == 0 ? DVFO_OK
                       : dvfo_fail(ctx, DVFO_FAILED, "no thread could be made for the board: %s", strerror(reason));
}

dvfo_status dvfo_rig_open(struct dvfo_ctx *ctx, const struct dvfo_rig_def *def, struct dvfo_rig **out)
{
    *out = NULL;
    DVFO_TRY(check_def(ctx, def));
    struct dvfo_rig *rig = calloc(1, sizeof *rig);
    if (rig == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    rig->def = *def;
    make_desk(&rig->desk);
    rig->works.ctx = (struct dvfo_ctx){.note = keep_news, .note_user = rig};
    dvfo_status status = open_hardware(ctx, def, &rig->works);
    status = status == DVFO_OK ? open_hand(ctx, def, &rig->works) : status;
    if (status == DVFO_OK) {
        begin(rig, dvfo_pace_now_s());
        status = start(ctx, rig);
        if (status != DVFO_OK) {
            (void)dvfo_rig_hand_close(NULL, &rig->works.hand);
        }
    }
    if (status != DVFO_OK) {
        free_rig(rig);
        return status;
    }
    *out = rig;
    return DVFO_OK;
}

dvfo_status dvfo_rig_close(struct dvfo_ctx *ctx, struct dvfo_rig *rig)
{
    if (rig == NULL) {
        return DVFO_OK;
    }
    pthread_mutex_lock(&rig->desk.mutex);
    rig->desk.ending = true;
    pthread_cond_signal(&rig->desk.wished);
    pthread_mutex_unlock(&rig->desk.mutex);
    pthread_join(rig->thread, NULL);
    const dvfo_status status = dvfo_rig_hand_close(ctx, &rig->works.hand);
    free_rig(rig);
    return status;
}

/* ---- what others ask ---- */

void dvfo_rig_ask(struct dvfo_rig *rig, const int level[DVFO_DOMAINS])
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        DVFO_REQUIRE(level[d] >= 0 && (size_t)level[d] < rig->def.board->clock[d].level_count);
    }
    pthread_mutex_lock(&rig->desk.mutex);
    if (rig->desk.serial == 0 || memcmp(rig->desk.wish, level, sizeof rig->desk.wish) != 0) {
        memcpy(rig->desk.wish, level, sizeof rig->desk.wish);
        rig->desk.serial++;
        pthread_cond_signal(&rig->desk.wished);
    }
    pthread_mutex_unlock(&rig->desk.mutex);
}

dvfo_status dvfo_rig_settle(struct dvfo_ctx *ctx, struct dvfo_rig *rig)
{
    const volatile sig_atomic_t *stop = rig->def.stop;
    pthread_mutex_lock(&rig->desk.mutex);
    while (rig->desk.settled != rig->desk.serial && (stop == NULL || !*stop)) {
        const struct timespec until = moment(dvfo_pace_now_s() + STOP_LOOK_S);
        (void)pthread_cond_timedwait(&rig->desk.done, &rig->desk.mutex, &until);
    }
    const bool settled = rig->desk.settled == rig->desk.serial;
    pthread_mutex_unlock(&rig->desk.mutex);
    return settled ? DVFO_OK : dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
}

void dvfo_rig_look(struct dvfo_rig *rig, struct dvfo_rig_look *look)
{
    pthread_mutex_lock(&rig->desk.mutex);
    *look = rig->desk.look;
    memcpy(look->asked, rig->desk.wish, sizeof look->asked);
    pthread_mutex_unlock(&rig->desk.mutex);
}

void dvfo_rig_energy(struct dvfo_rig *rig, double now_s, struct dvfo_rig_energy *energy)
{
    pthread_mutex_lock(&rig->desk.mutex);
    *energy = dvfo_rig_account_at(&rig->desk.account, now_s);
    pthread_mutex_unlock(&rig->desk.mutex);
}

const char *dvfo_rig_rail_name(const struct dvfo_rig *rig, size_t rail)
{
    return dvfo_rig_sensors_name(&rig->works.sensors, rail);
}

bool dvfo_rig_controls(const struct dvfo_rig *rig, dvfo_domain domain)
{
    return rig->works.hand.levels.held[domain];
}

const char *dvfo_rig_sentence(const struct dvfo_rig *rig)
{
    return rig->sentence;
}

bool dvfo_rig_next_news(struct dvfo_rig *rig, char text[DVFO_RIG_NEWS_SIZE])
{
    pthread_mutex_lock(&rig->desk.mutex);
    const bool any = dvfo_rig_news_next(&rig->desk.news, text);
    pthread_mutex_unlock(&rig->desk.mutex);
    return any;
}
