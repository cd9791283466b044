#!lua flags=no-writes
-- Reads what old producers left, oldest first, and leaves it where it is: adopt.lua moves it.
--
-- KEYS root, one list of old producers
-- ARGV elements at most, bytes at most
-- Reads the list. Returns the elements.
local elements, bytes = {}, 0
local count, budget = tonumber(ARGV[1]), tonumber(ARGV[2])
while #elements < count and bytes < budget do
    local last = -1 - #elements
    local piece = redis.call('LRANGE', KEYS[2], last - 15, last)
    for index = #piece, 1, -1 do
        if #elements == count or bytes >= budget then break end
        elements[#elements + 1] = piece[index]
        bytes = bytes + #piece[index]
    end
    if #piece < 16 then break end
end
return elements
