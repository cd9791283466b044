#!lua
-- Puts new tasks in, in order; refuses those whose id is in the queue already and those beyond the limit.
--
-- KEYS root
-- ARGV limit of tasks, then per task: task_id, type, level, expires_in_ms (0: never), newest (0: no frame), envelope
-- Reads and writes meta, tasks, ids, ready, superseded, wake.
-- Returns one letter per task (q queued, d duplicate, f full) as one string, and how many frames were superseded.
local tasks = {}
for first = 2, #ARGV, 6 do
    tasks[#tasks + 1] = {
        id = ARGV[first], type = ARGV[first + 1], level = ARGV[first + 2], expires = tonumber(ARGV[first + 3]),
        newest = tonumber(ARGV[first + 4]), envelope = ARGV[first + 5],
    }
end
local outcomes, superseded = put(now(), tonumber(ARGV[1]), tasks)
return { table.concat(outcomes), superseded }
