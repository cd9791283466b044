/* One push after the other, each waited for, as a program on hiredis does it.
 *
 *     lpush --socket S --tasks N --bytes B                 LPUSHes, and prints how long one takes
 *     lpush --socket S --tasks N --bytes B --script LUA    the same with the program's own script for one task
 */
#include "redis.h"

int main(int count, char **arguments) {
    long tasks = number(count, arguments, "--tasks"), bytes = number(count, arguments, "--bytes");
    redisContext *redis = connect_redis(required(count, arguments, "--socket"));
    const char *path = option(count, arguments, "--script");
    redisReply *script = path ? load_script(redis, path) : NULL;
    char *body = malloc(bytes);
    memset(body, 'x', bytes);
    long *took = malloc(tasks * sizeof *took);
    /* The first hundred warm up. */
    for (long index = -100; index < tasks; index++) {
        char task[48];
        long begin = now();
        redisReply *reply;
        if (script) {
            snprintf(task, sizeof task, "c%ld", begin);
            reply = push_one(redis, script->str, task, body, bytes);
        } else {
            reply = redisCommand(redis, "LPUSH bench:lpush %b", body, (size_t)bytes);
            if (!reply || reply->type != REDIS_REPLY_INTEGER) fail("LPUSH", reply ? reply->str : redis->errstr);
        }
        if (index >= 0) took[index] = now() - begin;
        freeReplyObject(reply);
    }
    printf("{");
    print_percentiles(took, tasks);
    printf("}\n");
    /* The server holds nothing else. */
    freeReplyObject(redisCommand(redis, "FLUSHALL"));
    if (script) freeReplyObject(script);
    redisFree(redis);
    free(took);
    free(body);
    return 0;
}
