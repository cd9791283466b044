#!lua flags=allow-oom
-- Puts claimed tasks back to the head of their level as if they had not been claimed.
--
-- KEYS root
-- ARGV owner, then position and attempt of each lease; those that are not held are left alone
-- Reads and writes leased, lease_ends, ready, superseded, wake.
local leases = {}
for index = 2, #ARGV do
    table.insert(leases, ARGV[index])
end
local held = release(ARGV[1], leases)
for _, task in ipairs(held) do
    task.attempts = string.format('%d', task.attempts - 1)
end
restore(held)
return #held
