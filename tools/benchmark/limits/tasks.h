/* The embedded queue's rows as the program has them, without counts, deadlines and retries: tasks of one type and level. */
#pragma once

#include "sqlite.h"

enum { most_claimed = 256, task_id_bytes = 64 };

struct tasks {
    sqlite3 *database;
    sqlite3_stmt *put, *ready, *claim, *unready, *lease, *release, *finish;
};

struct claimed {
    long long position;
    char id[task_id_bytes];
};

static inline struct tasks open_tasks(const char *path, const char *schema) {
    sqlite3 *database = open_database(path, schema);
    /* As the program has it: Debian's SQLite would write what it deletes twice. */
    execute(database, "PRAGMA secure_delete = OFF; PRAGMA cache_size = -8192");
    return (struct tasks){
        .database = database,
        .put = prepare(
            database,
            "INSERT INTO task (task_id, type, priority, enqueued_at, envelope) VALUES (?, 'text.nlu', 5, 1763035207000, ?)"),
        .ready = prepare(
            database,
            "INSERT INTO ready (type, priority, position, attempts) VALUES ('text.nlu', 5, last_insert_rowid(), 0)"),
        .claim = prepare(
            database,
            "SELECT r.position, t.task_id, t.envelope FROM ready AS r CROSS JOIN task AS t ON t.position = r.position "
            "WHERE r.type = 'text.nlu' AND r.priority = 5 ORDER BY r.position LIMIT ?"),
        .unready = prepare(database, "DELETE FROM ready WHERE type = 'text.nlu' AND priority = 5 AND position = ?"),
        .lease = prepare(
            database,
            "INSERT INTO leased (position, attempt, owner, ends_at, superseded) VALUES (?, 1, 'bench', 1763035237000, 0)"),
        .release = prepare(database, "DELETE FROM leased WHERE position = ? AND attempt = 1 AND owner = 'bench'"),
        .finish = prepare(database, "DELETE FROM task WHERE position = ?"),
    };
}

/* Between BEGIN IMMEDIATE and COMMIT, which the caller executes; as the other two. */
static inline void put_task(struct tasks *tasks, const char *id, const char *envelope, long bytes) {
    sqlite3_bind_text(tasks->put, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_blob(tasks->put, 2, envelope, bytes, SQLITE_STATIC);
    run(tasks->database, tasks->put);
    run(tasks->database, tasks->ready);
}

static inline void run_with(struct tasks *tasks, sqlite3_stmt *statement, long long position) {
    sqlite3_bind_int64(statement, 1, position);
    run(tasks->database, statement);
}

/* Takes the oldest, at most 256, each with a lease; `bytes` is what their envelopes hold. */
static inline int claim_tasks(struct tasks *tasks, struct claimed *claimed, long *bytes) {
    int count = 0;
    sqlite3_bind_int(tasks->claim, 1, most_claimed);
    while (sqlite3_step(tasks->claim) == SQLITE_ROW) {
        claimed[count].position = sqlite3_column_int64(tasks->claim, 0);
        snprintf(claimed[count].id, task_id_bytes, "%s", (const char *)sqlite3_column_text(tasks->claim, 1));
        if (sqlite3_column_blob(tasks->claim, 2)) *bytes += sqlite3_column_bytes(tasks->claim, 2);
        count++;
    }
    check(tasks->database, sqlite3_reset(tasks->claim));
    for (int index = 0; index < count; index++) {
        run_with(tasks, tasks->unready, claimed[index].position);
        run_with(tasks, tasks->lease, claimed[index].position);
    }
    return count;
}

static inline void acknowledge_tasks(struct tasks *tasks, const struct claimed *claimed, int count) {
    for (int index = 0; index < count; index++) {
        run_with(tasks, tasks->release, claimed[index].position);
        run_with(tasks, tasks->finish, claimed[index].position);
    }
}

static inline void close_tasks(struct tasks *tasks) {
    sqlite3_stmt *statements[] = {tasks->put,   tasks->ready,   tasks->claim, tasks->unready,
                                  tasks->lease, tasks->release, tasks->finish};
    for (unsigned index = 0; index < sizeof statements / sizeof *statements; index++) sqlite3_finalize(statements[index]);
    sqlite3_close(tasks->database);
}
