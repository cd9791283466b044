-- Metric samples. Losing this file loses history, never a result.

-- One row for each metric with one set of labels.
CREATE TABLE series (
    id     INTEGER PRIMARY KEY NOT NULL,
    name   TEXT NOT NULL,
    labels TEXT NOT NULL,                        -- JSON object, keys sorted
    kind   TEXT NOT NULL,                        -- counter, gauge, histogram
    UNIQUE (name, labels)
) STRICT;

-- Clustered by series: small, and cheap to read over a span of time.
CREATE TABLE sample (
    series INTEGER NOT NULL,
    at     INTEGER NOT NULL,                     -- milliseconds since 1970
    value  REAL NOT NULL,
    PRIMARY KEY (series, at)
) STRICT, WITHOUT ROWID;
