#!lua flags=allow-oom
-- Renews leases.
--
-- KEYS root
-- ARGV owner, lease in ms, then position and attempt of each lease
-- Reads leased; writes lease_ends.
-- Returns position and attempt of each lease that is not held.
local owner, lost, ends, positions = ARGV[1], {}, {}, {}
local time = now() + tonumber(ARGV[2])
for index = 3, #ARGV, 2 do
    table.insert(positions, ARGV[index])
end
for index, value in ipairs(redis.call('HMGET', root .. ':leased', unpack(positions))) do
    local position, attempt = positions[index], ARGV[index * 2 + 2]
    if is_held(value, position, attempt, owner) then
        table.insert(ends, time)
        table.insert(ends, position)
    else
        table.insert(lost, position)
        table.insert(lost, attempt)
    end
end
if #ends > 0 then
    redis.call('ZADD', root .. ':lease_ends', 'XX', 'GT', unpack(ends))
end
return lost
