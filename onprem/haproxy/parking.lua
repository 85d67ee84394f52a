-- Parking: what HAProxy's own means cannot say. Loaded by haproxy.cfg.
--
-- Parked requests wait in the queue of server parking/holding, which lets one of them through: that one
-- waits in the action below until a site serves, and then opens the queue for the others. So thousands cost
-- no more than one, they leave in the order in which they came, and a client that goes frees its place.

local function setting(name)
  local text = os.getenv(name) or ''
  if text:match('^%d+$') then return tonumber(text) end
  error(string.format('%s is "%s"; expected a whole number, 0 or more; correct it and start again', name, text), 0)
end

local longest_ms = setting('PARK_SECONDS') * 1000
for _, name in ipairs({
  'PARK_MAX', 'PARK_MAX_PER_SOURCE', 'REQUESTS_MAX', 'REQUESTS_MAX_PER_SOURCE', 'STREAMS_MAX',
  'STREAMS_MAX_PER_SOURCE', 'CONNECTIONS_MAX_PER_SOURCE',
}) do setting(name) end

-- How many of the parked are on their way at the same time: one until a site serves, and then half more than that
-- site takes at once of what may be repeated, which is most of it. With more, those that take longer (a POST needs a
-- connection of its own) would pile up behind the queue, and be passed there by what came later: measured with
-- `npm start -- --rate 2000`. With fewer, a slow application would get less than it can do, and the queue might
-- never end.
local closed, unlimited = 1, 1000
local function open(name)
  local places = setting(name)
  return places == 0 and unlimited or math.ceil(1.5 * places)
end
local open_for_primary, open_for_standby = open('PRIMARY_MAXCONN'), open('STANDBY_MAXCONN')
local look_every_ms = 20

-- Those that wait here look about this often per second, together: a handful at once, many in turns.
local looks_per_second = 10000
local shortest_pause_ms, longest_pause_ms = 10, 500

-- A time as HAProxy takes it; plain numbers are milliseconds.
local unit_ms = { ms = 1, s = 1000, m = 60000, h = 3600000, d = 86400000, [''] = 1 }
local function duration_ms(name)
  local text = os.getenv(name) or ''
  local count, unit = text:match('^(%d+)(%a*)$')
  if count and unit_ms[unit] then return tonumber(count) * unit_ms[unit] end
  error(string.format('%s is "%s"; expected a time such as 60s or 2m; correct it and start again', name, text), 0)
end

duration_ms('STREAM_TIMEOUT')

-- A request that could not be sent waits behind a hop that is waiting for its answer. That one must outlast it.
local longest_behind_ms = math.min(longest_ms, duration_ms('RESPONSE_TIMEOUT') - 1000)

local function milliseconds()
  local now = core.now()
  return now.sec * 1000 + now.usec // 1000
end

local function server(backend, name)
  return core.backends[backend].servers[name]
end

local function is_up(site)
  return server('sites', site):get_stats().status:match('^UP') ~= nil
end

-- Setting the limit also makes HAProxy look at the queue again: in 2.6, one that waits first and goes just
-- as the next one is let through can leave the queue standing.
local looked_at, serving, judged_at, primary_was, standby_was = 0, false, 0, nil, nil
local function look(now)
  local primary, standby = is_up('primary'), is_up('standby')
  -- That the standby is found asleep says nothing about the server that a request comes back from.
  if primary ~= primary_was or (standby and not standby_was) then judged_at = now end
  primary_was, standby_was = primary, standby
  looked_at, serving = now, primary or standby
  server('parking', 'holding'):set_maxconn(primary and open_for_primary or standby and open_for_standby or closed)
end

core.register_task(function()
  while true do
    look(milliseconds())
    core.msleep(look_every_ms)
  end
end)

local function pause_ms(txn)
  local mean = txn.f:fe_conn('holding') * 1000 / looks_per_second
  mean = math.min(math.max(mean, shortest_pause_ms), longest_pause_ms)
  return math.floor(mean * (0.5 + math.random()))
end

local function arrived_at(txn, now)
  return tonumber(string.match(txn.f:req_fhdr('X-Request-Start') or '', '%d+')) or now
end

-- Called again after each pause; what it has to remember is in variables of the request. Sets txn.released
-- if a site serves and `may_go(now, held_at)`, and leaves it unset when the limit since its arrival is over.
local function wait(txn, limit_ms, may_go)
  local now = milliseconds()
  local held_at = txn:get_var('txn.held_at')
  if not held_at then
    held_at = now
    txn:set_var('txn.held_at', now)
  end
  -- A site that served a moment ago may be the one that this request comes back from.
  if serving and now ~= looked_at then look(now) end
  if serving and may_go(now, held_at) then
    txn:set_var('txn.released', true)
    return act.CONTINUE
  end
  if now - arrived_at(txn, now) >= limit_ms then return act.CONTINUE end
  act.wake_time(pause_ms(txn))
  return act.YIELD
end

-- A request that found no connection to a server which still counts as up must not circle: the least wait
-- doubles each time. One that comes from the queue has not been anywhere yet.
core.register_action('hold', { 'http-req' }, function(txn)
  local turns = txn:get_var('txn.turns')
  if not turns then
    turns = tonumber(txn.f:req_fhdr('X-Parking-Turns')) or 1
    txn:set_var('txn.turns', turns)
    txn.http:req_set_header('X-Parking-Turns', turns + 1)
  end
  -- It came from the queue, and nobody from there is served any more: its client has left. HAProxy does not always see
  -- that by itself. Where a client leaves just as its request is passed on, the close comes with the request, and is
  -- not looked for again (seen with 3.2). Nothing may be sent for it.
  if turns == 0 and tonumber(server('parking', 'holding'):get_stats().scur) == 0 then return act.CONTINUE end
  local least_ms = turns == 0 and 0 or math.min(25 * 2 ^ turns, 1000)
  local limit_ms = turns == 0 and longest_ms or longest_behind_ms
  return wait(txn, limit_ms, function(now, held_at) return now - held_at >= least_ms end)
end)

-- A request that saw its server fail is repeated once, so not on the same server while that one is dying:
-- when the primary has gone down, or a site has come back, since the request arrived, or when the checks would have seen
-- it.
local judged_ms = 1200
core.register_action('reconsider', { 'http-req' }, function(txn)
  return wait(txn, longest_ms, function(now, held_at)
    return judged_at >= arrived_at(txn, now) or now - held_at >= judged_ms
  end)
end)
