-- Publishes a live event to a user's open pages and keeps it for pages that reconnect.
-- KEYS[1]  the user's stream of recent events
-- ARGV[1]  the channel of pub/sub
-- ARGV[2]  the user's id
-- ARGV[3]  the event as JSON
-- ARGV[4]  how many recent events are kept
-- ARGV[5]  for how many seconds
-- Returns  the event's id in the stream
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*', 'event', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('PUBLISH', ARGV[1], ARGV[2] .. ' ' .. id .. ' ' .. ARGV[3])
return id
