import { z } from 'zod'

const count = (byDefault: number, meaning: string) =>
  z.int().nonnegative().default(byDefault).describe(meaning)
const share = (byDefault: number, meaning: string) =>
  z.number().min(0).max(1).default(byDefault).describe(meaning)

/** Key `data.doctor` of marquee.yaml: from where on the doctor calls something a finding. */
export const doctorConfig = z
  .strictObject({
    top: count(50, 'How many statements are looked at: those with the most time in all'),
    slowMs: count(100, 'A statement is slow from this mean time on, in milliseconds'),
    slowShare: share(0.5, 'A statement is heavy from this share of all time in the database on, 0 to 1'),
    minCalls: count(20, 'Statements that ran less often than this say nothing about growth or share'),
    growth: z
      .number()
      .min(1)
      .default(2)
      .describe('A statement grows when its mean time is this many times that before the last snapshot'),
    growingMs: count(5, 'Statements with a mean below this, in milliseconds, may grow in peace'),
    snapshotMinutes: count(
      60,
      'What statements took is compared with a snapshot that gets this old, in minutes',
    ),
    bigTableRows: count(10_000, 'A table is big from this many rows on: no statement should read all of it'),
    minIndexBytes: count(1_000_000, 'Unused and bloated indexes below this size, in bytes, are let be'),
    unusedDays: z
      .number()
      .min(0)
      .default(7)
      .describe('An index is unused when nothing read it for so long, in days'),
    bloat: z.number().min(1).default(2).describe('An index is bloated at this many times the size it needs'),
    modifiedShare: share(0.3, 'Statistics are stale when this share of the rows changed since, 0 to 1'),
    idleInTransactionMs: count(5000, 'Longest time a transaction may do nothing, in milliseconds'),
    connectionShare: share(0.8, 'Share of the connections of the server that may be in use, 0 to 1'),
    maxLagMs: count(5000, 'Longest that a replica may be behind, in milliseconds'),
    maxLagBytes: count(67_108_864, 'Most WAL that a replica or a slot may be behind, in bytes'),
    partitionsAhead: count(2, 'How many partitions by time must be there after the current one'),
    sequenceShare: share(0.7, 'Share of a sequence or of an integer column that may be used up, 0 to 1'),
  })
  .describe('From where on the doctor calls something a finding')

export type Thresholds = z.output<typeof doctorConfig>
