type DemoReview = readonly [title: string, stars: number, text: string]

/** One person of the demo. Whom they follow is by place in `demoPeople`. */
export type DemoPerson = Readonly<{
  name: string
  bio: string
  favouriteGenres: readonly string[]
  follows: readonly number[]
  watchlist: readonly string[]
  reviews: readonly DemoReview[]
}>

/** The first is the demo account; the others are there so that its pages are not empty. */
export const demoPeople: readonly DemoPerson[] = Object.freeze([
  {
    name: 'Demo Viewer',
    bio: 'Here to look around.',
    favouriteGenres: ['Adventure', 'Drama'],
    follows: [1, 2, 3],
    watchlist: ['Memento', 'The Prestige', 'Apocalypse Now', 'Snatch'],
    reviews: [
      ['The Matrix', 5, 'I looked at every phone box differently for a year.'],
      ['Titanic', 3, 'You know how it ends. It still takes its time getting there.'],
      ['WALL-E', 5, 'Forty minutes without a line of dialogue, and I missed none.'],
    ],
  },
  {
    name: 'Nora Lindqvist',
    bio: 'Projectionist, retired. Still threads film in her sleep.',
    favouriteGenres: ['Drama'],
    follows: [0, 2, 4],
    watchlist: ['Inception', 'WALL-E'],
    reviews: [
      ['The Godfather', 5, 'Watch the doors: who opens them, who closes them, and on whom.'],
      ['Goodfellas', 5, 'The tracking shot is famous. The last half hour is better.'],
      ['Blade Runner', 4, 'Slow, wet and right.'],
      ['The Shawshank Redemption', 4, 'Kinder than the story it is from, and none the worse for that.'],
      ['Apocalypse Now', 5, 'Bring earplugs, and somebody to walk home with.'],
    ],
  },
  {
    name: 'Tomas Okafor',
    bio: 'Horror first, everything else after midnight.',
    favouriteGenres: ['Horror', 'Thriller/Suspense'],
    follows: [1, 3, 5],
    watchlist: ['The Godfather', 'The Departed', 'Se7en'],
    reviews: [
      ['Alien', 5, 'A haunted house with nowhere to run out to. The cat has the best instincts aboard.'],
      ['The Shining', 4, 'The carpet alone deserves its own credit.'],
      ['The Silence of the Lambs', 5, 'Sixteen minutes on screen, and he is in every one of them.'],
      ['The Sixth Sense', 4, 'Better the second time, once you stop looking for it.'],
      ['Titanic', 2, 'Rooting for the iceberg.'],
    ],
  },
  {
    name: 'Mei Tanaka',
    bio: 'Counts cuts for a living.',
    favouriteGenres: ['Action', 'Adventure'],
    follows: [0, 1],
    watchlist: ['Alien', 'Raiders of the Lost Ark'],
    reviews: [
      ['Memento', 5, 'The edit is the plot.'],
      ['Inception', 4, 'Explains itself twice too often, and I would go again tomorrow.'],
      ['The Matrix', 4, 'The lobby, the rooftop, the lobby again.'],
      ['Kill Bill: Volume 1', 4, 'A love letter in red ink.'],
      ['Fight Club', 3, 'Do not talk about the third act.'],
    ],
  },
  {
    name: 'Samuel Adeyemi',
    bio: 'Sees everything twice: once with his children.',
    favouriteGenres: ['Comedy', 'Adventure'],
    follows: [0, 5],
    watchlist: ['Back to the Future', 'Iron Man', 'WALL-E'],
    reviews: [
      ['Back to the Future', 5, 'Not one line that does not come back later.'],
      ['Raiders of the Lost Ark', 5, 'My daughter hid behind me, then asked to see it again.'],
      ['Forrest Gump', 3, 'Sweet, and a little too sure of it.'],
      ['WALL-E', 5, 'A rubbish press taught my son to hold hands.'],
      ['Iron Man', 4, 'It was never the armour.'],
    ],
  },
  {
    name: 'Irene Castellanos',
    bio: 'Night shifts, matinees.',
    favouriteGenres: ['Thriller/Suspense', 'Drama'],
    follows: [2, 4],
    watchlist: ['Blade Runner', 'The Usual Suspects'],
    reviews: [
      ['Pulp Fiction', 5, 'Three stories that interrupt one another politely.'],
      ['Se7en', 4, 'It rains even indoors.'],
      ['The Dark Knight', 5, 'The pencil. Everybody remembers the pencil.'],
      ['The Departed', 4, 'Everyone lies, and everyone is good at it.'],
      ['The Godfather', 5, 'My third time, and I am still surprised by how quiet it is.'],
      ['Alien', 5, 'Ripley follows quarantine rules. Be like Ripley.'],
      ['No Country for Old Men', 4, 'No music, and I held my breath for it.'],
    ],
  },
])

export const demoEmail = (person: number): string =>
  person === 0 ? 'demo@marquee.example' : `demo-${person}@marquee.example`
