-- Results: the outbox of telemetry. One process writes, any number read.

-- Facts about the file itself: publisher_id, clean_end, removed_up_to.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- The last number given out per topic, so that numbers have no gaps and outlive the rows.
CREATE TABLE topic_number (
    topic INTEGER PRIMARY KEY NOT NULL,
    last  INTEGER NOT NULL
) STRICT;

-- Narrow facts, scanned by lists and statistics. No secondary index: each one costs about half of the write rate, and
-- a point in time is found by bisecting seq.
CREATE TABLE result (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    recorded_at   INTEGER NOT NULL,              -- milliseconds since 1970; rises with seq between two clock steps
    topic         INTEGER NOT NULL,              -- 1 voice, 2 vision, 3 text, 4 metrics
    tseq          INTEGER NOT NULL,              -- number in the topic, without gaps
    task_type     TEXT NOT NULL,
    priority      INTEGER NOT NULL,
    attempt       INTEGER NOT NULL,
    status        TEXT NOT NULL,                 -- completed, failed
    wait_ms       INTEGER NOT NULL,
    processing_ms REAL,
    task_id       TEXT NOT NULL
) STRICT;

-- Immutable bodies, apart from the facts so that a scan does not read them.
CREATE TABLE body (
    seq      INTEGER PRIMARY KEY NOT NULL,
    checksum INTEGER NOT NULL,                   -- XXH64, seed 0, of bytes
    bytes    BLOB NOT NULL
) STRICT;

-- The first row after the clock was set back.
CREATE TABLE clock_step (
    seq INTEGER PRIMARY KEY NOT NULL
) STRICT;

-- What became of the rows, as runs of seq. Rows in no run are journaled: not sent yet.
CREATE TABLE delivery (
    first INTEGER PRIMARY KEY NOT NULL,
    last  INTEGER NOT NULL,
    state INTEGER NOT NULL,                      -- 1 no_subscriber, 2 handed_off, 3 broker_confirmed, 4 robot_acked,
                                                 -- 5 uncertain, 6 expired, 7 not_published
    CHECK (first <= last)
) STRICT;

-- Rows of a worker that had lost its lease: another attempt's row counts.
CREATE TABLE superseded (
    seq INTEGER PRIMARY KEY NOT NULL
) STRICT;
