-- What is missing, before HAProxy says only that it cannot open a file. Loaded by haproxy.cfg.

for _, name in ipairs({ 'SITE_CERTIFICATE_FILE', 'STANDBY_CERTIFICATE_FILE' }) do
  local path = os.getenv(name) or ''
  local file = io.open(path)
  local text = file and file:read('a')
  if file then file:close() end
  if not (text and text:find('BEGIN CERTIFICATE', 1, true)) then
    local what = text and 'holds no certificate' or 'cannot be read'
    error(string.format('%s is "%s", which %s; make it with "npm run failover -- site init", and start again', name, path, what), 0)
  end
end
