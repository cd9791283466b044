-- Where the numbers of a topic are, without an index over all rows: at every seq that is a multiple of 1,024, the last number
-- of each topic. The row with a number is within the 1,024 rows that end with the first step at or above it. A step whose
-- topic has not moved since the one before is left out.
CREATE TABLE topic_step (
    topic INTEGER NOT NULL,
    tseq  INTEGER NOT NULL,
    seq   INTEGER NOT NULL,
    PRIMARY KEY (topic, tseq)
) STRICT, WITHOUT ROWID;

INSERT INTO topic_step (topic, tseq, seq)
    SELECT topic, max(tseq), (seq + 1023) / 1024 * 1024 FROM result GROUP BY topic, (seq + 1023) / 1024;
