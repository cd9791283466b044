/* The journal's rows: results and their bodies, at synchronous=FULL. */
#pragma once

#include "sqlite.h"

struct results {
    sqlite3 *database;
    sqlite3_stmt *fact, *body;
    long rows;
};

static inline struct results open_results(const char *path, const char *schema) {
    struct results results = {.database = open_database(path, schema)};
    results.rows = query(results.database, "SELECT coalesce(max(seq), 0) FROM result");
    results.fact = prepare(
        results.database,
        "INSERT INTO result (seq, recorded_at, topic, tseq, task_type, priority, attempt, status, wait_ms, "
        "processing_ms, task_id, position) VALUES (?, ?, 3, ?, 'text.nlu', 5, 1, 'completed', 2, 0.1, ?, ?)");
    results.body = prepare(results.database, "INSERT INTO body (seq, checksum, bytes) VALUES (?, ?, ?)");
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
    run(results->database, results->fact);
    sqlite3_bind_int64(results->body, 1, row);
    sqlite3_bind_int64(results->body, 2, row * 2654435761);
    sqlite3_bind_blob(results->body, 3, bytes, size, SQLITE_STATIC);
    run(results->database, results->body);
}

static inline void close_results(struct results *results) {
    sqlite3_finalize(results->fact);
    sqlite3_finalize(results->body);
    sqlite3_close(results->database);
}
