-- Spends points of a Helix bucket now, or in advance for a caller who can wait, or says how long to stay away.
--
-- `points` is our share of Twitch's bucket, `pace` the ceiling of calls per second. Both fill evenly. A caller who can
-- wait takes its point before it is there, which makes the number negative: whoever comes later waits longer, so callers
-- are served in the order in which they came, over all replicas.
--
-- KEYS[1]  hash of the bucket: points, pace, at (ms)
-- ARGV[1]  points of a full bucket
-- ARGV[2]  points that flow in per second
-- ARGV[3]  calls per second at most
-- ARGV[4]  points wanted; fewer are given when fewer are there
-- ARGV[5]  ms that the caller can wait
-- ARGV[6]  points to leave for more urgent callers; above 0 nothing is spent in advance
-- Returns  {points given, ms to wait, points left}; given 0: ms after which it is worth another try
local full, flow, ceiling = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local wanted, patience, spare = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local bucket = redis.call('HMGET', KEYS[1], 'points', 'pace', 'at')
local passed = math.max(0, now - (tonumber(bucket[3]) or now)) / 1000
local points = math.min(full, (tonumber(bucket[1]) or full) + passed * flow)
local pace = math.min(ceiling, (tonumber(bucket[2]) or ceiling) + passed * ceiling)

local given = math.min(wanted, math.floor(math.min(points - spare, pace)))
local wait = 0
if given < 1 then
  wait = math.ceil(1000 * math.max((1 + spare - points) / flow, (1 - pace) / ceiling, 0))
  if spare > 0 or wait > patience then
    return {0, wait, math.floor(points)}
  end
  given = 1
end
points, pace = points - given, pace - given
redis.call('HSET', KEYS[1], 'points', tostring(points), 'pace', tostring(pace), 'at', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(1000 * math.max((full - points) / flow, 1)) + 60000)
return {given, wait, math.floor(points)}
