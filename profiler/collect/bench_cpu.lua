-- A program nobody here wrote the interpreter of: calls, tables, strings and
-- floating point for as many rounds as the first argument says. Writes its own
-- CPU time, and when it ended, into the file of the second.

local function fib(n)
	return n < 2 and n or fib(n - 1) + fib(n - 2)
end

local function sieve(n)
	local composite, count = {}, 0
	for i = 2, n do
		if not composite[i] then
			count = count + 1
			for j = i * i, n, i do
				composite[j] = true
			end
		end
	end
	return count
end

local function words(n)
	local seen = {}
	for i = 1, n do
		seen[#seen + 1] = string.format("%d:%x", i, i * 7919)
	end
	table.sort(seen)
	return #table.concat(seen, ",")
end

local function mandelbrot(n)
	local inside = 0
	for py = 0, n - 1 do
		for px = 0, n - 1 do
			local cr, ci = 3 * px / n - 2, 2 * py / n - 1
			local zr, zi, steps = 0, 0, 0
			while zr * zr + zi * zi < 4 and steps < 50 do
				zr, zi, steps = zr * zr - zi * zi + cr, 2 * zr * zi + ci, steps + 1
			end
			inside = inside + (steps == 50 and 1 or 0)
		end
	end
	return inside
end

local sum = 0
for _ = 1, tonumber(arg[1]) do
	sum = sum + fib(20) + sieve(20000) + words(2000) + mandelbrot(40)
end
local cpu_s = os.clock()
local out <close> = assert(io.open(arg[2], "w"))
out:write(string.format("%.6f %d\n", cpu_s, sum))
