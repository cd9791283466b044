#!lua
-- Puts new tasks in, in order; refuses those whose id is in the queue already and those beyond the limit.
--
-- KEYS root
-- ARGV limit of tasks, then per task: task_id, type, level, expires_in_ms (0: never), newest (0: no frame), envelope
-- Reads and writes meta, tasks, ids, ready, superseded, wake.
-- Returns one letter per task (q queued, d duplicate, f full) as one string, and how many frames were superseded.
local tasks, outcomes, superseded = {}, {}, 0
local time, limit = now(), tonumber(ARGV[1])

local function flush()
    if #tasks == 0 then return end
    for _, outcome in ipairs(put(time, limit, tasks)) do
        outcomes[#outcomes + 1] = outcome
    end
    tasks = {}
end

for first = 2, #ARGV, 6 do
    local task = {
        id = ARGV[first], type = ARGV[first + 1], level = ARGV[first + 2], expires = tonumber(ARGV[first + 3]),
        envelope = ARGV[first + 5],
    }
    local newest = tonumber(ARGV[first + 4])
    if newest > 0 then
        flush()
        local outcome, replaced = put_frame(time, limit, task, newest)
        outcomes[#outcomes + 1] = outcome
        superseded = superseded + replaced
    else
        tasks[#tasks + 1] = task
    end
end
flush()
return { table.concat(outcomes), superseded }
