-- What all scripts share; it is put, behind clock.lua, between the first line and the rest of each. KEYS[1] is the root,
-- "{prefix}": the braces put every key into one slot. What is here costs every call of push_one: the rest is in tasks.lua.
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

local function domain_of(type)
    return string.match(type, '^[^.]+')
end

local function wake(domain)
    redis.call('ZADD', root .. ':wake:' .. domain, 0, 'look')
end

-- The element of a task that is new.
local function new_element(time, position, task)
    local deadline = task.expires > 0 and time + task.expires or 0
    -- Quicker than to join numbers; but %s ends at a zero byte.
    return string.format('%d 0 w %d %d %d ', position, time, deadline, #task.envelope)
        .. task.level .. ' ' .. task.type .. ' ' .. task.id
end

-- Puts elements at the end of the list of a level and type.
local function append(level, type, ...)
    local name = level .. ' ' .. type
    if redis.call('RPUSH', root .. ':ready:' .. name, ...) == select('#', ...) then
        redis.call('ZADD', root .. ':ready', level, name)
    end
    wake(domain_of(type))
end

-- Puts one new task in, with as few commands as can be: somebody waits for each of these.
-- A task: id, type, level, expires (ms or 0), envelope. Returns its outcome: q queued, d duplicate, f full.
local function put_one(time, limit, task)
    if not layout then
        layout = '1'
        redis.call('HSET', root .. ':meta', 'layout', layout)
    end
    if redis.call('HLEN', root .. ':tasks') >= limit then
        return redis.call('HEXISTS', root .. ':ids', task.id) == 1 and 'd' or 'f'
    end
    -- A position that a duplicate has used up is given to nobody.
    local position = redis.call('HINCRBY', root .. ':meta', 'position', 1)
    if redis.call('HSETNX', root .. ':ids', task.id, position) == 0 then return 'd' end
    redis.call('HSET', root .. ':tasks', position, task.envelope)
    append(task.level, task.type, new_element(time, position, task))
    return 'q'
end
