-- The line: wakes the standby while the primary is down. Loaded by haproxy.cfg where the site knows the standby.
--
-- HAProxy is the first to know that the primary is gone. It asks the host of the standby itself, through the backend
-- `line`, which holds the key; no part of AWS has to be alive for that. A wake is a lease: it is repeated as long as the
-- primary is down, and the standby sleeps again some seconds after the last (lib/host/wake.sh). It is harmless, because
-- the standby gets no request while the primary is up. Nobody calls then.

local service = os.getenv('SERVICE_NAME') or ''
if not service:match('^[a-z0-9-]+$') then
  error(string.format('SERVICE_NAME is "%s"; expected the name that failover.yaml gives the service', service), 0)
end
local line = 'abns@line ' .. (os.getenv('SERVICE_BIND') or '')

local look_every_ms = 20
-- How long an answer may take before the call is made anew: the host goes on with what it has begun.
local longest_call_s = 5
-- Until the next call, by the first word of the answer. The lease on the host lasts 10 s.
local pauses_ms = { up = 2000, busy = 100, refused = 2000, failed = 1000, unreached = 200 }

local function site(name) return core.backends.sites.servers[name] end
local function is_up(server) return server:get_stats().status:match('^UP') ~= nil end

-- The first word of the answer, and all of it.
local function call()
  local tcp = core.tcp()
  tcp:settimeout(longest_call_s)
  local answer, why
  if tcp:connect(line) and tcp:send('wake ' .. service .. '\n') then answer, why = tcp:receive('*l') end
  tcp:close()
  local word = answer and answer:match('^%a+')
  if word and pauses_ms[word] then return word, answer end
  return 'unreached', 'no answer on the line: ' .. tostring(answer or why or 'it cannot be reached')
end

-- What is said, once for each change: the standby may stay away for hours.
local last_said
local function say(text)
  if text == last_said then return end
  last_said = text
  core.log(core.notice, 'line: ' .. text)
end

core.register_task(function()
  while true do
    local primary, standby = site('primary'), site('standby')
    if is_up(primary) then
      last_said = nil
      core.msleep(look_every_ms)
    else
      local word, answer = call()
      say(answer)
      -- The host has asked it, and seen that the link is open. The next check would find out the same some
      -- round trips later.
      if word == 'up' and not is_up(standby) then standby:check_force_up() end
      local waited = 0
      -- Not longer than the primary is down, and at once when the standby is lost.
      while waited < pauses_ms[word] and not is_up(primary) and (word ~= 'up' or is_up(standby)) do
        core.msleep(look_every_ms)
        waited = waited + look_every_ms
      end
    end
  end
end)
