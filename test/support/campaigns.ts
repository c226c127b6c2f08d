/** Campaign files and lists for end-to-end tests. */

export interface CampaignParts {
  readonly routes: string
  readonly more?: string
  readonly subject?: string
}

export function campaign({ routes, more = '', subject = 'Hello {{name}}' }: CampaignParts): string {
  return `name: test
from: Acme News <news@acme.example>
subject: '${subject}'
template: body.hbs
recipients: list.csv
${more}
routes:
${routes}
`
}

export const outboxRoute = '  - provider: outbox'

export function smtpRoute(port: number, more = ''): string {
  return `  - { provider: smtp, url: 'smtp://127.0.0.1:${port}'${more} }`
}

export function sendgridRoute(url: string, more = ''): string {
  return `  - { provider: sendgrid, api_key: '\${SENDGRID_API_KEY}', base_url: '${url}'${more} }`
}

export const body = '<p>Hello {{name}}</p>\n{{#if city}}<p>How is {{city}}?</p>\n{{/if}}'

/** A list of so many plain rows, from a number on. */
export function list(count: number, from = 0): string {
  return `email,name,city\n${rows(count, from)}`
}

export function rows(count: number, from = 0): string {
  let text = ''
  for (let index = from; index < from + count; index++)
    text += `p${index}@example.org,Name ${index},City ${index % 7}\n`
  return text
}
