/* The journal's rows: a new file with the schema given, results and their bodies, at synchronous=FULL. */
#pragma once

#include "common.h"

#include <sqlite3.h>

struct results {
    sqlite3 *database;
    sqlite3_stmt *fact, *body;
    long rows;
};

static inline void check(struct results *results, int code) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) fail("sqlite", sqlite3_errmsg(results->database));
}

static inline void execute(struct results *results, const char *sql) {
    check(results, sqlite3_exec(results->database, sql, NULL, NULL, NULL));
}

static inline sqlite3_stmt *prepare(struct results *results, const char *sql) {
    sqlite3_stmt *statement;
    check(results, sqlite3_prepare_v3(results->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

static inline struct results open_results(const char *path, const char *schema) {
    struct results results = {0};
    check(&results, sqlite3_open(path, &results.database));
    execute(&results, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    char *sql = read_file(schema);
    execute(&results, sql);
    free(sql);
    results.fact = prepare(
        &results,
        "INSERT INTO result (seq, recorded_at, topic, tseq, task_type, priority, attempt, status, wait_ms, "
        "processing_ms, task_id, position) VALUES (?, ?, 3, ?, 'text.nlu', 5, 1, 'completed', 2, 0.1, ?, ?)");
    results.body = prepare(&results, "INSERT INTO body (seq, checksum, bytes) VALUES (?, ?, ?)");
    return results;
}

/* Between BEGIN IMMEDIATE and COMMIT, which the caller executes. */
static inline void insert_result(struct results *results, const char *task, const char *bytes, long size) {
    long row = ++results->rows;
    sqlite3_bind_int64(results->fact, 1, row);
    sqlite3_bind_int64(results->fact, 2, 1763035207000 + row / 100);
    sqlite3_bind_int64(results->fact, 3, row);
    sqlite3_bind_text(results->fact, 4, task, -1, SQLITE_STATIC);
    sqlite3_bind_int64(results->fact, 5, row);
    check(results, sqlite3_step(results->fact));
    sqlite3_reset(results->fact);
    sqlite3_bind_int64(results->body, 1, row);
    sqlite3_bind_int64(results->body, 2, row * 2654435761);
    sqlite3_bind_blob(results->body, 3, bytes, size, SQLITE_STATIC);
    check(results, sqlite3_step(results->body));
    sqlite3_reset(results->body);
}

static inline void close_results(struct results *results) {
    sqlite3_finalize(results->fact);
    sqlite3_finalize(results->body);
    sqlite3_close(results->database);
}
