/** A table of fields from a JSON Schema: nested ones by path, of several forms what all of them have. */

import { expect, test } from 'vitest'
import { campaignReference } from '../../src/intake/schema-reference.ts'

test('paths, choices, defaults and what is required', () => {
  const table = campaignReference({
    required: ['name'],
    properties: {
      name: { description: 'Its | name', type: 'string' },
      empty: { description: 'What then', enum: ['error', 'allow'], default: 'error' },
      list: {
        description: 'A list',
        additionalProperties: false,
        properties: { url: { description: 'Where. Default: none' } },
      },
      sites: {
        description: 'Paces',
        anyOf: [
          { enum: ['mx'] },
          {
            properties: { mx: { description: 'By MX' } },
            additionalProperties: { properties: { rate: { description: 'How fast' } } },
          },
        ],
      },
      routes: {
        description: 'Ways',
        items: {
          anyOf: [
            {
              required: ['provider'],
              properties: { provider: { description: 'One' }, rate: { description: 'Rate' }, url: {} },
            },
            {
              required: ['provider'],
              properties: { provider: { description: 'Another' }, rate: { description: 'Rate' } },
            },
          ],
        },
      },
    },
  })
  expect(table).toMatchInlineSnapshot(`
    "| field | what it is |
    | --- | --- |
    | \`name\` | Its \\| name. Required |
    | \`empty\` | What then (\`error\`, \`allow\`). Default: \`error\` |
    | \`list\` | A list |
    | \`list.url\` | Where. Default: none |
    | \`sites\` | Paces |
    | \`sites.mx\` | By MX |
    | \`sites.NAME.rate\` | How fast |
    | \`routes\` | Ways |
    | \`routes[].provider\` | Which one: \`mailblast providers\` says what each is. Required |
    | \`routes[].rate\` | Rate |
    "
  `)
})
