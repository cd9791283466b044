/* The journal's rows in C: the schema of the file given, so many rows per commit at synchronous=FULL, and nothing else.
 *
 *     journal --file F --schema SQL --rows N --batch K --bytes B      prints rows a second
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *option(int count, char **arguments, const char *name) {
    for (int index = 1; index + 1 < count; index++)
        if (strcmp(arguments[index], name) == 0) return arguments[index + 1];
    fprintf(stderr, "journal: %s is missing\n", name);
    exit(2);
}

static sqlite3 *database;

static void check(int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "journal: %s\n", sqlite3_errmsg(database));
    exit(1);
}

static void execute(const char *sql) { check(sqlite3_exec(database, sql, NULL, NULL, NULL)); }

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

static char *read_file(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        exit(1);
    }
    char *text = calloc(1, 1 << 20);
    if (fread(text, 1, (1 << 20) - 1, file) == 0) exit(1);
    fclose(file);
    return text;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    long rows = atol(option(count, arguments, "--rows")), batch = atol(option(count, arguments, "--batch"));
    long bytes = atol(option(count, arguments, "--bytes"));
    check(sqlite3_open(option(count, arguments, "--file"), &database));
    execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    char *schema = read_file(option(count, arguments, "--schema"));
    execute(schema);
    sqlite3_stmt *result = prepare(
        "INSERT INTO result (seq, recorded_at, topic, tseq, task_type, priority, attempt, status, wait_ms, "
        "processing_ms, task_id) VALUES (?, ?, 3, ?, 'text.nlu', 5, 1, 'completed', 2, 0.1, ?)");
    sqlite3_stmt *body = prepare("INSERT INTO body (seq, checksum, bytes) VALUES (?, ?, ?)");
    char *text = malloc(bytes);
    memset(text, 'x', bytes);
    double begin = now();
    for (long row = 1; row <= rows;) {
        execute("BEGIN IMMEDIATE");
        for (long index = 0; index < batch && row <= rows; index++, row++) {
            char task[40];
            snprintf(task, sizeof task, "018f2c50-0000-7000-8000-%012ld", row);
            sqlite3_bind_int64(result, 1, row);
            sqlite3_bind_int64(result, 2, 1763035207000 + row / 100);
            sqlite3_bind_int64(result, 3, row);
            sqlite3_bind_text(result, 4, task, -1, SQLITE_STATIC);
            check(sqlite3_step(result));
            sqlite3_reset(result);
            sqlite3_bind_int64(body, 1, row);
            sqlite3_bind_int64(body, 2, row * 2654435761);
            sqlite3_bind_blob(body, 3, text, bytes, SQLITE_STATIC);
            check(sqlite3_step(body));
            sqlite3_reset(body);
        }
        execute("COMMIT");
    }
    printf("{\"rows_per_second\": %.0f}\n", rows / (now() - begin));
    sqlite3_finalize(result);
    sqlite3_finalize(body);
    sqlite3_close(database);
    free(text);
    free(schema);
    return 0;
}
