/* A worker with an embedded queue, as plain as it gets: what is put in waits for the disk, claims and acknowledgements do not, and
 * results are committed at synchronous=FULL before they are acknowledged and published. Both files have the program's schemas.
 *
 *     worker --queue DB --queue-schema SQL --file DB --schema SQL --port P --tasks N --bytes B
 *         puts tasks in, 256 per commit, and works them off; prints tasks a second of both
 *     worker --queue DB --queue-schema SQL --file DB --schema SQL --port P --http H
 *         takes tasks over HTTP until it is ended
 *
 * Payloads are not read, results not made. Over HTTP a task is whatever has a "task_id": there is no parser of JSON.
 */
#define _GNU_SOURCE
#include "results.h"
#include "tasks.h"
#include "telemetry.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { result_bytes = 500, most_request_bytes = 1 << 20 };

struct worker {
    struct tasks tasks;
    struct results results;
    struct telemetry telemetry;
    struct claimed claimed[most_claimed];
    int held;
};

/* Acknowledges what was worked on, in the transaction that claims the next ones, and publishes it. Then these are committed. */
static int cycle(struct worker *worker, long *envelope_bytes) {
    static char body[result_bytes];
    struct claimed done[most_claimed];
    int finished = worker->held;
    memcpy(done, worker->claimed, finished * sizeof *done);
    execute(worker->tasks.database, "BEGIN IMMEDIATE");
    acknowledge_tasks(&worker->tasks, done, finished);
    worker->held = claim_tasks(&worker->tasks, worker->claimed, envelope_bytes);
    execute(worker->tasks.database, "COMMIT");
    for (int index = 0; index < finished; index++) {
        memset(body, ' ', sizeof body);
        body[snprintf(body, sizeof body, "{\"task_id\": \"%s\"}", done[index].id)] = ' ';
        publish(&worker->telemetry, body, sizeof body);
    }
    if (worker->held > 0) {
        memset(body, ' ', sizeof body);
        execute(worker->results.database, "BEGIN IMMEDIATE");
        for (int index = 0; index < worker->held; index++)
            insert_result(&worker->results, worker->claimed[index].id, body, sizeof body);
        execute(worker->results.database, "COMMIT");
    }
    return finished;
}

static long work_off(struct worker *worker, long *envelope_bytes) {
    long done = 0;
    /* Claims and acknowledgements that a power cut takes are only done again. */
    execute(worker->tasks.database, "PRAGMA synchronous = NORMAL");
    do done += cycle(worker, envelope_bytes);
    while (worker->held > 0);
    execute(worker->tasks.database, "PRAGMA synchronous = FULL");
    return done;
}

static void drain(struct worker *worker, long tasks, long bytes) {
    char *envelope = malloc(bytes);
    memset(envelope, 'x', bytes);
    long begin = now(), envelope_bytes = 0;
    for (long index = 0; index < tasks;) {
        execute(worker->tasks.database, "BEGIN IMMEDIATE");
        for (int row = 0; row < most_claimed && index < tasks; row++, index++) {
            char id[task_id_bytes];
            snprintf(id, sizeof id, "t%ld", index);
            put_task(&worker->tasks, id, envelope, bytes);
        }
        execute(worker->tasks.database, "COMMIT");
    }
    long put = now();
    if (work_off(worker, &envelope_bytes) != tasks || envelope_bytes != tasks * bytes) fail("drain", "tasks are missing");
    printf(
        "{\"enqueued_per_second\": %.0f, \"tasks_per_second\": %.0f, \"sent\": %ld}\n", tasks / ((put - begin) / 1e9),
        tasks / ((now() - put) / 1e9), tasks);
    free(envelope);
}

/* Reads one request; its body, or NULL when it has none. */
static char *read_request(int connection) {
    static char request[most_request_bytes + 1];
    long have = 0, want = most_request_bytes;
    char *body = NULL;
    while (have < want) {
        long more = recv(connection, request + have, want - have, 0);
        if (more <= 0) return NULL;
        have += more;
        request[have] = 0;
        char *end = body ? NULL : strstr(request, "\r\n\r\n");
        if (!end) continue;
        body = end + 4;
        char *length = strcasestr(request, "\r\nContent-Length:");
        if (!length || length > end) return NULL;
        want = body - request + atol(length + 17);
        if (want > most_request_bytes) fail("http", "the request is too long");
    }
    return body;
}

static void serve(struct worker *worker, const char *port) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0)
        fail(port, strerror(errno));
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) fail(port, strerror(errno));
        char *task = read_request(connection);
        if (task) {
            execute(worker->tasks.database, "BEGIN IMMEDIATE");
            while ((task = strstr(task, "\"task_id\": \""))) {
                char id[task_id_bytes], *end = strchr(task += 12, '"');
                if (!end) break;
                snprintf(id, sizeof id, "%.*s", (int)(end - task), task);
                put_task(&worker->tasks, id, task, end - task);
            }
            execute(worker->tasks.database, "COMMIT");
        }
        static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
        if (send(connection, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0) perror("http");
        close(connection);
        long envelope_bytes = 0;
        work_off(worker, &envelope_bytes);
    }
}

int main(int count, char **arguments) {
    const char *port = required(count, arguments, "--port"), *http = option(count, arguments, "--http");
    static struct worker worker;
    worker.tasks = open_tasks(required(count, arguments, "--queue"), required(count, arguments, "--queue-schema"));
    worker.results = open_results(required(count, arguments, "--file"), required(count, arguments, "--schema"));
    worker.telemetry = http ? bind_telemetry(port) : open_telemetry(port);
    if (http)
        serve(&worker, http);
    else
        drain(&worker, number(count, arguments, "--tasks"), number(count, arguments, "--bytes"));
    close_tasks(&worker.tasks);
    close_results(&worker.results);
    close_telemetry(&worker.telemetry);
    return 0;
}
