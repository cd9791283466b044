/* What the C programs share: their command line, time, percentiles, ends. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

/* The value behind a name on the command line; NULL without one. */
static inline const char *option(int count, char **arguments, const char *name) {
    for (int index = 1; index + 1 < count; index++)
        if (strcmp(arguments[index], name) == 0) return arguments[index + 1];
    return NULL;
}

static inline const char *required(int count, char **arguments, const char *name) {
    const char *value = option(count, arguments, name);
    if (!value) fail(name, "is missing");
    return value;
}

/* 0 without one. */
static inline long number(int count, char **arguments, const char *name) {
    const char *value = option(count, arguments, name);
    return value ? atol(value) : 0;
}

/* Nanoseconds of a clock that all processes share. */
static inline long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static inline void sleep_until(long nanoseconds) {
    struct timespec time = {.tv_sec = nanoseconds / 1000000000L, .tv_nsec = nanoseconds % 1000000000L};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

static inline int by_size(const void *a, const void *b) {
    long first = *(const long *)a, second = *(const long *)b;
    return (first > second) - (first < second);
}

/* Sorts nanoseconds and prints two percentiles of them in microseconds, as members of a JSON object. */
static inline void print_percentiles(long *took, long count) {
    qsort(took, count, sizeof *took, by_size);
    printf("\"p50_us\": %.3f, \"p99_us\": %.3f", took[count / 2] / 1e3, took[count * 99 / 100] / 1e3);
}

/* A JSON object with all of them in microseconds: for percentiles over several runs. */
static inline void print_samples(const long *took, long count) {
    printf("{\"took_us\": [");
    for (long index = 0; index < count; index++) printf("%s%.3f", index > 0 ? ", " : "", took[index] / 1e3);
    printf("]}\n");
}

static inline char *read_file(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) fail(path, "cannot be read");
    char *text = calloc(1, 1 << 20);
    if (fread(text, 1, (1 << 20) - 1, file) == 0) fail(path, "is empty");
    fclose(file);
    return text;
}
