const list = (text: string): readonly string[] => Object.freeze(text.trim().split(/\s+/))

export const firstNames = list(`
  Ada Agnes Akira Alma Amina Anton Asta Basil Bela Carmen Cleo Dario Dora Edda Elif Emil Esme Farid Finn Greta Hana
  Hugo Ida Ines Isak Jana Joel Juno Kaito Karim Lena Leon Lina Luca Maja Marek Mina Nadia Nils Noor Olga Oscar Petra
  Quinn Rafa Rosa Ruth Samir Selma Sofia Tariq Thea Uma Vera Viktor Willa Xenia Yara Yusuf Zoe`)

export const lastNames = list(`
  Abbott Adeyemi Ahmadi Almeida Andersen Baker Bauer Bianchi Brandt Castro Chen Costa Dahl Diaz Dubois Eriksen Fischer
  Flores Fontaine Garcia Gruber Haddad Hansen Hayashi Ibrahim Ito Jansen Kaya Keller Kim Kovacs Kowalski Larsen Lopez
  Marino Meyer Moreau Mori Mwangi Nagy Nguyen Novak Okafor Olsen Park Petrov Popescu Rao Rossi Santos Sato Silva Singh
  Tanaka Torres Varga Vogel Wagner Weber Yilmaz`)

export const genres: readonly string[] = Object.freeze([
  'Action',
  'Adventure',
  'Comedy',
  'Documentary',
  'Drama',
  'Horror',
  'Musical',
  'Romantic Comedy',
  'Thriller/Suspense',
  'Western',
])

export const opinions: readonly string[] = Object.freeze([
  'I would see it again tomorrow.',
  'Half an hour too long, and worth it.',
  'The first act is a film of its own.',
  'Everybody in the row in front of me wept.',
  'The music does most of the work.',
  'I liked it better the second time.',
  'Not a word too many.',
  'It forgets its best character after the break.',
  'The ending was clear from the poster on.',
  'A quiet one; it stayed with me for days.',
  'Loud, quick, and gone by the time I was home.',
  'The camera knows more than the script.',
])
