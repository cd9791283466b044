/* What metrics cost at least: a counter and a histogram that all threads may update, and printing many series.
 *
 *     metrics --series N        prints nanoseconds of an update, milliseconds of a scrape
 */
#include "common.h"

#include <stdatomic.h>

enum { calls = 1000000, repetitions = 7, bounds = 10, series_bytes = 128 };

static atomic_long counter, buckets[bounds + 1], sum;
/* Nanoseconds, from a millisecond to ten seconds. */
static const long bound[bounds] = {1000000,   5000000,   10000000,   50000000,   100000000,
                                   250000000, 500000000, 1000000000, 2500000000, 10000000000};

static void count_one(long value) {
    (void)value;
    atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
}

static void observe(long value) {
    int index = 0;
    while (index < bounds && value > bound[index]) index++;
    atomic_fetch_add_explicit(&buckets[index], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&sum, value, memory_order_relaxed);
}

/* What the machine does besides only makes it slower: the fastest of several turns. */
static double fastest(void (*update)(long)) {
    double best = 1e9;
    unsigned long value = 0;
    for (int turn = 0; turn < repetitions; turn++) {
        long begin = now();
        for (long index = 0; index < calls; index++) {
            value = value * 6364136223846793005UL + 1442695040888963407UL;
            update(value & 0x3FFFFFFF);
        }
        double took = (double)(now() - begin) / calls;
        if (took < best) best = took;
    }
    return best;
}

static double scrape_ms(long series) {
    char *text = malloc(series * series_bytes);
    long took[200];
    for (int turn = 0; turn < 200; turn++) {
        long begin = now();
        char *end = text;
        for (long index = 0; index < series; index++)
            end += snprintf(
                end, series_bytes, "bench_level_%ld{place=\"p%ld\"} %.17g\n", index % 10, index / 10, index * 1.25);
        took[turn] = now() - begin;
    }
    free(text);
    qsort(took, 200, sizeof *took, by_size);
    return took[100] / 1e6;
}

int main(int count, char **arguments) {
    long series = number(count, arguments, "--series");
    printf(
        "{\"counter_ns\": %.3f, \"histogram_ns\": %.3f, \"scrape_ms\": %.4f}\n", fastest(count_one), fastest(observe),
        scrape_ms(series));
    return 0;
}
