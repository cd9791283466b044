-- Milliseconds since 1970 on the server's clock: workers on many machines share one time.
local root = KEYS[1]

local function now()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end
