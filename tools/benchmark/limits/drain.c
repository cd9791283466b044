/* A worker in C that does what rider's does with tasks that need no engine, and nothing else: one script per batch acknowledges
 * and claims with leases, the results are committed at synchronous=FULL with the journal's schema, then published.
 *
 *     drain --socket S --script LUA --file DB --schema SQL --port P --tasks N      prints tasks a second
 *
 * The script is the program's own, as it is loaded into Redis. Results are not encoded, envelopes not decoded.
 */
#include <hiredis/hiredis.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { batch = 256, body_bytes = 500 };

static const char *option(int count, char **arguments, const char *name) {
    for (int index = 1; index + 1 < count; index++)
        if (strcmp(arguments[index], name) == 0) return arguments[index + 1];
    fprintf(stderr, "drain: %s is missing\n", name);
    exit(2);
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "drain: %s: %s\n", what, why);
    exit(1);
}

static sqlite3 *database;

static void check(int code) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) fail("sqlite", sqlite3_errmsg(database));
}

static void execute(const char *sql) { check(sqlite3_exec(database, sql, NULL, NULL, NULL)); }

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

static char *read_file(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) fail(path, "cannot be read");
    char *text = calloc(1, 1 << 20);
    if (fread(text, 1, (1 << 20) - 1, file) == 0) fail(path, "is empty");
    fclose(file);
    return text;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    long tasks = atol(option(count, arguments, "--tasks"));
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_XPUB);
    int on = 1, linger = 5000;
    zmq_setsockopt(socket, ZMQ_XPUB_NODROP, &on, sizeof on);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    char address[64], subscription[16];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%s", option(count, arguments, "--port"));
    if (zmq_bind(socket, address) != 0) fail(address, zmq_strerror(zmq_errno()));
    if (zmq_recv(socket, subscription, sizeof subscription, 0) < 0) fail("subscription", "none came");

    check(sqlite3_open(option(count, arguments, "--file"), &database));
    execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    char *schema = read_file(option(count, arguments, "--schema"));
    execute(schema);
    sqlite3_stmt *result = prepare(
        "INSERT INTO result (seq, recorded_at, topic, tseq, task_type, priority, attempt, status, wait_ms, "
        "processing_ms, task_id) VALUES (?, ?, 3, ?, 'text.nlu', 5, 1, 'completed', 2, 0.1, ?)");
    sqlite3_stmt *body = prepare("INSERT INTO body (seq, checksum, bytes) VALUES (?, ?, ?)");

    redisContext *redis = redisConnectUnix(option(count, arguments, "--socket"));
    if (!redis || redis->err) fail("redis", redis ? redis->errstr : "no memory");
    char *script = read_file(option(count, arguments, "--script"));
    redisReply *loaded = redisCommand(redis, "SCRIPT LOAD %s", script);
    if (!loaded || loaded->type != REDIS_REPLY_STRING) fail("script", loaded ? loaded->str : redis->errstr);

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
    double begin = now();
    do {
        redisReply *reply = redisCommandArgv(redis, start + 2 * held, values, sizes);
        if (!reply || reply->type != REDIS_REPLY_ARRAY) fail("cycle", reply ? reply->str : redis->errstr);
        redisReply *elements = reply->element[3];
        held = elements->elements;
        if (held > 0) execute("BEGIN IMMEDIATE");
        for (int index = 0; index < held; index++) {
            char *element = elements->element[index]->str, *task = element + elements->element[index]->len;
            while (task[-1] != ' ') task--;
            sscanf(element, "%23s %23s", finished[2 * index], finished[2 * index + 1]);
            for (int part = 0; part < 2; part++) {
                values[start + 2 * index + part] = finished[2 * index + part];
                sizes[start + 2 * index + part] = strlen(finished[2 * index + part]);
            }
            long row = done + index + 1;
            sqlite3_bind_int64(result, 1, row);
            sqlite3_bind_int64(result, 2, 1763035207000 + row / 100);
            sqlite3_bind_int64(result, 3, row);
            sqlite3_bind_text(result, 4, task, -1, SQLITE_STATIC);
            check(sqlite3_step(result));
            sqlite3_reset(result);
            sqlite3_bind_int64(body, 1, row);
            sqlite3_bind_int64(body, 2, row * 2654435761);
            sqlite3_bind_blob(body, 3, message, sizeof message, SQLITE_STATIC);
            check(sqlite3_step(body));
            sqlite3_reset(body);
        }
        if (held > 0) execute("COMMIT");
        for (int index = 0; index < held; index++) {
            while (zmq_send(socket, "telemetry.text", 14, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {}
            zmq_send(socket, message, sizeof message, 0);
        }
        done += held;
        freeReplyObject(reply);
    } while (held > 0);
    double seconds = now() - begin;
    if (done != tasks) fail("drain", "the queue had another number of tasks");
    printf("{\"tasks_per_second\": %.0f, \"sent\": %ld}\n", done / seconds, done);
    freeReplyObject(loaded);
    redisFree(redis);
    sqlite3_finalize(result);
    sqlite3_finalize(body);
    sqlite3_close(database);
    zmq_close(socket);
    zmq_ctx_term(context);
    free(schema);
    free(script);
    return 0;
}
