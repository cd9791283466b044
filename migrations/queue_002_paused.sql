-- Domains from which nothing is claimed.
CREATE TABLE paused (
    domain TEXT PRIMARY KEY CHECK (domain IN ('voice', 'vision', 'text'))
) STRICT, WITHOUT ROWID;
