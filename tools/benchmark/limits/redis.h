/* A connection to Redis, and the program's own scripts. */
#pragma once

#include "common.h"

#include <hiredis/hiredis.h>

static inline redisContext *connect_redis(const char *socket) {
    redisContext *redis = redisConnectUnix(socket);
    if (!redis || redis->err) fail("redis", redis ? redis->errstr : "no memory");
    return redis;
}

/* The answer is the script's name. */
static inline redisReply *load_script(redisContext *redis, const char *path) {
    char *text = read_file(path);
    redisReply *loaded = redisCommand(redis, "SCRIPT LOAD %s", text);
    if (!loaded || loaded->type != REDIS_REPLY_STRING) fail("script", loaded ? loaded->str : redis->errstr);
    free(text);
    return loaded;
}

/* push_one.lua: the limit of the queue, then the task's id, type, level, that it never expires, and its envelope. */
static inline redisReply *push_one(
    redisContext *redis, const char *script, const char *task, const char *envelope, size_t bytes) {
    redisReply *reply =
        redisCommand(redis, "EVALSHA %s 1 {rider} 10000000 %s text.nlu 5 0 %b", script, task, envelope, bytes);
    if (!reply || reply->type == REDIS_REPLY_ERROR) fail("push", reply ? reply->str : redis->errstr);
    if (reply->type != REDIS_REPLY_STRING || strcmp(reply->str, "q") != 0) fail("push", "the task was not queued");
    return reply;
}
