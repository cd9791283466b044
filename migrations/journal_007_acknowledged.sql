-- The queue's number of the task. Together with the attempt it names the claim that gave this result, so that a worker that was killed
-- can ask the queue which of its last results count. 0 in rows of before. Up to where the queue has answered stands in meta as
-- acknowledged_up_to.
ALTER TABLE result ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
