/* SQLite's calls, each checked. */
#pragma once

#include "common.h"

#include <sqlite3.h>

static inline void check(sqlite3 *database, int code) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) fail("sqlite", sqlite3_errmsg(database));
}

static inline void execute(sqlite3 *database, const char *sql) {
    check(database, sqlite3_exec(database, sql, NULL, NULL, NULL));
}

static inline sqlite3_stmt *prepare(sqlite3 *database, const char *sql) {
    sqlite3_stmt *statement;
    check(database, sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

/* Runs a statement whose values are bound, and makes it ready for the next ones. */
static inline void run(sqlite3 *database, sqlite3_stmt *statement) {
    check(database, sqlite3_step(statement));
    sqlite3_reset(statement);
}

/* The first number that a query gives. */
static inline long long query(sqlite3 *database, const char *sql) {
    sqlite3_stmt *statement = prepare(database, sql);
    check(database, sqlite3_step(statement));
    long long value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

/* With a write-ahead log at synchronous=FULL; a new file gets the schema, when there is one. */
static inline sqlite3 *open_database(const char *path, const char *schema) {
    sqlite3 *database;
    check(database, sqlite3_open(path, &database));
    execute(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    if (schema && query(database, "SELECT count(*) FROM sqlite_schema") == 0) {
        char *sql = read_file(schema);
        execute(database, sql);
        free(sql);
    }
    return database;
}
