#!lua
-- Moves elements of old producers into the queue, or to the dead letters, in one step each: at no time is one of them nowhere.
--
-- KEYS root, one list of old producers
-- ARGV limit of the queue, dead letters at most, then per element, oldest first: reason ("": readable), task_id,
--      type, level, expires_in_ms (0: never), element
-- It stops at the first element that is no longer the oldest of the list (another worker was quicker) and at the first that
-- does not fit.
-- Reads and writes the list, meta, tasks, ids, ready, dead, wake.
-- Returns { queued, buried, dead letters dropped }.
local time, limit = now(), tonumber(ARGV[1])
local queued, buried = 0, 0
for first = 3, #ARGV, 6 do
    local reason, text = ARGV[first], ARGV[first + 5]
    if redis.call('LINDEX', KEYS[2], -1) ~= text then break end
    if reason == '' then
        local outcome = put(time, limit, {
            {
                id = ARGV[first + 1], type = ARGV[first + 2], level = ARGV[first + 3],
                expires = tonumber(ARGV[first + 4]), envelope = text,
            },
        })
        if outcome[1] == 'f' then break end
        if outcome[1] == 'q' then
            queued = queued + 1
        else
            reason = 'a task of this id was in the queue already'
        end
    end
    if reason ~= '' then
        bury(time, ARGV[first + 1], reason, text)
        buried = buried + 1
    end
    redis.call('RPOP', KEYS[2])
end
return { queued, buried, buried > 0 and trim_dead(ARGV[2]) or 0 }
