-- Lowers a Helix bucket to what Twitch says is left of it.
--
-- KEYS[1]  hash of the bucket: points, pace, at (ms)
-- ARGV[1]  points of a full bucket
-- ARGV[2]  points that flow in per second
-- ARGV[3]  points that are left at most
-- Returns  points left
local full, flow, left = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local bucket = redis.call('HMGET', KEYS[1], 'points', 'at')
local at = tonumber(bucket[2]) or now
local points = math.min(full, (tonumber(bucket[1]) or full) + math.max(0, now - at) / 1000 * flow)
if left < points then
  -- Back at `at`, so that the pace, which shares it, keeps what has flowed in since.
  points = left - math.max(0, now - at) / 1000 * flow
  redis.call('HSET', KEYS[1], 'points', tostring(points), 'at', string.format('%.3f', at))
  redis.call('PEXPIRE', KEYS[1], math.ceil(1000 * math.max((full - points) / flow, 1)) + 60000)
  return math.floor(left)
end
return math.floor(points)
