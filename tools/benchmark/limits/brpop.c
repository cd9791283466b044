/* The plainest worker: BRPOP, and what is named on the command line: a commit of each result at synchronous=FULL, its telemetry.
 *
 *     brpop --socket S [--file DB --schema SQL] [--port P]
 *
 * A task is the moment of its push, in nanoseconds. "end" ends the worker; it prints how long each task took to get here.
 */
#include "redis.h"
#include "results.h"
#include "telemetry.h"

enum { body_bytes = 500, most = 100000 };

int main(int count, char **arguments) {
    const char *file = option(count, arguments, "--file"), *port = option(count, arguments, "--port");
    struct results results = {0};
    struct telemetry telemetry = {0};
    if (file) results = open_results(file, required(count, arguments, "--schema"));
    if (port) telemetry = open_telemetry(port);
    redisContext *redis = connect_redis(required(count, arguments, "--socket"));
    static char body[body_bytes];
    static long took[most];
    long tasks = 0;
    for (;;) {
        redisReply *reply = redisCommand(redis, "BRPOP bench:tasks 0");
        long arrival = now();
        if (!reply || reply->type != REDIS_REPLY_ARRAY) fail("BRPOP", reply ? reply->str : redis->errstr);
        const char *task = reply->element[1]->str;
        if (strcmp(task, "end") == 0) {
            freeReplyObject(reply);
            break;
        }
        if (tasks < most) took[tasks++] = arrival - atol(task);
        memset(body, ' ', sizeof body);
        body[snprintf(body, sizeof body, "{\"task_id\": \"%s\"}", task)] = ' ';
        if (file) {
            execute(&results, "BEGIN IMMEDIATE");
            insert_result(&results, task, body, sizeof body);
            execute(&results, "COMMIT");
        }
        if (port) publish(&telemetry, body, sizeof body);
        freeReplyObject(reply);
    }
    if (tasks == 0) fail("brpop", "no task came");
    print_samples(took, tasks);
    redisFree(redis);
    if (file) close_results(&results);
    if (port) close_telemetry(&telemetry);
    return 0;
}
