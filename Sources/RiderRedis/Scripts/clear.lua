#!lua flags=allow-oom
-- Removes waiting, superseded and delayed tasks, some at a time so that others are served in between.
--
-- KEYS root
-- ARGV last position to remove ("": the last one given so far)
-- Reads and writes ready and its lists, superseded, delayed, tasks, ids; reads meta.
-- Returns { removed, last position to remove }: to be called with that position until nothing is removed.
local last = tonumber(ARGV[1]) or tonumber(redis.call('HGET', root .. ':meta', 'position') or 0)
local removed = {}

local function is_old(text)
    return tonumber(string.match(text, '^%d+')) <= last
end

local function clear(key)
    local texts = redis.call('LRANGE', key, 0, 999)
    local count = 0
    for _, text in ipairs(texts) do
        if not is_old(text) then break end
        table.insert(removed, read(text))
        count = count + 1
    end
    if count > 0 then redis.call('LTRIM', key, count, -1) end
end

for _, name in ipairs(redis.call('ZRANGE', root .. ':ready', 0, -1)) do
    local key = root .. ':ready:' .. name
    clear(key)
    if redis.call('EXISTS', key) == 0 then redis.call('ZREM', root .. ':ready', name) end
    if #removed >= 1000 then break end
end
for _, domain in ipairs(all_domains) do
    local frames = {}
    for _, text in ipairs(redis.call('ZRANGE', root .. ':superseded:' .. domain, 0, 999)) do
        if is_old(text) then
            table.insert(frames, text)
            table.insert(removed, read(text))
        end
    end
    if #frames > 0 then redis.call('ZREM', root .. ':superseded:' .. domain, unpack(frames)) end
end
local delayed = {}
for _, text in ipairs(redis.call('ZRANGE', root .. ':delayed', 0, 999)) do
    if is_old(text) then
        table.insert(delayed, text)
        table.insert(removed, read(text))
    end
end
if #delayed > 0 then redis.call('ZREM', root .. ':delayed', unpack(delayed)) end
forget(removed)
return { #removed, last }
