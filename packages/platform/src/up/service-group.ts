import { join } from 'node:path'
import { Keeper, type KeeperPolicy, type Launch } from '../supervisor/keeper.ts'
import { launchProcess } from '../supervisor/launch-process.ts'
import { LogFile } from '../supervisor/log-file.ts'
import { remarkOf } from '../supervisor/log-line.ts'
import type { PlatformConfig } from '../config/platform-config.ts'
import type { Closers } from './closers.ts'
import type { Report, ServiceStatus } from './events.ts'

export type Service = Readonly<{ name: string; launch: Launch }>

export type ProcessPlan = Readonly<{
  name: string
  script: string
  env: NodeJS.ProcessEnv
}>

const trimMemory = `--import=${new URL('../supervisor/trim-memory.ts', import.meta.url).href}`

/** Every service of one platform: starts them, keeps them, ends those that were added last first. */
export class ServiceGroup {
  readonly #keepers: Keeper[] = []
  readonly #options: Readonly<{ config: PlatformConfig; logs: string; closers: Closers; report: Report }>

  constructor(options: { config: PlatformConfig; logs: string; closers: Closers; report: Report }) {
    this.#options = options
  }

  get status(): readonly ServiceStatus[] {
    return this.#keepers.map(({ status }) => status)
  }

  urlOf(name: string): string {
    return this.status.find(service => service.name === name)?.url ?? ''
  }

  /**
   * Starts sets of services of any kind side by side. In each the first starts before the others and ends after them.
   * Resolves when all are ready.
   */
  async startSets(sets: readonly (readonly Service[])[]): Promise<void> {
    const kept = sets.map(services => services.map(({ name, launch }) => this.#keeper(name, launch)))
    await this.#options.closers.add(async () => {
      await Promise.all(
        kept.map(async ([first, ...others]) => {
          await Promise.all(others.map(keeper => keeper.stop()))
          await first?.stop()
        }),
      )
    })
    await Promise.all(
      kept.map(async ([first, ...others]) => {
        await first?.start()
        await Promise.all(others.map(keeper => keeper.start()))
      }),
    )
  }

  /** Starts processes side by side; they also end side by side. Resolves when all are ready. */
  async startProcesses(plans: readonly ProcessPlan[]): Promise<void> {
    const { closers, logs, config } = this.#options
    const started = plans.map(plan => {
      const log = new LogFile(join(logs, `${plan.name}.log`), config.logs.maxBytes)
      return { keeper: this.#keeper(plan.name, this.#launch(plan, log)), log }
    })
    await closers.add(async () => {
      await Promise.all(
        started.map(async ({ keeper, log }) => {
          await keeper.stop()
          await log.close()
        }),
      )
    })
    await Promise.all(started.map(({ keeper }) => keeper.start()))
  }

  /** Ends all of them at once, without a drain. */
  kill(): void {
    for (const keeper of this.#keepers) keeper.kill()
  }

  #keeper(name: string, launch: Launch): Keeper {
    const { config, report } = this.#options
    const policy: KeeperPolicy = { stopTimeoutMs: config.stopTimeoutMs, restart: config.restart }
    const keeper = new Keeper({ name, launch, policy, report })
    this.#keepers.push(keeper)
    return keeper
  }

  #launch(plan: ProcessPlan, log: LogFile): Launch {
    const { config, report } = this.#options
    return launchProcess({
      ...plan,
      flags: config.semiSpaceMb === 0 ? [] : [`--max-semi-space-size=${config.semiSpaceMb}`, trimMemory],
      startTimeoutMs: config.startTimeoutMs,
      onLine: line => {
        log.write(line)
        const remark = remarkOf(line)
        if (remark !== undefined) report({ event: 'log', service: plan.name, ...remark })
      },
      onNote: (name, details) => report({ event: 'service-note', service: plan.name, name, details }),
    })
  }
}
