/* The rig's thread and those who ask it for ThreadSanitizer to watch: clocks wished for, looks, energy and news, from
 * several threads at once, while sensors fail and heat comes and goes. */
#include <pthread.h>
#include <stdio.h>

#include "bench/live/rig/rig.h"
#include "fake_host.h"
#include "profiles/hardware/pace.h"

enum { CALLERS = 3, CALLS = 200 };

static struct fake_host host;
static struct dvfo_rig *rig;

static void *call(void *user)
{
    const int own = *(const int *)user;
    char text[DVFO_RIG_NEWS_SIZE];
    struct dvfo_rig_look look;
    struct dvfo_rig_energy energy;
    for (int i = 0; i < CALLS; i++) {
        const int level[DVFO_DOMAINS] = {(i + own) % 3, i % 3, 0};
        dvfo_rig_ask(rig, level);
        dvfo_rig_look(rig, &look);
        dvfo_rig_energy(rig, dvfo_pace_now_s(), &energy);
        (void)dvfo_rig_next_news(rig, text);
        (void)dvfo_rig_rail_name(rig, 0);
        if (i % 16 == 0) {
            (void)dvfo_rig_settle(NULL, rig);
        }
    }
    return NULL;
}

/* Sensors that change meanwhile. */
static void trouble(void)
{
    static const char *const temperatures[] = {"40000", "95000", "nonsense", "-256000"};
    static const char *const energies[] = {"1000000", "1500000", "", "2000000"};
    for (int i = 0; i < 40; i++) {
        fake_host_put(&host, FAKE_HOST_ZONE, temperatures[i % 4]);
        fake_host_put(&host, FAKE_HOST_PACKAGE, energies[i % 4]);
        (void)dvfo_pace_sleep(0.004, NULL);
    }
}

int main(void)
{
    pthread_t thread[CALLERS];
    int own[CALLERS];
    struct dvfo_board *profile = NULL;
    struct dvfo_ctx ctx = {.message = ""};
    fake_host_build(&host);
    if (dvfo_board_load(&ctx, "host", &profile) != DVFO_OK) {
        fprintf(stderr, "threads_rig: %s\n", ctx.message);
        return 1;
    }
    for (dvfo_domain d = DVFO_CPU; d <= DVFO_GPU; d++) { /* the host's own has one clock */
        profile->clock[d].level_count = 3;
        profile->clock[d].level_hz[0] = 1.2e9;
        profile->clock[d].level_hz[1] = 1.8e9;
        profile->clock[d].level_hz[2] = 2.3e9;
    }
    struct dvfo_rig_def def = dvfo_rig_def_default(profile);
    def.root = host.root;
    def.hook = &fake_host_kernel;
    def.hook_user = &host;
    def.sample_s = 0.001;
    def.step_s = 0.005;
    def.wait_s = 0.05;
    dvfo_status status = dvfo_rig_open(&ctx, &def, &rig);
    for (int i = 0; status == DVFO_OK && i < CALLERS; i++) {
        own[i] = i;
        status = pthread_create(&thread[i], NULL, call, &own[i]) == 0 ? DVFO_OK : DVFO_FAILED;
    }
    if (status == DVFO_OK) {
        trouble();
        for (int i = 0; i < CALLERS; i++) {
            pthread_join(thread[i], NULL);
        }
        status = dvfo_rig_close(&ctx, rig);
    }
    dvfo_board_free(profile);
    fake_host_remove(&host);
    if (status != DVFO_OK) {
        fprintf(stderr, "threads_rig: %s\n", ctx.message);
    }
    return status == DVFO_OK ? 0 : 1;
}
