-- Metric history. Losing this file loses history, never a result.
--
-- A round is one moment at which every series was sampled; a moment without a round was not sampled. Rounds of the last
-- minutes are rows of recent, one each, with the series that changed. Every 240 of them become a chunk: their times, and
-- for each series one block with its values. Chunks grow old: 5-second rounds become windows of a minute, these become
-- windows of an hour. A moment is in one chunk only.

-- One start of a worker. Counters begin again at zero with it.
CREATE TABLE run (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at INTEGER NOT NULL                  -- milliseconds since 1970
) STRICT;

-- One row for each metric with one set of labels; buckets, sum and count of a histogram are series of their own.
CREATE TABLE series (
    id       INTEGER PRIMARY KEY NOT NULL,
    name     TEXT NOT NULL,                      -- as Prometheus shows it: x_total, y_bucket, y_sum, y_count
    labels   TEXT NOT NULL,                      -- JSON object, keys sorted; le for a bucket
    kind     TEXT NOT NULL,                      -- counter, gauge, histogram: of the family
    first_at INTEGER NOT NULL,                   -- its first round
    last_at  INTEGER NOT NULL,                   -- its last round in a chunk
    UNIQUE (name, labels, kind)
) STRICT;

-- Rounds that are not in a chunk yet, of one run.
CREATE TABLE recent (
    round   INTEGER PRIMARY KEY NOT NULL,        -- number in the run, from 0 on
    run     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    changes BLOB NOT NULL                        -- what is not as in the round before; the first row has everything
) STRICT;

CREATE TABLE chunk (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    run         INTEGER NOT NULL,
    resolution  INTEGER NOT NULL,                -- 0 rounds, 1 windows of a minute, 2 windows of an hour
    first_round INTEGER NOT NULL,                -- the rounds of the run that went into it
    last_round  INTEGER NOT NULL,
    first_at    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    points      INTEGER NOT NULL,                -- how many rounds or windows it has
    times       BLOB NOT NULL                    -- of a window: its last round
) STRICT;

CREATE UNIQUE INDEX chunk_order ON chunk (resolution, run, first_round);

-- Rows as they come, not clustered by series: four times cheaper to write, and one look-up reads 240 samples.
CREATE TABLE block (
    id    INTEGER PRIMARY KEY NOT NULL,          -- chunk * 16777216 + series
    bytes BLOB NOT NULL
) STRICT;
