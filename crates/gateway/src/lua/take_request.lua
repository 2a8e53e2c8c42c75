-- Takes one request from a client's bucket, which refills evenly.
-- KEYS[1]  the bucket: a hash of `tokens` and `at`, milliseconds by Redis' clock
-- ARGV[1]  how many requests it holds
-- ARGV[2]  how many a minute refill it
-- Returns  0 when the request was taken, else the milliseconds until one can be
local size, per_minute = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(bucket[1]) or size
local passed = math.max(0, now - (tonumber(bucket[2]) or now))
tokens = math.min(size, tokens + passed * per_minute / 60000)
local wait = 0
if tokens >= 1 then
  tokens = tokens - 1
else
  wait = math.ceil((1 - tokens) * 60000 / per_minute)
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(size * 60000 / per_minute) + 1000)
return wait
