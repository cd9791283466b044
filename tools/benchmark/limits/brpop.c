/* The plainest worker: BRPOP, and what is named on the command line: a commit of each result at synchronous=FULL, its telemetry.
 *
 *     brpop --socket S [--file DB --schema SQL] [--port P]
 *     brpop --socket S --script LUA [...]      with leases: the program's own script claims, and acknowledges before the telemetry
 *
 * A task is the moment of its push, in nanoseconds. "end" ends the worker; it prints how long each task took to get here.
 */
#include "redis.h"
#include "results.h"
#include "telemetry.h"

enum { body_bytes = 500, most = 100000 };

/* What cycle.lua names: behind it comes what is finished. */
#define CYCLE "EVALSHA %s 1 {rider} bench token bench/1 30000 25 1000 %s 16777216 10000000 0 1 text 2"

static redisReply *answer(redisContext *redis, int type) {
    redisReply *reply = NULL;
    if (redisGetReply(redis, (void **)&reply) != REDIS_OK) fail("redis", redis->errstr);
    if (reply->type == REDIS_REPLY_ERROR || (type && reply->type != type)) fail("redis", reply->str ? reply->str : "no task");
    return reply;
}

/* Waits for a task and takes it; the claim lies in Redis behind the blocking call. Gives the answer, `task` lies in it. */
static redisReply *claim(redisContext *redis, const char *script, char **element, char **task) {
    redisAppendCommand(redis, "BZPOPMIN {rider}:wake:text 0");
    redisAppendCommand(redis, CYCLE, script, "2");
    freeReplyObject(answer(redis, REDIS_REPLY_ARRAY));
    redisReply *reply = answer(redis, REDIS_REPLY_ARRAY), *elements = reply->element[3];
    if (elements->elements == 0) {
        freeReplyObject(reply);
        return claim(redis, script, element, task);
    }
    *element = elements->element[0]->str;
    *task = strrchr(*element, ' ') + 1;
    return reply;
}

static redisReply *pop(redisContext *redis, char **task) {
    redisAppendCommand(redis, "BRPOP bench:tasks 0");
    redisReply *reply = answer(redis, REDIS_REPLY_ARRAY);
    *task = reply->element[1]->str;
    return reply;
}

static void acknowledge(redisContext *redis, const char *script, const char *element) {
    char position[24], attempt[24];
    sscanf(element, "%23s %23s", position, attempt);
    redisAppendCommand(redis, CYCLE " %s %s", script, "0", position, attempt);
    freeReplyObject(answer(redis, REDIS_REPLY_ARRAY));
}

int main(int count, char **arguments) {
    const char *file = option(count, arguments, "--file"), *port = option(count, arguments, "--port");
    struct results results = {0};
    struct telemetry telemetry = {0};
    if (file) results = open_results(file, required(count, arguments, "--schema"));
    if (port) telemetry = open_telemetry(port);
    redisContext *redis = connect_redis(required(count, arguments, "--socket"));
    const char *path = option(count, arguments, "--script");
    redisReply *script = path ? load_script(redis, path) : NULL;
    static char body[body_bytes];
    static long took[most];
    long tasks = 0;
    for (;;) {
        char *element = NULL, *task;
        redisReply *reply = script ? claim(redis, script->str, &element, &task) : pop(redis, &task);
        long arrival = now();
        if (strcmp(task, "end") == 0) {
            if (script) acknowledge(redis, script->str, element);
            freeReplyObject(reply);
            break;
        }
        if (tasks < most) took[tasks++] = arrival - atol(task);
        memset(body, ' ', sizeof body);
        body[snprintf(body, sizeof body, "{\"task_id\": \"%s\"}", task)] = ' ';
        if (file) {
            execute(results.database, "BEGIN IMMEDIATE");
            insert_result(&results, task, body, sizeof body);
            execute(results.database, "COMMIT");
        }
        if (script) acknowledge(redis, script->str, element);
        if (port) publish(&telemetry, body, sizeof body);
        freeReplyObject(reply);
    }
    if (tasks == 0) fail("brpop", "no task came");
    print_samples(took, tasks);
    if (script) freeReplyObject(script);
    redisFree(redis);
    if (file) close_results(&results);
    if (port) close_telemetry(&telemetry);
    return 0;
}
