/* One LPUSH after the other, each waited for, as a program on hiredis does it.
 *
 *     lpush --socket S --tasks N --bytes B     prints how long one takes, in microseconds
 */
#include "common.h"

#include <hiredis/hiredis.h>

int main(int count, char **arguments) {
    long tasks = number(count, arguments, "--tasks"), bytes = number(count, arguments, "--bytes");
    redisContext *redis = redisConnectUnix(required(count, arguments, "--socket"));
    if (!redis || redis->err) fail("redis", redis ? redis->errstr : "no memory");
    char *body = malloc(bytes);
    memset(body, 'x', bytes);
    long *took = malloc(tasks * sizeof *took);
    /* The first hundred warm up. */
    for (long index = -100; index < tasks; index++) {
        long begin = now();
        redisReply *reply = redisCommand(redis, "LPUSH bench:lpush %b", body, (size_t)bytes);
        if (!reply || reply->type != REDIS_REPLY_INTEGER) fail("LPUSH", reply ? reply->str : redis->errstr);
        if (index >= 0) took[index] = now() - begin;
        freeReplyObject(reply);
    }
    printf("{");
    print_percentiles(took, tasks);
    printf("}\n");
    freeReplyObject(redisCommand(redis, "DEL bench:lpush"));
    redisFree(redis);
    free(took);
    free(body);
    return 0;
}
