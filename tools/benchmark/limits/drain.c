/* A worker in C that does what rider's does with tasks that need no engine, and nothing else: one script per batch acknowledges
 * and claims with leases, the results are committed at synchronous=FULL with the journal's schema, then published.
 *
 *     drain --socket S --script LUA --file DB --schema SQL --port P --tasks N      prints tasks a second
 *
 * The script is the program's own, as it is loaded into Redis. Results are not encoded, envelopes not decoded.
 */
#include "redis.h"
#include "results.h"
#include "telemetry.h"

enum { batch = 256, body_bytes = 500 };

int main(int count, char **arguments) {
    long tasks = number(count, arguments, "--tasks");
    struct telemetry telemetry = open_telemetry(required(count, arguments, "--port"));
    struct results results = open_results(required(count, arguments, "--file"), required(count, arguments, "--schema"));

    redisContext *redis = connect_redis(required(count, arguments, "--socket"));
    redisReply *loaded = load_script(redis, required(count, arguments, "--script"));

    /* EVALSHA sha keys, then the arguments that cycle.lua names, then what is finished. */
    const char *values[32 + 2 * batch];
    size_t sizes[32 + 2 * batch];
    const char *fixed[] = {"EVALSHA", loaded->str, "1", "{rider}", "bench", "token", "bench/1", "30000", "25", "1000",
                           "256", "16777216", "10000000", "0", "1", "text", "256"};
    int start = sizeof fixed / sizeof *fixed;
    for (int index = 0; index < start; index++) {
        values[index] = fixed[index];
        sizes[index] = strlen(fixed[index]);
    }
    static char finished[2 * batch][24], message[body_bytes];
    memset(message, 'x', sizeof message);
    long done = 0;
    int held = 0;
    long begin = now();
    do {
        redisReply *reply = redisCommandArgv(redis, start + 2 * held, values, sizes);
        if (!reply || reply->type != REDIS_REPLY_ARRAY) fail("cycle", reply ? reply->str : redis->errstr);
        redisReply *elements = reply->element[3];
        held = elements->elements;
        if (held > 0) execute(results.database, "BEGIN IMMEDIATE");
        for (int index = 0; index < held; index++) {
            char *element = elements->element[index]->str, *task = element + elements->element[index]->len;
            while (task[-1] != ' ') task--;
            sscanf(element, "%23s %23s", finished[2 * index], finished[2 * index + 1]);
            for (int part = 0; part < 2; part++) {
                values[start + 2 * index + part] = finished[2 * index + part];
                sizes[start + 2 * index + part] = strlen(finished[2 * index + part]);
            }
            insert_result(&results, task, message, sizeof message);
        }
        if (held > 0) execute(results.database, "COMMIT");
        for (int index = 0; index < held; index++) publish(&telemetry, message, sizeof message);
        done += held;
        freeReplyObject(reply);
    } while (held > 0);
    double seconds = (now() - begin) / 1e9;
    if (done != tasks) fail("drain", "the queue had another number of tasks");
    printf("{\"tasks_per_second\": %.0f, \"sent\": %ld}\n", done / seconds, done);
    freeReplyObject(loaded);
    redisFree(redis);
    close_results(&results);
    close_telemetry(&telemetry);
    return 0;
}
