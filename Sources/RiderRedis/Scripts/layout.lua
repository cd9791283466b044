-- What all scripts share; it is put, behind clock.lua, between the first line and the rest of each. KEYS[1] is the root,
-- "{prefix}": the braces put every key into one slot.
--
--   ROOT:meta             HASH  layout (version), position (last one given), dead (last id of a dead letter)
--   ROOT:tasks            HASH  position -> envelope, of every task in the queue
--   ROOT:ids              HASH  task_id -> position, of every task in the queue
--   ROOT:ready            ZSET  "LEVEL TYPE" -> level, of every list below that is not empty
--   ROOT:ready:LEVEL TYPE LIST  elements that wait, always in order of position
--   ROOT:superseded:DOMAIN ZSET element -> position, of frames that a newer one replaced, to be answered by the next claim
--   ROOT:leased           HASH  position -> element, newline, owner, newline, token of the claim
--   ROOT:lease_ends       ZSET  position -> when the lease ends
--   ROOT:delayed          ZSET  element -> when it is due
--   ROOT:dead             ZSET  id -> id;  ROOT:dead:facts HASH id -> time, newline, task_id, newline, reason;
--                               ROOT:dead:bytes HASH id -> bytes
--   ROOT:wake:DOMAIN      ZSET  one member when a waiting worker should look; waiters take it with BZPOPMIN
--   ROOT:lost:OWNER       ZSET  "position attempt" -> when that lease ended without an acknowledgement
--   ROOT:paused           SET   domains from which nothing is claimed
--   ROOT:receipts         HASH  who called -> token of its last cycle and what was lost in it
--
-- An element is "position attempts state enqueued deadline bytes level type task_id". state: w waiting, s superseded,
-- x expired when it was claimed. deadline 0: none. Times are milliseconds since 1970 on the server's clock.
local layout = redis.call('HGET', root .. ':meta', 'layout')
if layout and layout ~= '1' then
    return redis.error_reply('-RIDERLAYOUT the queue has layout ' .. layout)
end

-- unpack puts its values on a stack of 8,000.
local step = 2000

local all_domains = { 'voice', 'vision', 'text' }

local function domain_of(type)
    return string.match(type, '^[^.]+')
end

local function wake(domain)
    redis.call('ZADD', root .. ':wake:' .. domain, 0, 'look')
end

-- Reads an element. Returns a table with the fields as strings.
local function read(element)
    local task = {}
    task.position, task.attempts, task.state, task.enqueued, task.deadline, task.bytes, task.level, task.type, task.id =
        string.match(element, '^(%d+) (%d+) (%a) (%d+) (%d+) (%d+) (%d+) (%S+) (.*)$')
    return task
end

local function element(task)
    return task.position .. ' ' .. task.attempts .. ' ' .. task.state .. ' ' .. task.enqueued .. ' ' .. task.deadline
        .. ' ' .. task.bytes .. ' ' .. task.level .. ' ' .. task.type .. ' ' .. task.id
end

-- Calls a command with any number of arguments.
local function call_with(command, key, arguments)
    local sum = 0
    for first = 1, #arguments, step do
        sum = sum + redis.call(command, key, unpack(arguments, first, math.min(first + step - 1, #arguments)))
    end
    return sum
end

-- Puts tasks back into their lists so that each list stays in order of position. In a list only tasks that came back earlier
-- have lower positions than one that was claimed from it, so few elements are looked at.
local function restore(tasks)
    local lists = {}
    for _, task in ipairs(tasks) do
        local domain = domain_of(task.type)
        if task.state == 's' then
            redis.call('ZADD', root .. ':superseded:' .. domain, task.position, element(task))
        else
            local name = task.level .. ' ' .. task.type
            lists[name] = lists[name] or {}
            table.insert(lists[name], { tonumber(task.position), element(task) })
        end
        wake(domain)
    end
    local by_position = function(left, right) return left[1] < right[1] end
    for name, back in pairs(lists) do
        local key = root .. ':ready:' .. name
        table.sort(back, by_position)
        local last = back[#back][1]
        local moved, size, behind = 0, 1, false
        repeat
            local older = redis.call('LRANGE', key, moved, moved + size - 1)
            for _, waiting in ipairs(older) do
                local position = tonumber(string.match(waiting, '^%d+'))
                behind = position > last
                if behind then break end
                table.insert(back, { position, waiting })
                moved = moved + 1
            end
            behind = behind or #older < size
            size = 64
        until behind
        if moved > 0 then
            redis.call('LTRIM', key, moved, -1)
            table.sort(back, by_position)
        end
        local reversed = {}
        for index = #back, 1, -1 do
            table.insert(reversed, back[index][2])
        end
        call_with('LPUSH', key, reversed)
        redis.call('ZADD', root .. ':ready', string.match(name, '^%d+'), name)
    end
end

-- Whether a value of ROOT:leased is the lease of this position, attempt and owner.
local function is_held(value, position, attempt, owner)
    return value and string.find(value, position .. ' ' .. attempt .. ' ', 1, true) == 1
        and string.find(value, '\n' .. owner .. '\n', 1, true) ~= nil
end

-- Ends leases. leases: position, attempt, position, attempt, … Returns the tasks that were held and the leases that were not.
local function release(owner, leases)
    local held, lost, positions = {}, {}, {}
    for first = 1, #leases, 2 do
        table.insert(positions, leases[first])
    end
    if #positions == 0 then return held, lost end
    local values = redis.call('HMGET', root .. ':leased', unpack(positions))
    local ended = {}
    for index, position in ipairs(positions) do
        local attempt = leases[index * 2]
        if is_held(values[index], position, attempt, owner) then
            table.insert(held, read(string.match(values[index], '^[^\n]*')))
            table.insert(ended, position)
            -- A lease that is named twice is held once.
            values[index] = false
        else
            table.insert(lost, position)
            table.insert(lost, attempt)
        end
    end
    if #ended > 0 then
        redis.call('HDEL', root .. ':leased', unpack(ended))
        redis.call('ZREM', root .. ':lease_ends', unpack(ended))
    end
    return held, lost
end

-- Remembers leases of an owner that ended without an acknowledgement, for when it comes back and asks: the newest 10,000, which is
-- far more than a worker holds at a time, for 30 days. leases: "position attempt", …
local function remember_lost(time, owner, leases)
    local key = root .. ':lost:' .. owner
    local members = {}
    for _, lease in ipairs(leases) do
        table.insert(members, time)
        table.insert(members, lease)
    end
    call_with('ZADD', key, members)
    redis.call('ZREMRANGEBYRANK', key, 0, -10001)
    redis.call('PEXPIRE', key, 30 * 86400 * 1000)
end

-- Removes tasks that are nowhere any more.
local function forget(tasks)
    local positions, ids = {}, {}
    for _, task in ipairs(tasks) do
        table.insert(positions, task.position)
        table.insert(ids, task.id)
    end
    if #tasks > 0 then
        call_with('HDEL', root .. ':tasks', positions)
        call_with('HDEL', root .. ':ids', ids)
    end
end

-- Keeps bytes for inspection.
local function bury(time, task_id, reason, bytes)
    local id = redis.call('HINCRBY', root .. ':meta', 'dead', 1)
    redis.call('ZADD', root .. ':dead', id, id)
    redis.call('HSET', root .. ':dead:facts', id, time .. '\n' .. task_id .. '\n' .. reason)
    redis.call('HSET', root .. ':dead:bytes', id, bytes)
end

-- Makes a task that is nowhere any more a dead letter.
local function die(time, task, reason)
    bury(time, task.id, reason, redis.call('HGET', root .. ':tasks', task.position) or '')
    forget({ task })
end

local function drop_dead(ids)
    if #ids == 0 then return 0 end
    call_with('HDEL', root .. ':dead:facts', ids)
    call_with('HDEL', root .. ':dead:bytes', ids)
    return call_with('ZREM', root .. ':dead', ids)
end

-- Removes the oldest dead letters beyond the limit. Returns how many.
local function trim_dead(limit)
    local excess = redis.call('ZCARD', root .. ':dead') - tonumber(limit)
    if excess <= 0 then return 0 end
    return drop_dead(redis.call('ZRANGE', root .. ':dead', 0, math.min(excess, step) - 1))
end

-- Takes the oldest waiting tasks of a type out of their lists until `newest` are left. Returns how many it took.
local function supersede(type, newest)
    local lists, waiting, taken = {}, 0, 0
    for _, name in ipairs(redis.call('ZRANGE', root .. ':ready', 0, -1)) do
        if string.match(name, ' (.*)$') == type then
            local key = root .. ':ready:' .. name
            table.insert(lists, { key = key, name = name })
            waiting = waiting + redis.call('LLEN', key)
        end
    end
    while waiting > newest do
        local oldest, position
        for _, list in ipairs(lists) do
            local head = redis.call('LINDEX', list.key, 0)
            local at = head and tonumber(string.match(head, '^%d+'))
            if at and (not position or at < position) then
                oldest, position = list, at
            end
        end
        local task = read(redis.call('LPOP', oldest.key))
        if redis.call('EXISTS', oldest.key) == 0 then
            redis.call('ZREM', root .. ':ready', oldest.name)
        end
        task.state = 's'
        redis.call('ZADD', root .. ':superseded:' .. domain_of(type), task.position, element(task))
        waiting = waiting - 1
        taken = taken + 1
    end
    return taken
end

-- The element of a task that is new.
local function new_element(time, position, task)
    local deadline = task.expires > 0 and time + task.expires or 0
    return position .. ' 0 w ' .. time .. ' ' .. deadline .. ' ' .. #task.envelope .. ' ' .. task.level .. ' '
        .. task.type .. ' ' .. task.id
end

-- Puts elements at the end of the list of a level and type.
local function append(name, elements)
    local length = redis.call('RPUSH', root .. ':ready:' .. name, unpack(elements))
    if length == #elements then
        redis.call('ZADD', root .. ':ready', string.match(name, '^%d+'), name)
    end
    wake(string.match(name, ' ([^.]+)'))
end

-- Puts one new task in, with as few commands as can be: somebody waits for each of these. Returns its outcome, as `put` does.
local function put_one(time, limit, task)
    if redis.call('HLEN', root .. ':tasks') >= limit then
        return redis.call('HEXISTS', root .. ':ids', task.id) == 1 and 'd' or 'f'
    end
    -- A position that a duplicate has used up is given to nobody.
    local position = redis.call('HINCRBY', root .. ':meta', 'position', 1)
    if redis.call('HSETNX', root .. ':ids', task.id, position) == 0 then return 'd' end
    redis.call('HSET', root .. ':tasks', position, task.envelope)
    append(task.level .. ' ' .. task.type, { new_element(time, position, task) })
    return 'q'
end

-- Puts new tasks in, in order. A task: id, type, level, expires (ms or 0), envelope.
-- Returns an outcome per task: q queued, d duplicate, f full.
local function put(time, limit, tasks)
    if not layout then
        layout = '1'
        redis.call('HSET', root .. ':meta', 'layout', layout)
    end
    if #tasks == 1 then return { put_one(time, limit, tasks[1]) } end
    local ids, outcomes, accepted, seen = {}, {}, {}, {}
    for index, task in ipairs(tasks) do
        ids[index] = task.id
    end
    local known = redis.call('HMGET', root .. ':ids', unpack(ids))
    local room = limit - redis.call('HLEN', root .. ':tasks')
    for index, task in ipairs(tasks) do
        if known[index] or seen[task.id] then
            outcomes[index] = 'd'
        elseif room > 0 then
            outcomes[index] = 'q'
            seen[task.id] = true
            room = room - 1
            accepted[#accepted + 1] = task
        else
            outcomes[index] = 'f'
        end
    end
    if #accepted == 0 then return outcomes end

    local position = redis.call('HINCRBY', root .. ':meta', 'position', #accepted) - #accepted
    local bodies, places, lists, names = {}, {}, {}, {}
    for _, task in ipairs(accepted) do
        position = position + 1
        local name = task.level .. ' ' .. task.type
        local list = lists[name]
        if not list then
            list = {}
            lists[name] = list
            names[#names + 1] = name
        end
        list[#list + 1] = new_element(time, position, task)
        bodies[#bodies + 1] = position
        bodies[#bodies + 1] = task.envelope
        places[#places + 1] = task.id
        places[#places + 1] = position
    end
    redis.call('HSET', root .. ':tasks', unpack(bodies))
    redis.call('HSET', root .. ':ids', unpack(places))
    for _, name in ipairs(names) do
        append(name, lists[name])
    end
    return outcomes
end

-- Puts one frame in, of whose type at most `newest` may wait afterwards. It may take the place of one that it replaces, which
-- stays until it is answered: those are bounded too. Returns the outcome and how many frames were superseded.
local function put_frame(time, limit, task, newest)
    local excess = 1 - newest
    for level = 1, 10 do
        excess = excess + redis.call('LLEN', root .. ':ready:' .. level .. ' ' .. task.type)
    end
    if excess > 0 then
        local superseded = 0
        for _, domain in ipairs(all_domains) do
            superseded = superseded + redis.call('ZCARD', root .. ':superseded:' .. domain)
        end
        if superseded < limit then limit = math.huge end
    end
    local outcome = put(time, limit, { task })[1]
    if outcome == 'q' and excess > 0 then return outcome, supersede(task.type, newest) end
    return outcome, 0
end
