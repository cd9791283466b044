#!lua flags=no-writes
-- Lists tasks: waiting ones in the order of claims, then superseded, leased and delayed ones.
--
-- KEYS root
-- ARGV tasks at most
-- Reads ready and its lists, superseded, leased, lease_ends, delayed.
-- Returns { waiting elements, superseded elements, leased values and when their leases end, delayed elements and when they
--           are due }.
local limit = tonumber(ARGV[1])
local waiting, superseded, leased, delayed = {}, {}, {}, {}
local names = redis.call('ZRANGE', root .. ':ready', 0, -1)
local index = 1
while index <= #names and #waiting < limit do
    local level = string.match(names[index], '^%d+')
    local tasks = {}
    while index <= #names and string.match(names[index], '^%d+') == level do
        for _, text in ipairs(redis.call('LRANGE', root .. ':ready:' .. names[index], 0, limit - #waiting - 1)) do
            table.insert(tasks, { tonumber(string.match(text, '^%d+')), text })
        end
        index = index + 1
    end
    table.sort(tasks, function(left, right) return left[1] < right[1] end)
    for _, task in ipairs(tasks) do
        if #waiting == limit then break end
        table.insert(waiting, task[2])
    end
end
limit = limit - #waiting
for _, domain in ipairs(all_domains) do
    if limit > 0 then
        for _, text in ipairs(redis.call('ZRANGE', root .. ':superseded:' .. domain, 0, limit - 1)) do
            table.insert(superseded, text)
            limit = limit - 1
        end
    end
end
if limit > 0 then
    local ends = redis.call('ZRANGE', root .. ':lease_ends', 0, limit - 1, 'WITHSCORES')
    for position = 1, #ends, 2 do
        local value = redis.call('HGET', root .. ':leased', ends[position])
        if value then
            table.insert(leased, value)
            table.insert(leased, ends[position + 1])
            limit = limit - 1
        end
    end
end
if limit > 0 then
    delayed = redis.call('ZRANGE', root .. ':delayed', 0, limit - 1, 'WITHSCORES')
end
return { waiting, superseded, leased, delayed }
