import type { PostgresPoolClient } from 'kysely'
import type { Server } from './server.ts'

/** One moment of a database, on one connection: statements wait for one another, as the protocol has it. */
export class Snapshot {
  readonly #client: PostgresPoolClient
  #last: Promise<unknown> = Promise.resolve()

  private constructor(client: PostgresPoolClient) {
    this.#client = client
  }

  static async open(server: Server): Promise<Snapshot> {
    const client = await server.reads.connect()
    try {
      await client.query('begin isolation level repeatable read read only', [])
      return new Snapshot(client)
    } catch (error) {
      client.release()
      throw error
    }
  }

  query(sql: string, values: readonly unknown[]): Promise<unknown> {
    const result = this.#last.then(() => this.#client.query(sql, values))
    this.#last = result.catch(() => undefined)
    return result
  }

  /** Ends it once what was asked is answered, whatever became of the connection. */
  async close(): Promise<void> {
    try {
      await this.query('rollback', [])
    } finally {
      this.#client.release()
    }
  }
}
