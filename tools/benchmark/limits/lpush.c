/* One LPUSH after the other, each waited for, as a program on hiredis does it.
 *
 *     lpush --socket S --tasks N --bytes B     prints how long one takes, in microseconds
 */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *option(int count, char **arguments, const char *name) {
    for (int index = 1; index + 1 < count; index++)
        if (strcmp(arguments[index], name) == 0) return arguments[index + 1];
    fprintf(stderr, "lpush: %s is missing\n", name);
    exit(2);
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static int compare(const void *a, const void *b) {
    long first = *(const long *)a, second = *(const long *)b;
    return (first > second) - (first < second);
}

int main(int count, char **arguments) {
    long tasks = atol(option(count, arguments, "--tasks")), bytes = atol(option(count, arguments, "--bytes"));
    redisContext *redis = redisConnectUnix(option(count, arguments, "--socket"));
    if (!redis || redis->err) {
        fprintf(stderr, "lpush: %s\n", redis ? redis->errstr : "no memory");
        return 1;
    }
    char *body = malloc(bytes);
    memset(body, 'x', bytes);
    long *took = malloc(tasks * sizeof *took);
    /* The first hundred warm up. */
    for (long index = -100; index < tasks; index++) {
        long begin = now();
        redisReply *reply = redisCommand(redis, "LPUSH bench:lpush %b", body, (size_t)bytes);
        if (!reply || reply->type != REDIS_REPLY_INTEGER) {
            fprintf(stderr, "lpush: %s\n", reply ? reply->str : redis->errstr);
            return 1;
        }
        if (index >= 0) took[index] = now() - begin;
        freeReplyObject(reply);
    }
    qsort(took, tasks, sizeof *took, compare);
    printf("{\"p50_us\": %f, \"p99_us\": %f}\n", took[tasks / 2] / 1e3, took[tasks * 99 / 100] / 1e3);
    freeReplyObject(redisCommand(redis, "DEL bench:lpush"));
    redisFree(redis);
    return 0;
}
