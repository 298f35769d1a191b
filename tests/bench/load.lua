-- The addresses of a file in turn; at the end one line of JSON. The script gets: file, first address.
local addresses, turn = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    addresses[#addresses + 1] = wrk.format("GET", line)
  end
  turn = tonumber(arguments[2]) or 0
end

function request()
  turn = turn % #addresses + 1
  return addresses[turn]
end

function done(summary, latency, requests)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status
      + summary.errors.timeout
  io.write(string.format('{"requests": %d, "seconds": %.6f, "bad": %d, "p50": %.3f, "p95": %.3f, "worst": %.3f}\n',
    summary.requests, summary.duration / 1e6, bad, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency.max / 1e3))
end
