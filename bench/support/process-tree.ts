import { readdir, readFile } from 'node:fs/promises'

/** The process and all below it, by `/proc`. */
export const processTree = async (pid: number): Promise<number[]> => {
  const parents = new Map<number, number[]>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const status = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const parent = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1])
    parents.set(parent, [...(parents.get(parent) ?? []), Number(name)])
  }
  const below = (id: number): number[] => [id, ...(parents.get(id) ?? []).flatMap(below)]
  return below(pid)
}

const kilobytes = async (pid: number, file: string, field: string): Promise<number> => {
  const text = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
}

/** Memory of a process tree in MB: RSS counts shared pages once for each process, PSS once in all. */
export const memoryOf = async (pid: number): Promise<{ rss: number; pss: number }> => {
  const pids = await processTree(pid)
  const sum = async (file: string, field: string): Promise<number> =>
    (await Promise.all(pids.map(id => kilobytes(id, file, field)))).reduce((a, b) => a + b, 0) / 1024
  return { rss: await sum('status', 'VmRSS'), pss: await sum('smaps_rollup', 'Pss') }
}

/** CPU time of a process tree so far, all threads, in ticks of 10 ms. */
export const cpuTicksOf = async (pid: number): Promise<number> => {
  let ticks = 0
  for (const id of await processTree(pid)) {
    const text = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')
    const [user = 0, system = 0] = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number)
    ticks += user + system
  }
  return ticks
}
