-- Outages: spans of time in which telemetry did not reach its listeners.

CREATE TABLE outage (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    cause       TEXT NOT NULL,                   -- no_subscriber, link_down, frozen, process_down
    begun_at    INTEGER NOT NULL,                -- milliseconds since 1970: when the last confirmed message was sent
    noticed_at  INTEGER NOT NULL,
    ended_at    INTEGER,                         -- NULL while it lasts
    after_seq   INTEGER NOT NULL,                -- the last row before it
    through_seq INTEGER,                         -- the last row in it; NULL while it lasts
    rows        INTEGER                          -- how many there were; NULL while it lasts
) STRICT;
