#!lua flags=allow-oom
-- Finds out what became of results that a worker had journaled before it ended: acknowledges those whose leases still hold.
--
-- KEYS root
-- ARGV owner, then position, attempt and task_id of each result
-- Reads and writes leased, lease_ends, tasks, ids; reads lost.
-- Returns { acknowledged, { position and attempt of each lease that ended before } }. The others were acknowledged by then.
local owner = ARGV[1]
local acknowledged, lost = 0, {}
local positions = {}
for index = 2, #ARGV, 3 do
    table.insert(positions, ARGV[index])
end
local ids = {}
for index, value in ipairs(redis.call('HMGET', root .. ':leased', unpack(positions))) do
    -- Redis may have been emptied since: its numbers begin again, but the id tells.
    local text = value and string.match(value, '^[^\n]*')
    ids[index] = text and read(text).id
end
for index, position in ipairs(positions) do
    local attempt, id = ARGV[index * 3], ARGV[index * 3 + 1]
    if ids[index] == id and #acknowledge(owner, { position, attempt }) == 0 then
        acknowledged = acknowledged + 1
    elseif redis.call('ZSCORE', root .. ':lost:' .. owner, position .. ' ' .. attempt) then
        table.insert(lost, position)
        table.insert(lost, attempt)
    end
end
return { acknowledged, lost }
