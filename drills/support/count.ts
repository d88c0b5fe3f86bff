/** One row of the drills' table: how often something went wrong, with Marquee and with MikroORM's own replicas. */
export type Count = Readonly<{
  what: string
  marquee: Share
  builtIn: Share
  /** What was done to the servers meanwhile, for people. */
  note: string
}>

export type Share = Readonly<{ wrong: number; of: number }>

/** Counts as things happen. */
export class Tally {
  wrong = 0
  of = 0
  /** The first of them, to look into. */
  first: string | undefined

  right(): void {
    this.of += 1
  }

  fault(why: string): void {
    this.of += 1
    this.wrong += 1
    this.first ??= why
  }

  get share(): Share {
    return Object.freeze({ wrong: this.wrong, of: this.of })
  }
}

const numbers = new Intl.NumberFormat('en')

export const shareText = ({ wrong, of }: Share): string => `${numbers.format(wrong)} of ${numbers.format(of)}`
