/** What is asked, over and over. */
export type Load = Readonly<{
  /** JSON bodies that take turns. `@n@` becomes a number that no other request has. */
  bodies: readonly string[]
  /** Further headers; `@n@` likewise. */
  headers?: Readonly<Record<string, string>>
  connections: number
}>

/** When to look at the clock and at the CPU, in ms since the first request, and at whose. */
export type Window = Readonly<{ fromMs: number; toMs: number; pids: readonly number[] }>

const quoted = (text: string): string => `[==[${text}]==]`

/**
 * The load as a script for wrk.
 *
 * The window begins and ends at the moment of sending a request, when as many are under way as there are connections:
 * requests sent between are requests answered between, whatever the window's length. What came before (start of wrk,
 * connecting) and after (answers nobody waits for) is in neither count.
 * @param first  the first number for `@n@`; eight figures, so that all requests are of one length
 */
export const wrkScript = ({ bodies, headers = {} }: Load, window: Window, first: number): string => `
local ffi = require("ffi")
ffi.cdef[[ typedef struct { long s; long ns; } bench_time; int clock_gettime(int, bench_time *); ]]
local time = ffi.new("bench_time")
local function now()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.s) * 1000 + tonumber(time.ns) / 1e6
end

local pids = { ${window.pids.join(', ')} }
local function ticks()
  local sum = 0
  for _, pid in ipairs(pids) do
    local file = io.open("/proc/" .. pid .. "/stat")
    if file then
      local rest = file:read("*a"):match(".*%) (.*)")
      file:close()
      local user, system = rest:match("^%S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%d+) (%d+)")
      sum = sum + user + system
    end
  end
  return sum
end

local bodies = { ${bodies.map(quoted).join(', ')} }
local headers = { ["content-type"] = "application/json"${Object.entries(headers)
  .map(([name, value]) => `, [${quoted(name)}] = ${quoted(value)}`)
  .join('')} }
local number = ${first}
local began

local function fill(text) return (text:gsub("@n@", tostring(number))) end
local function format(body)
  local filled = {}
  for name, value in pairs(headers) do filled[name] = fill(value) end
  return wrk.format("POST", nil, filled, fill(body))
end
-- Requests that do not change are made once.
local changes = ${[...bodies, ...Object.values(headers)].some(text => text.includes('@n@'))}
local texts = {}
-- Globals, which \`done\` can see.
count, fromAt, fromTicks, fromCount, toAt, toTicks, toCount = 0, 0, 0, 0, 0, 0, 0

function request()
  local at = now()
  began = began or at
  if fromAt == 0 and at - began >= ${window.fromMs} then
    fromAt, fromTicks, fromCount = at, ticks(), count
  elseif toAt == 0 and at - began >= ${window.toMs} then
    toAt, toTicks, toCount = at, ticks(), count
  end
  count = count + 1
  local i = count % #bodies + 1
  if not changes then
    texts[i] = texts[i] or format(bodies[i])
    return texts[i]
  end
  number = number + 1
  return format(bodies[i])
end

function setup(thread) only = thread end

function done(summary, latency)
  local e = summary.errors
  local values = {}
  for _, name in ipairs({ "fromAt", "fromTicks", "fromCount", "toAt", "toTicks", "toCount" }) do
    values[#values + 1] = string.format('"%s":%.3f', name, only:get(name))
  end
  print(string.format('{%s,"sent":%d,"answers":%d,"bytes":%d,"errors":%d,"p50":%.3f,"p99":%.3f}', table.concat(values, ","),
    only:get("count"), summary.requests, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
`
