import { describe, expect, test } from 'vitest'
import { UserError } from '../../src/model/errors.ts'
import type { Rule } from '../../src/sink/rule.ts'
import { parseRuleText } from '../../src/sink/rule-text.ts'
import { ruleSchema } from '../../src/sink/rules.ts'

const plain: Omit<Rule, 'do'> = {
  provider: null,
  sites: null,
  phase: null,
  share: 1,
  after: 0,
  first: null,
  delayMs: 0,
  say: null,
  voice: null,
  reply: null,
  status: null,
  body: null,
  retryAfterSeconds: null,
  taken: false,
  forMs: null,
}

describe('a rule on one line', () => {
  test.each<[string, Partial<Rule>]>([
    ['do=refuse', { do: 'refuse' }],
    [
      'site=yahoo.com phase=answer share=1% do=lose-answer',
      { do: 'lose-answer', sites: ['yahoo.com'], phase: 'answer', share: 0.01, taken: true },
    ],
    ['do=drop site=Yahoo.com,*.EDU,münchen.de', { do: 'drop', sites: ['yahoo.com', '*.edu', 'xn--mnchen-3ya.de'] }],
    ['do=drop site=*', { do: 'drop' }],
    ['  do=slow   delay=1500ms ', { do: 'slow', delayMs: 1500 }],
    ['do=throttle share=0.25 retry_after=2m', { do: 'throttle', share: 0.25, retryAfterSeconds: 120 }],
    ['do=refuse reply="550 5.7.1 Go away"', { do: 'refuse', reply: '550 5.7.1 Go away' }],
    [`do=refuse status=403 body='{"errors":[]}'`, { do: 'refuse', status: 403, body: '{"errors":[]}' }],
    ['do=garbage taken=no', { do: 'garbage' }],
    ['do=hang taken=yes', { do: 'hang', taken: true }],
    ['do=refuse-connections after=10 for=5s', { do: 'refuse-connections', after: 10, forMs: 5000 }],
    [
      'do=refuse provider=smtp phase=rcpt after=3 first=2 say=blocked voice=gmail',
      { do: 'refuse', provider: 'smtp', phase: 'rcpt', after: 3, first: 2, say: 'blocked', voice: 'gmail' },
    ],
  ])('%s', (text, expected) => {
    expect(parseRuleText(text)).toEqual({ ...plain, ...expected })
  })

  test.each<[string, string]>([
    ['', 'there is no rule'],
    ['drop', 'not of the form name=value: drop'],
    ['do=refuse reply=550 5.1.1', 'not of the form name=value: 5.1.1'],
    ['do=refuse reply="550 5.1.1', 'not of the form name=value: reply="550 5.1.1'],
    ['site=yahoo.com', 'do: is missing'],
    [
      'do=explode',
      'do: there is no explode; there are: `refuse`, `defer`, `throttle`, `slow`, `lose-answer`, `drop`, `garbage`, `refuse-part`, `hang`, `refuse-connections`',
    ],
    ['do=loose-answer', 'do: there is no loose-answer; did you mean `lose-answer`?'],
    ['do=drop sites=yahoo.com', 'sites is not known here; did you mean `site`?'],
    ['do=drop do=hang', 'do is given twice'],
    ['do=drop site=yahoo', 'site: expected is a domain such as yahoo.com, a pattern such as *.edu, or *'],
    ['do=drop provider=pigeon', 'provider: there is no pigeon; there are: `smtp`, `sendgrid`'],
    [
      'do=drop phase=teatime',
      'phase: there is no teatime; there are: `connect`, `mail`, `rcpt`, `data`, `head`, `body`, `answer`, `lookup`',
    ],
    ['do=drop share=0', 'share: expected is a share such as 1%, more than 0 and at most 100%'],
    ['do=drop share=101%', 'share: expected is a share such as 1%, more than 0 and at most 100%'],
    ['do=drop share=often', 'share: expected is a share such as 1%, more than 0 and at most 100%'],
    ['do=drop first=0', 'first: expected is at least 1'],
    ['do=drop after=many', 'after: expected is a whole number'],
    ['do=slow', 'delay: is missing: how long `do: slow` waits, such as 2s'],
    ['do=slow delay=soon', 'delay: expected is a duration such as 500ms or 30s'],
    ['do=garbage', 'taken: is missing: whether the mail is taken before the garbage, true or false'],
    ['do=garbage taken=yes phase=rcpt', 'taken: nothing can be taken at phase rcpt, only at answer'],
    ['do=hang taken=maybe', 'taken: expected is true or false'],
    ['do=lose-answer phase=rcpt', 'phase: cannot be rcpt with `do: lose-answer`; it can be answer'],
    [
      'do=refuse phase=data',
      'phase: cannot be data with `do: refuse`; it can be connect, mail, rcpt, head, answer or lookup',
    ],
    [
      'do=drop phase=rcpt provider=sendgrid',
      'phase: there is no rcpt with sendgrid; it can be head, body, answer or lookup',
    ],
    [
      'do=drop phase=head provider=smtp',
      'phase: there is no head with smtp; it can be connect, mail, rcpt, data, body or answer',
    ],
    ['do=drop phase=connect site=yahoo.com', 'site: no recipient is known at phase connect yet'],
    ['do=drop phase=body provider=sendgrid site=yahoo.com', 'site: no recipient is known at phase body yet'],
    ['do=refuse-part provider=smtp', 'do: over SMTP every mail is a call of its own, so no part of one can be refused'],
    ['do=drop say=blocked', 'say: has no meaning with `do: drop`, only with refuse, defer or throttle'],
    [
      'do=refuse say=busy',
      'say: cannot be busy with `do: refuse`; it can be no-such-user, blocked, content, too-big, bad-key or no-credit',
    ],
    ['do=refuse reply="450 4.2.1 Later"', 'reply: with `do: refuse` a reply begins with 5'],
    ['do=defer reply="550 5.1.1 No"', 'reply: with `do: defer` a reply begins with 4'],
    ['do=refuse reply=no', 'reply: expected is a reply such as 550 5.7.1 Go away'],
    ['do=refuse reply="550 No" provider=sendgrid', 'reply: is for SMTP alone'],
    ['do=refuse status=400 provider=smtp', 'status: is for HTTP providers alone'],
    ['do=refuse status=200', 'status: expected is a status from 400 to 599'],
    ['do=refuse retry_after=1s', 'retry_after: has no meaning with `do: refuse`, only with defer or throttle'],
    ['do=drop for=1s', 'for: has no meaning with `do: drop`, only with refuse-connections'],
    [
      'do=refuse-connections share=1%',
      'share: has no meaning with `do: refuse-connections`: there are `after` and `for`',
    ],
  ])('%s: %s', (text, problem) => {
    const parse = () => parseRuleText(text)
    expect(parse).toThrow(UserError)
    expect(parse).toThrow(problem)
    expect(parse).toThrow(expect.objectContaining({ where: '--rule' }))
  })
})

test('a rule of a file has true and false, and a list of sites', () => {
  const read = ruleSchema.parse({ do: 'garbage', taken: true, site: ['yahoo.com', '*.edu'], share: 0.5, delay: '1s' })
  expect(read).toEqual({
    ...plain,
    do: 'garbage',
    taken: true,
    sites: ['yahoo.com', '*.edu'],
    share: 0.5,
    delayMs: 1000,
  })
})
