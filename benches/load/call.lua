-- wrk: POST one call of the tool `echo`, with the key that the environment names.
wrk.method = "POST"
wrk.body = '{"text":"The quick brown fox jumps over the lazy dog."}'
wrk.headers["Content-Type"] = "application/json"
local key = os.getenv("LOAD_KEY")
if key then wrk.headers["Authorization"] = "Bearer " .. key end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"errors":%d}\n',
    summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
