/** Numbers that look random and are the same on each machine: one sequence for each seed, stream and index. */
export type Dice = Readonly<{
  /** 32 bits. */
  bits: () => number
  /** From 0 to just below 1. */
  share: () => number
  /** From 0 to just below `size`. */
  below: (size: number) => number
}>

const mixed = (value: number): number => {
  let mix = value | 0
  mix = Math.imul(mix ^ (mix >>> 16), 0x21f0aaad)
  mix = Math.imul(mix ^ (mix >>> 15), 0x735a2d97)
  return (mix ^ (mix >>> 15)) >>> 0
}

/** sfc32: passes PractRand, and is three additions a number. */
export const dice = (seed: number, stream: number, index: number): Dice => {
  let a = mixed(seed)
  let b = mixed(index ^ 0x9e3779b9)
  let c = mixed(stream + Math.imul(index, 0x85ebca6b))
  let counter = 1
  const bits = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round += 1) bits()
  const share = (): number => bits() / 0x1_0000_0000
  return { bits, share, below: size => Math.floor(share() * size) }
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/** A UUIDv7 of a moment: RFC 9562, 5.7. @param atMs  milliseconds since 1970 */
export const uuidAt = (atMs: number, { bits }: Dice): string => {
  const time = hex(atMs, 12)
  const [one, two, three] = [bits(), bits(), bits()]
  const variant = ((one >>> 16) & 0x3fff) | 0x8000
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(one & 0xfff, 3)}-${hex(variant, 4)}-${hex(two, 8)}${hex(three & 0xffff, 4)}`
}
