/* Pushes as a program on hiredis does them.
 *
 *     lpush --socket S --tasks N --bytes B                 one LPUSH after the other, each waited for; prints how long one takes
 *     lpush --socket S --tasks N --bytes B --script LUA    the same with the program's own script for one task
 *     lpush --socket S --tasks N --bytes B --script LUA --batch
 *         256 tasks at a time with the program's own script for many; prints tasks a second
 */
#include "redis.h"

enum { batch = 256 };

static void push_one_by_one(redisContext *redis, redisReply *script, long tasks, const char *body, long bytes) {
    long *took = malloc(tasks * sizeof *took);
    /* The first hundred warm up. */
    for (long index = -100; index < tasks; index++) {
        char task[48];
        long begin = now();
        if (script) {
            snprintf(task, sizeof task, "c%ld", begin);
            freeReplyObject(push_one(redis, script->str, task, body, bytes));
        } else {
            redisReply *reply = redisCommand(redis, "LPUSH bench:lpush %b", body, (size_t)bytes);
            if (!reply || reply->type != REDIS_REPLY_INTEGER) fail("LPUSH", reply ? reply->str : redis->errstr);
            freeReplyObject(reply);
        }
        if (index >= 0) took[index] = now() - begin;
    }
    printf("{");
    print_percentiles(took, tasks);
    printf("}\n");
    free(took);
}

static void push_batches(redisContext *redis, redisReply *script, long tasks, const char *body, long bytes) {
    /* What push.lua names: the limit of the queue, then six per task. */
    enum { start = 5, per_task = 6 };
    static char ids[batch][24];
    const char *values[start + batch * per_task] = {"EVALSHA", script->str, "1", "{rider}", "10000000"};
    size_t sizes[start + batch * per_task];
    for (long index = 0; index < batch; index++) {
        const char *task[per_task] = {ids[index], "text.nlu", "5", "0", "0", body};
        memcpy(values + start + index * per_task, task, sizeof task);
    }
    long begin = now();
    for (long done = 0; done < tasks;) {
        long count = 0;
        while (count < batch && done < tasks) snprintf(ids[count++], sizeof *ids, "c%ld", done++);
        for (long index = 0; index < start + count * per_task; index++)
            sizes[index] = values[index] == body ? (size_t)bytes : strlen(values[index]);
        redisReply *reply = redisCommandArgv(redis, start + count * per_task, values, sizes);
        if (!reply || reply->type != REDIS_REPLY_ARRAY) fail("push", reply ? reply->str : redis->errstr);
        freeReplyObject(reply);
    }
    printf("{\"tasks_per_second\": %.0f}\n", tasks / ((now() - begin) / 1e9));
}

int main(int count, char **arguments) {
    long tasks = number(count, arguments, "--tasks"), bytes = number(count, arguments, "--bytes");
    redisContext *redis = connect_redis(required(count, arguments, "--socket"));
    const char *path = option(count, arguments, "--script");
    redisReply *script = path ? load_script(redis, path) : NULL;
    int has_batches = script && strcmp(arguments[count - 1], "--batch") == 0;
    char *body = malloc(bytes);
    memset(body, 'x', bytes);
    if (has_batches)
        push_batches(redis, script, tasks, body, bytes);
    else
        push_one_by_one(redis, script, tasks, body, bytes);
    /* The server holds nothing else. */
    freeReplyObject(redisCommand(redis, "FLUSHALL"));
    if (script) freeReplyObject(script);
    redisFree(redis);
    free(body);
    return 0;
}
