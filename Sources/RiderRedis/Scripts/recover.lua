#!lua flags=allow-oom
-- Takes back what an owner still holds: all of it, when its worker starts again, or one claim whose answer was lost.
--
-- KEYS root
-- ARGV owner, token of the claim ("": all claims), attempts at most, dead letters at most, reason, then 1 if it is known which
--      tasks had been started, and position and attempt of each of those
-- Reads and writes leased, lease_ends, ready, superseded, tasks, ids, meta, dead, wake.
-- Returns { came back, died, dead letters dropped }. The attempt of a task that had not been started does not count, and those of a
-- single claim never reached a worker.
local owner, claim, max_attempts = ARGV[1], ARGV[2], tonumber(ARGV[3])
local positions, back, died, time = {}, {}, 0, now()
local held, started = {}, {}
for index = 7, #ARGV, 2 do
    started[ARGV[index] .. ' ' .. ARGV[index + 1]] = true
end
for _, value in ipairs(redis.call('HVALS', root .. ':leased')) do
    local text, holder, token = string.match(value, '^([^\n]*)\n([^\n]*)\n(.*)$')
    if holder == owner and (claim == '' or claim == token) then
        table.insert(held, read(text))
    end
end
table.sort(held, function(left, right) return tonumber(left.position) < tonumber(right.position) end)
for _, task in ipairs(held) do
    table.insert(positions, task.position)
    if ARGV[6] == '1' and not started[task.position .. ' ' .. task.attempts] then
        task.attempts = string.format('%d', task.attempts - 1)
        table.insert(back, task)
    elseif tonumber(task.attempts) < max_attempts then
        table.insert(back, task)
    else
        die(time, task, ARGV[5] .. ' (attempt ' .. task.attempts .. ' of ' .. max_attempts .. ')')
        died = died + 1
    end
end
if #positions > 0 then
    call_with('HDEL', root .. ':leased', positions)
    call_with('ZREM', root .. ':lease_ends', positions)
end
restore(back)
return { #back, died, died > 0 and trim_dead(ARGV[4]) or 0 }
