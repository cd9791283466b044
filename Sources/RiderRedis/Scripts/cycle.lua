#!lua flags=allow-oom
-- One step of a worker: acknowledges finished tasks, brings back what has fallen due, claims.
--
-- KEYS root, then the lists of old producers, if it is to look at them
-- ARGV owner, token of this call, field for its receipt, lease in ms, attempts at most, dead letters at most, tasks at
--      most, bytes at most, limit of the queue, waiting time in ms that raises a task by one level (0: never), number of
--      domains, per domain: name and free places; then what is finished: position and attempt
-- Reads and writes everything but paused (read only).
-- Returns { time, { reaped, died, dead letters dropped, expired, elements that old producers left (-1: not looked) }, lost
--           positions and attempts, elements, envelopes }. An element's state says why it is not to be run (s, x).
--
-- It may run while Redis is out of memory: acknowledging is what frees memory.
local owner, token, field = ARGV[1], ARGV[2], ARGV[3]
local lease, max_attempts, max_dead = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local limit, budget, queue_limit = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local aging = tonumber(ARGV[10])
local room = {}
local domains = {}
local argument = 12
for _ = 1, tonumber(ARGV[11]) do
    room[ARGV[argument]] = tonumber(ARGV[argument + 1])
    table.insert(domains, ARGV[argument])
    argument = argument + 2
end
local time = now()
local reaped, died, expired = 0, 0, 0

-- Acknowledge.
local finished = {}
for index = argument, #ARGV do
    finished[#finished + 1] = ARGV[index]
end
local lost = acknowledge(owner, finished)

-- Of an idle worker's claim most of the time is spent on code that Redis has not run for a while: so it asks with one command
-- where it can, and with others only when there is something.
local function first_of(set)
    return redis.call('ZRANGE', root .. set, 0, 0, 'WITHSCORES')
end
local function is_due(set)
    local first = first_of(set)[2]
    return first and tonumber(first) <= time
end

-- Leases that ended.
if is_due(':lease_ends') then
    local first_ends =
        redis.call('ZRANGEBYSCORE', root .. ':lease_ends', '-inf', time, 'WITHSCORES', 'LIMIT', 0, 256)
    local order, ended = {}, {}
    for first = 1, #first_ends, 2 do
        table.insert(order, { tonumber(first_ends[first + 1]), tonumber(first_ends[first]), first_ends[first] })
    end
    -- Of leases that ended together Redis gives 10 before 9.
    table.sort(order, function(left, right)
        return left[1] < right[1] or left[1] == right[1] and left[2] < right[2]
    end)
    for index, lease in ipairs(order) do
        ended[index] = lease[3]
    end
    local back, lost_by = {}, {}
    for _, value in ipairs(redis.call('HMGET', root .. ':leased', unpack(ended))) do
        if value then
            local text, holder = string.match(value, '^([^\n]*)\n([^\n]*)')
            local task = read(text)
            reaped = reaped + 1
            lost_by[holder] = lost_by[holder] or {}
            table.insert(lost_by[holder], task.position .. ' ' .. task.attempts)
            if tonumber(task.attempts) < max_attempts then
                table.insert(back, task)
            else
                die(time, task, 'its lease ended without a result: worker ' .. holder .. ' died or hung (attempt '
                    .. task.attempts .. ' of ' .. max_attempts .. ')')
                died = died + 1
            end
        end
    end
    redis.call('HDEL', root .. ':leased', unpack(ended))
    redis.call('ZREM', root .. ':lease_ends', unpack(ended))
    for holder, leases in pairs(lost_by) do
        remember_lost(time, holder, leases)
    end
    restore(back)
end

-- Failed tasks whose wait is over.
if is_due(':delayed') then
    local due = redis.call('ZRANGEBYSCORE', root .. ':delayed', '-inf', time, 'LIMIT', 0, 256)
    local back = {}
    for _, text in ipairs(due) do
        table.insert(back, read(text))
    end
    redis.call('ZREM', root .. ':delayed', unpack(due))
    restore(back)
end

-- Claim.
local positions, elements, leases, ends = {}, {}, {}, {}
local holder = '\n' .. owner .. '\n' .. token
-- As text: Redis writes each number out anew.
local lease_end = string.format('%d', time + lease)
local more = setmetatable({}, {
    __index = function(more, attempts)
        more[attempts] = string.format('%d', attempts + 1)
        return rawget(more, attempts)
    end,
})
local function take(text, position, attempts, state)
    text = position .. ' ' .. more[attempts] .. ' ' .. state .. string.sub(text, #position + #attempts + 4)
    positions[#positions + 1] = position
    elements[#elements + 1] = text
    leases[#leases + 1] = position
    leases[#leases + 1] = text .. holder
    ends[#ends + 1] = lease_end
    ends[#ends + 1] = position
end

local paused = {}
for _, domain in ipairs(redis.call('SMEMBERS', root .. ':paused')) do
    paused[domain] = true
end

for _, domain in ipairs(domains) do
    while limit > 0 and not paused[domain] and #first_of(':superseded:' .. domain) > 0 do
        local frames = redis.call('ZPOPMIN', root .. ':superseded:' .. domain, math.min(limit, 256))
        for first = 1, #frames, 2 do
            local position, attempts = string.match(frames[first], '^(%d+) (%d+)')
            take(frames[first], position, attempts, 's')
            limit = limit - 1
        end
    end
end

-- The lists of one level side by side, each read in pieces; the lowest position of all heads goes first. With aging the lists of all
-- levels are side by side, since a list is in order of age and so of aged level too.
local function refill(list)
    if list.next <= #list.piece then return true end
    if list.is_last then return false end
    local size = math.max(1, math.min(limit, room[list.domain], 256))
    list.piece = redis.call('LRANGE', list.key, list.taken, list.taken + size - 1)
    list.next = 1
    list.is_last = #list.piece < size
    return #list.piece > 0
end

local names = limit > 0 and redis.call('ZRANGE', root .. ':ready', 0, -1) or {}
-- Domains in which something still waits when this is over.
local waiting, touched = {}, {}
local index = 1
while index <= #names do
    local level = string.match(names[index], '^%d+')
    local lists = {}
    while index <= #names and (aging > 0 or string.match(names[index], '^%d+') == level) do
        local domain = string.match(names[index], ' ([^.]+)')
        if limit > 0 and budget > 0 and (room[domain] or 0) > 0 and not paused[domain] then
            table.insert(lists, {
                name = names[index], key = root .. ':ready:' .. names[index], domain = domain, piece = {}, next = 1,
                taken = 0, is_last = false, level = 0, text = false,
            })
        else
            waiting[domain] = true
        end
        index = index + 1
    end
    while limit > 0 and budget > 0 do
        local best
        for _, list in ipairs(lists) do
            if room[list.domain] > 0 and refill(list) then
                if not list.text then
                    list.text = list.piece[list.next]
                    list.position, list.attempts, list.deadline, list.bytes =
                        string.match(list.text, '^(%d+) (%d+) %a %d+ (%d+) (%d+)')
                    list.order = tonumber(list.position)
                    if aging > 0 then
                        local waited = math.max(0, time - string.match(list.text, '^%d+ %d+ %a (%d+)'))
                        list.level = math.max(1, string.match(list.name, '^%d+') - math.floor(waited / aging))
                    end
                end
                if not best or list.level < best.level or list.level == best.level and list.order < best.order then
                    best = list
                end
            end
        end
        if not best then break end
        if best.deadline ~= '0' and tonumber(best.deadline) <= time then
            take(best.text, best.position, best.attempts, 'x')
            expired = expired + 1
        else
            take(best.text, best.position, best.attempts, 'w')
            room[best.domain] = room[best.domain] - 1
        end
        best.text = false
        best.next = best.next + 1
        best.taken = best.taken + 1
        limit = limit - 1
        budget = budget - best.bytes
    end
    for _, list in ipairs(lists) do
        touched[list.domain] = true
        if list.taken > 0 then
            redis.call('LTRIM', list.key, list.taken, -1)
            local is_empty = list.is_last and list.next > #list.piece
            if not is_empty and redis.call('EXISTS', list.key) == 1 then
                waiting[list.domain] = true
            else
                redis.call('ZREM', root .. ':ready', list.name)
            end
        else
            waiting[list.domain] = true
        end
    end
end

local envelopes = {}
if #positions > 0 then
    envelopes = redis.call('HMGET', root .. ':tasks', unpack(positions))
    redis.call('HSET', root .. ':leased', unpack(leases))
    redis.call('ZADD', root .. ':lease_ends', unpack(ends))
end
-- The wake-up that led to this claim is used up: the next waiter is woken when something is left, and nobody for nothing.
for domain in pairs(waiting) do
    if not paused[domain] then wake(domain) end
end
for domain in pairs(touched) do
    if not waiting[domain] then redis.call('DEL', root .. ':wake:' .. domain) end
end

if #finished > 0 or #positions > 0 then
    redis.call('HSET', root .. ':receipts', field, token .. ' ' .. table.concat(lost, ' '))
end
local left = -1
if #KEYS > 1 then
    left = 0
    if redis.call('HLEN', root .. ':tasks') < queue_limit then
        for key = 2, #KEYS do
            local length = redis.pcall('LLEN', KEYS[key])
            if type(length) == 'number' then left = left + length end
        end
    end
end
return { time, { reaped, died, died > 0 and trim_dead(max_dead) or 0, expired, left }, lost, elements, envelopes }
