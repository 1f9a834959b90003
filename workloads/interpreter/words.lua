-- words.lua - how often each word stands in the messages of a log, most frequent first.
-- Usage: lua words.lua LOG, of which each line is a JSON object with a member "message".

local counts, total = {}, 0

for line in io.lines(arg[1]) do
	local message = line:match('"message": "(.-)", "elapsed"')
	for word in (message or ""):gmatch("[%a']+") do
		word = word:lower()
		counts[word] = (counts[word] or 0) + 1
		total = total + 1
	end
end

local words = {}
for word in pairs(counts) do
	words[#words + 1] = word
end
table.sort(words, function(a, b)
	if counts[a] ~= counts[b] then
		return counts[a] > counts[b]
	end
	return a < b
end)

print(total .. " words, " .. #words .. " of them different")
for i, word in ipairs(words) do
	print(counts[word] .. "\t" .. word)
end
