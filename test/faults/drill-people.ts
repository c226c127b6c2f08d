/** Made-up people on lists of a drill: addresses at several sites, and names by which their mails are told apart. */

import type { Seeded } from './simulation/seeded.ts'

export interface Person {
  readonly address: string
  readonly name: string
  readonly city: string
}

const domains = [
  'gmail.com',
  'googlemail.com',
  'yahoo.com',
  'outlook.com',
  'gmx.de',
  'example.org',
  'example.edu',
  'xn--bcher-kva.example',
]

export function makePeople(chance: Seeded, count: number): readonly Person[] {
  return Array.from({ length: count }, (_, index) => ({
    address: `${chance.pick(['p', 'Q.', 'r+'])}${index}@${chance.pick(domains)}`,
    name: `Name ${index}`,
    city: chance.pick(['', 'Ulm', 'Århus', 'A < B & C']),
  }))
}
