-- Leases that ended without an acknowledgement, for when their worker comes back and asks what became of results that it has in
-- its journal. The newest of each worker are kept, for a limited time.
CREATE TABLE lost_lease (
    owner    TEXT    NOT NULL,
    position INTEGER NOT NULL,
    attempt  INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    PRIMARY KEY (owner, position, attempt)
) STRICT, WITHOUT ROWID;
CREATE INDEX lost_lease_by_end ON lost_lease (ended_at);
