#!lua flags=no-writes
-- What a worker must know before it waits.
--
-- KEYS root, then the lists of old producers, if they are drained
-- ARGV limit of the queue, then domains
-- Reads ready, superseded, paused, lease_ends, delayed, tasks and the lists.
-- Returns 0 when there is something to do now, -1 when there is nothing in sight, otherwise milliseconds until there may be.
local domains = {}
for index = 2, #ARGV do
    local domain = ARGV[index]
    if redis.call('SISMEMBER', root .. ':paused', domain) == 0 then
        domains[domain] = true
        if redis.call('EXISTS', root .. ':superseded:' .. domain) == 1 then return 0 end
    end
end
for _, name in ipairs(redis.call('ZRANGE', root .. ':ready', 0, -1)) do
    if domains[string.match(name, ' ([^.]+)')] then return 0 end
end
if redis.call('HLEN', root .. ':tasks') < tonumber(ARGV[1]) then
    for key = 2, #KEYS do
        local length = redis.pcall('LLEN', KEYS[key])
        if type(length) == 'number' and length > 0 then return 0 end
    end
end
local next
for _, set in ipairs({ ':lease_ends', ':delayed' }) do
    local first = redis.call('ZRANGE', root .. set, 0, 0, 'WITHSCORES')[2]
    if first and (not next or tonumber(first) < next) then next = tonumber(first) end
end
if not next then return -1 end
return math.max(0, next - now())
