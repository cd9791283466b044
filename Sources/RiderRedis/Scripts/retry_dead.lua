#!lua
-- Puts one dead letter back in with a fresh count of attempts.
--
-- KEYS root
-- ARGV limit of the queue, id of the dead letter, task_id, type, level, expires_in_ms (0: never)
-- Reads and writes meta, tasks, ids, ready, dead, wake.
-- Returns 1 when it went back, 0 when it is gone, is in the queue again, or finds no room.
local bytes = redis.call('HGET', root .. ':dead:bytes', ARGV[2])
if not bytes then return 0 end
local outcome = put(now(), tonumber(ARGV[1]), {
    { id = ARGV[3], type = ARGV[4], level = ARGV[5], expires = tonumber(ARGV[6]), envelope = bytes },
})
if outcome[1] ~= 'q' then return 0 end
return drop_dead({ ARGV[2] })
