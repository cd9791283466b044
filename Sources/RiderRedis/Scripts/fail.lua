#!lua flags=allow-oom
-- Records that a task could not be worked on: it waits for another try, or becomes a dead letter.
--
-- KEYS root
-- ARGV owner, position, attempt, wait in ms, attempts at most, dead letters at most, reason
-- Reads and writes leased, lease_ends, delayed, superseded, tasks, ids, meta, dead, wake.
-- Returns { l } for a lease that is not held, { d, dead letters dropped }, or { r, when it is tried again }.
local held = release(ARGV[1], { ARGV[2], ARGV[3] })
local task = held[1]
if not task then return { 'l' } end
local time = now()
if tonumber(task.attempts) >= tonumber(ARGV[5]) then
    die(time, task, ARGV[7])
    return { 'd', trim_dead(ARGV[6]) }
end
if task.state == 's' then
    -- It only has to be answered: nothing gets better by waiting.
    restore({ task })
    return { 'r', time }
end
local due = time + tonumber(ARGV[4])
redis.call('ZADD', root .. ':delayed', due, element(task))
-- Whoever waits must learn of the new time to look again.
wake(domain_of(task.type))
return { 'r', due }
