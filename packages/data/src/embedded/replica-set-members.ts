import { haveData, stopUnwanted, type Member } from './find-writer.ts'

const mostReplicas = 4

/** Every place that a set may have data in, the first member's first; the others' lie beside it. */
export const membersOf = (name: string, folder: string): readonly Member[] => [
  { name, folder },
  ...Array.from({ length: mostReplicas }, (_, index) => ({
    name: `${name}-replica-${index + 1}`,
    folder: `${folder}-replica-${index + 1}`,
  })),
]

/**
 * For a set that is not to run: ends its servers, should a killed platform have left them behind.
 * @returns whether it has data
 */
export const leaveReplicaSet = async (folder: string): Promise<boolean> => {
  const members = membersOf('', folder)
  await stopUnwanted(members)
  return haveData(members)
}
