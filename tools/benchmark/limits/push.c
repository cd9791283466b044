/* Puts one task after the other in for an idle worker, and waits a moment in between.
 *
 *     push --socket S --tasks N                    LPUSHes the moment of the push for `brpop`, and prints nothing
 *     push --socket S --tasks N --port P           waits for the telemetry of each, and prints how long each took
 *     push --socket S --tasks N [--port P] --script LUA    the same with the program's own script: the moment is the task's id
 */
#include "redis.h"

#include <errno.h>
#include <zmq.h>

/* Long enough for everybody to fall asleep. */
enum { pause_ns = 30000000, patience_ms = 1000 };

static void *subscribe(void *context, const char *port) {
    void *socket = zmq_socket(context, ZMQ_SUB);
    int patience = patience_ms;
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "telemetry.text", 14);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%s", port);
    if (zmq_connect(socket, address) != 0) fail(address, zmq_strerror(errno));
    return socket;
}

/* 0 when it did not come in time. */
static int receive(void *socket, const char *task) {
    char body[8192];
    for (;;) {
        int bytes = zmq_recv(socket, body, sizeof body - 1, 0);
        if (bytes < 0) return 0;
        body[bytes < (int)sizeof body ? bytes : (int)sizeof body - 1] = 0;
        if (strstr(body, task)) return 1;
    }
}

int main(int count, char **arguments) {
    long tasks = number(count, arguments, "--tasks"), *took = malloc(tasks * sizeof *took);
    const char *port = option(count, arguments, "--port"), *script = option(count, arguments, "--script");
    void *context = zmq_ctx_new(), *socket = port ? subscribe(context, port) : NULL;
    redisContext *redis = connect_redis(required(count, arguments, "--socket"));
    redisReply *loaded = script ? load_script(redis, script) : NULL;
    /* The first ten wake everybody up, and wait until the subscription has arrived. */
    for (long index = -10; index < tasks; index++) {
        sleep_until(now() + pause_ns);
        char task[24], envelope[256];
        long begin = now();
        snprintf(task, sizeof task, "%ld", begin);
        redisReply *reply;
        if (script) {
            snprintf(envelope, sizeof envelope,
                     "{\"task_id\": \"%s\", \"task_type\": \"text.nlu\", \"payload\": {\"text\": \"stop\"}}", task);
            reply = push_one(redis, loaded->str, task, envelope, strlen(envelope));
        } else {
            reply = redisCommand(redis, "LPUSH bench:tasks %s", task);
            if (!reply || reply->type != REDIS_REPLY_INTEGER) fail("LPUSH", reply ? reply->str : redis->errstr);
        }
        freeReplyObject(reply);
        if (socket && !receive(socket, task) && index >= 0) fail("telemetry", "none came");
        if (index >= 0) took[index] = now() - begin;
    }
    if (socket) {
        print_samples(took, tasks);
        int none = 0;
        zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
        zmq_close(socket);
    }
    zmq_ctx_term(context);
    if (loaded) freeReplyObject(loaded);
    redisFree(redis);
    free(took);
    return 0;
}
