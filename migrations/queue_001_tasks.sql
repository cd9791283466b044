-- The embedded queue. A task's row is written once and never changed, however often the task moves: what changes are the
-- small rows below, each of which says where a task is. A task is in exactly one of ready, superseded, leased, delayed.

CREATE TABLE task (
    -- The order of arrival. Never used twice, so that an old lease can never fit a new task.
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id     TEXT    NOT NULL UNIQUE CHECK (task_id <> ''),
    type        TEXT    NOT NULL,
    priority    INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 10),
    -- Unix milliseconds, as all times here.
    enqueued_at INTEGER NOT NULL,
    -- Not worth starting from then on; NULL: always.
    deadline    INTEGER,
    envelope    BLOB    NOT NULL
) STRICT;

-- Waiting tasks: one stream per type, in the order of claims. A task that comes back keeps its position and so is at the
-- head of its level again. A claim reads only the heads of the streams it has room for.
CREATE TABLE ready (
    type     TEXT    NOT NULL,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 10),
    position INTEGER NOT NULL,
    -- Claims so far that ended without a result.
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    PRIMARY KEY (type, priority, position)
) STRICT, WITHOUT ROWID;

-- Frames that a newer one replaced: they come out of the next claim to be answered, not run.
CREATE TABLE superseded (
    type     TEXT    NOT NULL,
    position INTEGER NOT NULL,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    PRIMARY KEY (type, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE leased (
    position   INTEGER PRIMARY KEY,
    -- Claims so far, this one included: with the owner it fences acknowledgements.
    attempt    INTEGER NOT NULL CHECK (attempt >= 1),
    owner      TEXT    NOT NULL,
    ends_at    INTEGER NOT NULL,
    superseded INTEGER NOT NULL CHECK (superseded IN (0, 1))
) STRICT;
CREATE INDEX leased_by_end ON leased (ends_at);

-- Tasks that failed and wait for their next try.
CREATE TABLE delayed (
    position INTEGER PRIMARY KEY,
    attempts INTEGER NOT NULL CHECK (attempts >= 1),
    due      INTEGER NOT NULL
) STRICT;
CREATE INDEX delayed_by_due ON delayed (due);

CREATE TABLE dead_letter (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    died_at  INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    -- NULL when the bytes are no readable envelope.
    task_id  TEXT,
    envelope BLOB    NOT NULL
) STRICT;

-- Counts, changed in the transaction that moves the tasks, so that nobody ever counts a backlog.
CREATE TABLE level (
    type     TEXT    NOT NULL,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 10),
    waiting  INTEGER NOT NULL CHECK (waiting >= 0),
    PRIMARY KEY (type, priority)
) STRICT, WITHOUT ROWID;

CREATE TABLE total (
    state TEXT    PRIMARY KEY CHECK (state IN ('leased', 'delayed', 'superseded', 'dead')),
    tasks INTEGER NOT NULL CHECK (tasks >= 0)
) STRICT, WITHOUT ROWID;
INSERT INTO total (state, tasks) VALUES ('leased', 0), ('delayed', 0), ('superseded', 0), ('dead', 0);
