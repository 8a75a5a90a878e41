-- wrk: POST one `tools/call` over streamable HTTP, in each of the sessions that the environment
-- names in turn; without any, in the revision that has none.
local headers = {
  ["Content-Type"] = "application/json",
  ["Accept"] = "application/json, text/event-stream",
  ["MCP-Protocol-Version"] = os.getenv("LOAD_VERSION"),
}
local key = os.getenv("LOAD_KEY")
if key and key ~= "" then headers["Authorization"] = key end

local requests = {}
local at = 0

local function add(header, value)
  headers[header] = value
  requests[#requests + 1] = wrk.format("POST", nil, headers, os.getenv("LOAD_BODY"))
end

function init()
  local sessions = os.getenv("LOAD_SESSIONS")
  if sessions then
    for session in sessions:gmatch("[^,]+") do add("MCP-Session-Id", session) end
  else
    headers["Mcp-Method"] = "tools/call"
    add("Mcp-Name", os.getenv("LOAD_TOOL"))
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"errors":%d}\n',
    summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
