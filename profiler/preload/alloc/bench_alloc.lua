-- Allocation-heavy on purpose: each round makes small tables and short
-- strings that die young and a few that live, as an interpreter does.
local rounds = tonumber(arg[1]) or 1000000
local kept = {}
for i = 1, rounds do
  local point = { x = i, y = { i } }
  local name = "n" .. i
  kept[i % 5000 + 1] = { point, name }
end
print(#kept)
