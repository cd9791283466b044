-- Replays. A replay adds attempts to what is known of a row; the first outcome stays in delivery as it was.

CREATE TABLE replay_run (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT NOT NULL,                    -- replay, catch_up
    selection  TEXT NOT NULL,                    -- what was asked for, as JSON
    first      INTEGER NOT NULL,                 -- the span of seq that was asked for
    last       INTEGER NOT NULL,
    has_probe  INTEGER NOT NULL,                 -- 1: handed_off is not the end, a probe confirms
    position   INTEGER NOT NULL,                 -- a resumed run goes on behind this row
    state      INTEGER NOT NULL,                 -- 0 running, 1 stopped, 2 done
    begun_at   INTEGER NOT NULL,                 -- milliseconds since 1970
    ended_at   INTEGER,
    selected   INTEGER NOT NULL,                 -- rows that were to be sent when it began
    handed_off INTEGER NOT NULL DEFAULT 0,       -- rows by what became of them in this run; kept when the rows go
    confirmed  INTEGER NOT NULL DEFAULT 0,
    uncertain  INTEGER NOT NULL DEFAULT 0,
    not_sent   INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What became of the rows in one run, as runs of seq; states as in delivery.
CREATE TABLE replay_range (
    run   INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL,
    state INTEGER NOT NULL,
    PRIMARY KEY (run, first),
    CHECK (first <= last)
) STRICT, WITHOUT ROWID;

-- The best of all attempts per row, so that nobody needs to look through every run; outlives old runs.
CREATE TABLE best_attempt (
    first INTEGER PRIMARY KEY NOT NULL,
    last  INTEGER NOT NULL,
    state INTEGER NOT NULL,
    CHECK (first <= last)
) STRICT;
