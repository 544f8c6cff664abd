/* Trials side by side share only constant data: each gives the same bytes as when it runs alone. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "policies/policies.h"

enum { TRIALS = 6 };

static void *run(void *trial)
{
    return dvfo_trial_run(NULL, trial) == DVFO_OK ? trial : NULL;
}

static bool choose(struct dvfo_trial *trial, const char *name)
{
    const char *argument = NULL;
    return dvfo_policy_find(NULL, name, &trial->policy, &argument) == DVFO_OK;
}

int main(void)
{
    static const char *const names[TRIALS] = {"random",    "l4t-default", "oracle-dvfo",
                                              "edge-best", "cloud-only",  "coordinate-descent"};
    struct dvfo_ctx ctx = {0};
    struct fixture world;
    if (!fixture_init(&ctx, &world, "jetson-nano", "resnet-18", "model:wifi")) {
        fprintf(stderr, "%s\n", ctx.message);
        return 1;
    }
    struct dvfo_trial alone[TRIALS], together[TRIALS];
    pthread_t thread[TRIALS];
    int wrong = 0;
    for (int i = 0; i < TRIALS; i++) {
        alone[i] = fixture_trial(&world, NULL, 200);
        wrong += !choose(&alone[i], names[i]);
        together[i] = alone[i];
    }
    for (int i = 0; i < TRIALS && wrong == 0; i++) {
        wrong += pthread_create(&thread[i], NULL, run, &together[i]) != 0;
    }
    for (int i = 0; i < TRIALS && wrong == 0; i++) {
        void *done = NULL;
        pthread_join(thread[i], &done);
        wrong += done == NULL || run(&alone[i]) == NULL;
        wrong += memcmp(&alone[i].results, &together[i].results, sizeof alone[i].results) != 0;
    }
    fixture_free(&world);
    printf("%d trials side by side, %d differ\n", TRIALS, wrong);
    return wrong == 0 ? 0 : 1;
}
