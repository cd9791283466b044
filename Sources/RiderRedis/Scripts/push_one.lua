#!lua
-- Puts one new task in; refuses it when its id is in the queue already or the queue is full.
--
-- KEYS root
-- ARGV limit of tasks, task_id, type, level, expires_in_ms (0: never), envelope
-- Reads and writes meta, tasks, ids, ready, wake.
-- Returns q queued, d duplicate, f full.
return put_one(now(), tonumber(ARGV[1]), {
    id = ARGV[2], type = ARGV[3], level = ARGV[4], expires = tonumber(ARGV[5]), envelope = ARGV[6],
})
