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
setting('PARK_MAX')

-- How many of the parked are on their way at the same time once a site serves. The site itself is
-- protected by the maxconn of its server; this keeps HAProxy's own connections in bounds.
local open, closed = 1000, 1
local look_every_ms = 20

-- Those that wait here look about this often per second, together: a handful at once, many in turns.
local looks_per_second = 10000
local shortest_pause_ms, longest_pause_ms = 10, 500

local function milliseconds()
  local now = core.now()
  return now.sec * 1000 + now.usec // 1000
end

local function server(backend, name)
  return core.backends[backend].servers[name]
end

local function is_up(site)
  return server('service', site):get_stats().status:match('^UP') ~= nil
end

-- Setting the limit also makes HAProxy look at the queue again: in 2.6, one that waits first and goes just
-- as the next one is let through can leave the queue standing.
local looked_at, serving = 0, false
local function look(now)
  looked_at = now
  serving = is_up('primary') or is_up('standby')
  server('parking', 'holding'):set_maxconn(serving and open or closed)
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

-- A request that comes back from a server which still counts as up must not circle: the least wait
-- doubles each time. One that comes from the queue has not been anywhere yet.
local function least_wait_ms(turns)
  return turns == 0 and 0 or math.min(25 * 2 ^ turns, 1000)
end

-- Called again after each pause; what it has to remember is in variables of the request. Sets txn.released
-- if a site serves, and leaves it unset if the time is over.
core.register_action('hold', { 'http-req' }, function(txn)
  local now = milliseconds()
  local turns = txn:get_var('txn.turns')
  if not turns then
    turns = tonumber(txn.f:req_fhdr('X-Parking-Turns')) or 1
    txn:set_var('txn.turns', turns)
    txn:set_var('txn.held_at', now)
    txn.http:req_set_header('X-Parking-Turns', turns + 1)
  end
  -- A site that served a moment ago may be the one that this request comes back from.
  if serving and now ~= looked_at then look(now) end
  if serving and now - txn:get_var('txn.held_at') >= least_wait_ms(turns) then
    txn:set_var('txn.released', true)
    return act.CONTINUE
  end
  local arrived = tonumber(string.match(txn.f:req_fhdr('X-Request-Start') or '', '%d+')) or now
  if now - arrived >= longest_ms then return act.CONTINUE end
  act.wake_time(pause_ms(txn))
  return act.YIELD
end)
