#!lua
-- Keeps something unreadable for inspection.
--
-- KEYS root
-- ARGV dead letters at most, task_id or "", reason, bytes
-- Reads and writes meta, dead. Returns how many of the oldest dead letters had to go.
if not layout then
    redis.call('HSET', root .. ':meta', 'layout', '1')
end
bury(now(), ARGV[2], ARGV[3], ARGV[4])
return trim_dead(ARGV[1])
