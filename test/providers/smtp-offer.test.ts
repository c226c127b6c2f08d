import { expect, test } from 'vitest'
import { nothingOffered, readOffer } from '../../src/providers/smtp-offer.ts'

test('what a server offers is read from its answer to EHLO', () => {
  const reply = [
    '250-mx.acme.example at your service, SIZE matters',
    '250-PIPELINING',
    '250-size 35882577',
    '250-AUTH PLAIN xoauth2',
    '250-AUTH=LOGIN PLAIN',
    '250-8bitmime',
    '250 SMTPUTF8',
  ].join('\r\n')
  expect(readOffer(reply)).toEqual({
    keywords: ['PIPELINING', 'SIZE', 'AUTH', '8BITMIME', 'SMTPUTF8'],
    sizeMaxBytes: 35_882_577,
    mechanisms: ['PLAIN', 'XOAUTH2', 'LOGIN'],
  })
})

test.each([
  ['SIZE', null],
  ['SIZE 0', null],
  ['SIZE many', null],
  ['SIZE 99999999999999999999', null],
  ['SIZE=1000', 1000],
])('%s says how large a message may be: %s', (line, expected) => {
  expect(readOffer(`250-mx\r\n250 ${line}`).sizeMaxBytes).toBe(expected)
})

test.each(['250 HELO will do', '502 Not implemented', '454-PIPELINING\n454 SIZE 1', '', 'garbage'])(
  'nothing is offered by: %s',
  reply => {
    expect(readOffer(reply)).toEqual(nothingOffered)
  },
)
