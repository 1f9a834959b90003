-- The requests of our generator, for wrk: one in five is the first one for its item. At the end one line of JSON, with times in nanoseconds.
local count, item = 0, 0

function request()
	local target
	if count % 5 == 0 then
		item = item + 1
		target = "/item/" .. item .. "?first"
	else
		target = "/item/" .. item
	end
	count = count + 1
	return wrk.format("GET", target)
end

function done(summary, latency, requests)
	local errors = summary.errors
	io.write(string.format(
		'{"requests_count":%d,"duration_ns":%d,"failed_count":%d,"p50_ns":%d,"p95_ns":%d,"p99_ns":%d}\n',
		summary.requests, summary.duration * 1000,
		errors.connect + errors.read + errors.write + errors.status + errors.timeout,
		latency:percentile(50) * 1000, latency:percentile(95) * 1000, latency:percentile(99) * 1000))
end
