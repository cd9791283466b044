-- What scripts share that do more than put one task in; it is put behind layout.lua.

-- unpack puts its values on a stack of 8,000.
local step = 2000

local all_domains = { 'voice', 'vision', 'text' }

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

-- Ends leases and removes their tasks, of which it reads no more than that takes: every task of every worker comes by here.
-- leases: position, attempt, position, attempt, … Returns those that were not held, in the same form.
local function acknowledge(owner, leases)
    local lost, positions, ended, ids = {}, {}, {}, {}
    for first = 1, #leases, 2 do
        positions[#positions + 1] = leases[first]
    end
    if #positions == 0 then return lost end
    for index, value in ipairs(redis.call('HMGET', root .. ':leased', unpack(positions))) do
        local attempt, id, holder
        if value then
            attempt, id, holder = string.match(value, '^%d+ (%d+) %a %d+ %d+ %d+ %d+ %S+ ([^\n]*)\n([^\n]*)\n')
        end
        if attempt == leases[index * 2] and holder == owner then
            ended[#ended + 1] = positions[index]
            ids[#ids + 1] = id
        else
            lost[#lost + 1] = positions[index]
            lost[#lost + 1] = leases[index * 2]
        end
    end
    if #ended > 0 then
        redis.call('HDEL', root .. ':leased', unpack(ended))
        redis.call('ZREM', root .. ':lease_ends', unpack(ended))
        redis.call('HDEL', root .. ':tasks', unpack(ended))
        redis.call('HDEL', root .. ':ids', unpack(ids))
    end
    return lost
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

-- Puts new tasks in, in order. Tasks and outcomes are those of put_one.
local function put(time, limit, tasks)
    if #tasks == 1 then return { put_one(time, limit, tasks[1]) } end
    if not layout then
        layout = '1'
        redis.call('HSET', root .. ':meta', 'layout', layout)
    end
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
            list = { level = task.level, type = task.type }
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
        local list = lists[name]
        append(list.level, list.type, unpack(list))
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
