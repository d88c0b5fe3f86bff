import { describe, expect, test } from '@jest/globals'
import { Ending, type EndSignal } from './end-signal.ts'

const noting = (notes: string[], name: string) => ({ handleEvent: () => void notes.push(name) })

describe('the end of a request', () => {
  test('is told once to each who listens, and not to who has left', () => {
    const notes: string[] = []
    const ending = new Ending()
    const [a, b, c] = ['a', 'b', 'c'].map(name => noting(notes, name))
    for (const listener of [a, b, c]) ending.addEventListener('abort', listener as never)
    ending.removeEventListener('abort', b as never)
    expect(ending.aborted).toBe(false)
    ending.abort('deadline')
    ending.abort('again')
    expect({ notes, aborted: ending.aborted, reason: ending.reason }).toEqual({
      notes: ['a', 'c'],
      aborted: true,
      reason: 'deadline',
    })
  })

  test('a listener may leave, and make others leave, while it is told', () => {
    const notes: string[] = []
    const ending = new Ending()
    const second = noting(notes, 'second')
    const first = {
      handleEvent: () => {
        ending.removeEventListener('abort', first)
        ending.removeEventListener('abort', second)
        notes.push('first')
      },
    }
    ending.addEventListener('abort', first)
    ending.addEventListener('abort', second)
    ending.abort()
    expect(notes).toEqual(['first', 'second'])
  })

  test('an AbortSignal is one too', () => {
    const notes: string[] = []
    const controller = new AbortController()
    const signal: EndSignal = controller.signal
    signal.addEventListener('abort', noting(notes, 'told'))
    controller.abort()
    expect(notes).toEqual(['told'])
  })
})
