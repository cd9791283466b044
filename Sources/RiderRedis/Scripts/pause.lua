#!lua flags=allow-oom
-- Stops or resumes claims from domains.
--
-- KEYS root
-- ARGV pause or resume, then domains
-- Writes paused, wake.
for index = 2, #ARGV do
    if ARGV[1] == 'pause' then
        redis.call('SADD', root .. ':paused', ARGV[index])
    else
        redis.call('SREM', root .. ':paused', ARGV[index])
        wake(ARGV[index])
    end
end
