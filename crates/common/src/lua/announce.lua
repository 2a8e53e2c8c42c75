-- Adds job ids to the stream of announcements, as far as it has room.
-- KEYS[1]  the stream
-- ARGV[1]  how many entries the stream may hold
-- ARGV[2…] job ids
-- Returns  how many were added
local room = tonumber(ARGV[1]) - redis.call('XLEN', KEYS[1])
local added = 0
for i = 2, math.min(#ARGV, room + 1) do
  redis.call('XADD', KEYS[1], '*', 'id', ARGV[i])
  added = added + 1
end
return added
