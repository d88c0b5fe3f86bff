/** What is asked, over and over. */
export type Load = Readonly<{
  /** JSON bodies that take turns. `@n@` becomes a number that no other request has. */
  bodies: readonly string[]
  /** Further headers; `@n@` likewise. */
  headers?: Readonly<Record<string, string>>
  connections: number
}>

/**
 * How long the load runs before the window, and how long the window is at least. Counted in the subject's own CPU time,
 * every subject is warm to the same degree and measured with the same precision, on a busy machine too.
 */
export type Window = Readonly<{ fromMs: number; forMs: number; by: 'cpu' | 'wall' }>

/** The line that the script prints when the window is over. */
export const measuredLine = 'measured'

const quoted = (text: string): string => `[==[${text}]==]`

/**
 * The load as a script for wrk.
 *
 * The window begins and ends at the moment of sending a request, when as many are under way as there are connections:
 * requests sent between are requests answered between, whatever the window's length. What came before (start of wrk,
 * connecting) and after (answers nobody waits for) is in neither count. A slow subject answers in waves, all connections
 * in step: so the window is whole waves long, two at least.
 * @param pids  the subject's processes
 * @param first  the first number for `@n@`; eight figures, so that all requests are of one length
 */
export const wrkScript = (
  { bodies, headers = {}, connections }: Load,
  window: Window,
  pids: readonly number[],
  first: number,
): string => `
local ffi = require("ffi")
ffi.cdef[[ typedef struct { long s; long ns; } bench_time; int clock_gettime(int, bench_time *); ]]
local time = ffi.new("bench_time")
local function read(clock)
  ffi.C.clock_gettime(clock, time)
  return tonumber(time.s) * 1000 + tonumber(time.ns) / 1e6
end
local function now() return read(1) end

-- The kernel has a clock for each process: the CPU time of all its threads, those included that have ended. Its number
-- is made of the process id, as clock_getcpuclockid(3) does.
local pids = { ${pids.join(', ')} }
local function cpu()
  local sum = 0
  for _, pid in ipairs(pids) do sum = sum + read(bit.bor(bit.lshift(bit.bnot(pid), 3), 2)) end
  return sum
end

local bodies = { ${bodies.map(quoted).join(', ')} }
local headers = { ["content-type"] = "application/json"${Object.entries(headers)
  .map(([name, value]) => `, ["${name}"] = "${value}"`)
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
count, fromAt, fromCpu, fromCount, toAt, toCpu, toCount = 0, 0, 0, 0, 0, 0, 0

function request()
  local at = now()
  local used = cpu()
  began = began or ${window.by === 'cpu' ? 'used' : 'at'}
  local passed = ${window.by === 'cpu' ? 'used' : 'at'} - began
  if fromAt == 0 then
    if passed >= ${window.fromMs} and count >= ${2 * connections} then
      fromAt, fromCpu, fromCount, began = at, used, count, began + passed
    end
  elseif toAt == 0 and passed >= ${window.forMs} and count - fromCount >= ${2 * connections} and
      (count - fromCount) % ${connections} == 0 then
    toAt, toCpu, toCount = at, used, count
    io.stdout:write("${measuredLine}\\n")
    io.stdout:flush()
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
  for _, name in ipairs({ "fromAt", "fromCpu", "fromCount", "toAt", "toCpu", "toCount" }) do
    values[#values + 1] = string.format('"%s":%.3f', name, only:get(name))
  end
  print(string.format('{%s,"sent":%d,"answers":%d,"bytes":%d,"errors":%d,"p50":%.3f,"p99":%.3f}', table.concat(values, ","),
    only:get("count"), summary.requests, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
`
