-- Rows that came from another journal. They keep their own names on the wire: whoever has got one knows it again. Here they
-- have a seq, to be found by, and no tseq (0): they take no number of a topic.
CREATE TABLE imported (
    seq         INTEGER PRIMARY KEY NOT NULL,
    pub         TEXT NOT NULL,                   -- the other journal
    origin_seq  INTEGER NOT NULL,                -- its numbers there
    origin_tseq INTEGER NOT NULL,
    UNIQUE (pub, origin_seq)
) STRICT;
