import { access, mkdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processTree } from './process-tree.ts'

const periodUs = 100_000

type Kind = Readonly<{ root: string; write: (folder: string, share: number) => Promise<void> }>

const first: Kind = {
  root: '/sys/fs/cgroup/cpu',
  write: async (folder, share) => {
    await writeFile(join(folder, 'cpu.cfs_period_us'), String(periodUs))
    await writeFile(join(folder, 'cpu.cfs_quota_us'), String(Math.round(share * periodUs)))
  },
}

const second: Kind = {
  root: '/sys/fs/cgroup',
  write: (folder, share) => writeFile(join(folder, 'cpu.max'), `${Math.round(share * periodUs)} ${periodUs}`),
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const kindHere = async (): Promise<Kind> =>
  (await exists(join(first.root, 'cpu.cfs_quota_us'))) ? first : second

/** Bounds on CPU, a control group each. Owns the groups: `close` takes them away once their processes are gone. */
export class CpuQuotas {
  readonly #folders: string[] = []

  /**
   * Bounds a process, what is below it now and what it starts later.
   * @param share  cores, 0.2 is a fifth of one
   * @throws where the machine lets us make no control group (Linux and root are needed)
   */
  async bound(pid: number, share: number): Promise<void> {
    const kind = await kindHere()
    const folder = join(kind.root, `marquee-bench-${process.pid}-${pid}`)
    await mkdir(folder)
    this.#folders.push(folder)
    await kind.write(folder, share)
    for (const id of await processTree(pid)) await writeFile(join(folder, 'cgroup.procs'), String(id))
  }

  async close(): Promise<void> {
    for (const folder of this.#folders)
      for (let attempt = 0; attempt < 20; attempt += 1) {
        const isGone = await rmdir(folder).then(
          () => true,
          () => false,
        )
        if (isGone) break
        await sleep(100)
      }
  }
}
