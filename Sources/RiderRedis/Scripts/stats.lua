#!lua flags=no-writes
-- Counts the queue at one moment.
--
-- KEYS root
-- Reads ready and its lists, superseded, leased, delayed, dead, paused.
-- Returns { leased, delayed, dead, superseded, when the oldest waiting task was put in or 0 }, { level, waiting, … },
--         { paused domains }.
local levels, oldest = {}, 0
for _, name in ipairs(redis.call('ZRANGE', root .. ':ready', 0, -1)) do
    local key = root .. ':ready:' .. name
    table.insert(levels, tonumber(string.match(name, '^%d+')))
    table.insert(levels, redis.call('LLEN', key))
    local enqueued = tonumber(read(redis.call('LINDEX', key, 0)).enqueued)
    if oldest == 0 or enqueued < oldest then oldest = enqueued end
end
local superseded = 0
for _, domain in ipairs(all_domains) do
    superseded = superseded + redis.call('ZCARD', root .. ':superseded:' .. domain)
end
return {
    {
        redis.call('HLEN', root .. ':leased'), redis.call('ZCARD', root .. ':delayed'),
        redis.call('ZCARD', root .. ':dead'), superseded, oldest,
    },
    levels, redis.call('SMEMBERS', root .. ':paused'),
}
