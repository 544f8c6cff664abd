#include "policies/nn/train/crew.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MOST_HELPERS = 63 };

struct crew {
    void (*work)(void *user, int task);
    void *user;
    int tasks;
    atomic_int next;
};

static void *take_tasks(void *of)
{
    struct crew *crew = of;
    for (int task = atomic_fetch_add(&crew->next, 1); task < crew->tasks; task = atomic_fetch_add(&crew->next, 1)) {
        crew->work(crew->user, task);
    }
    return NULL;
}

void dvfo_crew_run(int threads, int tasks, void (*work)(void *user, int task), void *user)
{
    struct crew crew = {.work = work, .user = user, .tasks = tasks};
    atomic_init(&crew.next, 0);
    pthread_t helper[MOST_HELPERS];
    int helpers = 0;
    const int wanted = (threads < tasks ? threads : tasks) - 1;
    while (helpers < wanted && helpers < MOST_HELPERS &&
           pthread_create(&helper[helpers], NULL, take_tasks, &crew) == 0) {
        helpers++;
    }
    take_tasks(&crew);
    for (int i = 0; i < helpers; i++) {
        pthread_join(helper[i], NULL);
    }
}
