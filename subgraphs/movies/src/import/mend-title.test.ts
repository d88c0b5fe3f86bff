import { describe, expect, test } from '@jest/globals'
import type { MendKind } from './film.ts'
import { mendTitle } from './mend-title.ts'

const mend = (title: string): readonly [string, readonly MendKind[]] => {
  const kinds: MendKind[] = []
  return [mendTitle(title, kind => kinds.push(kind)), kinds]
}

describe('titles', () => {
  test.each([
    ['LÈon', 'Léon'],
    ["De battre mon coeur s'est arrÍtÈ", "De battre mon coeur s'est arrêté"],
    ['DÈj‡ Vu', 'Déjà Vu'],
    ['Obsluhoval jsem anglickÈho kr·le', 'Obsluhoval jsem anglického krále'],
    ['Per qualche dollaro in pi˘', 'Per qualche dollaro in più'],
    ['The Naked Gun 2Ω: The Smell of Fear', 'The Naked Gun 2½: The Smell of Fear'],
    ["I Love You Ö Don't Touch Me!", "I Love You … Don't Touch Me!"],
  ])('%s was decoded by the wrong table', (title, meant) => {
    expect(mend(title)).toEqual([meant, ['title decoded again']])
  })

  test.each([
    'Amélie',
    'Île de France',
    'L’Été meurtrier',
    'WALL·E',
    'SÃO PAULO',
    'Öland',
    'Alien³',
    'Ri¢hie Ri¢h',
    '英雄',
    'Secrets & Lies',
    'Me, Myself & Irene',
  ])('%s stays as it is', title => {
    expect(mend(title)).toEqual([title, []])
  })

  test.each([
    ['Barbarians, The', 'The Barbarians', 'article moved to the front of the title'],
    ['King Kong (1933)', 'King Kong', 'year taken out of the title'],
    ['  The \t Helix ', 'The Helix', 'spaces collapsed'],
  ] as const)('%s becomes %s', (title, meant, kind) => {
    expect(mend(title)).toEqual([meant, [kind]])
  })
})
