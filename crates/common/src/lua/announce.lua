-- Adds job ids to a set of announcements, as far as it has room. Ids that are in it already keep their place.
-- KEYS[1]  the set
-- ARGV[1]  how many ids the set may hold
-- ARGV[2…] job ids, the most urgent first
-- Returns  how many of the ids, counted from the first, are announced now
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local room = tonumber(ARGV[1]) - redis.call('ZCARD', KEYS[1])
for i = 2, #ARGV do
  if room <= 0 then
    return i - 2
  end
  room = room - redis.call('ZADD', KEYS[1], 'NX', now + i, ARGV[i])
end
return #ARGV - 1
