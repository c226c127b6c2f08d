/**
 * What a sink says of the account when it is asked as SendGrid is: one that may send from wherever it likes and has plenty
 * left. Forms as in SendGrid's API descriptions of scopes, domain authentication, verified senders and user.
 */

const answers: Readonly<Record<string, (query: URLSearchParams) => unknown>> = {
  '/v3/scopes': () => ({ scopes: ['mail.send', 'messages.read', 'whitelabel.read', 'user.credits.read'] }),
  '/v3/whitelabel/domains': query => {
    const domain = query.get('domain')
    return domain === null
      ? []
      : [{ id: 1, user_id: 1, subdomain: 'em1', domain, default: true, legacy: false, valid: true }]
  },
  '/v3/verified_senders': () => ({ results: [] }),
  '/v3/user/credits': () => ({
    remain: 100_000,
    total: 100_000,
    overage: 0,
    used: 0,
    last_reset: '2000-01-01',
    next_reset: '2100-01-01',
    reset_frequency: 'monthly',
  }),
}

/** The paths of these questions. All of them are asked by GET. */
export const accountPaths: readonly string[] = Object.keys(answers)

/** The body of the answer; undefined for another path. */
export function accountAnswer(path: string, query: URLSearchParams): string | undefined {
  const answer = Object.hasOwn(answers, path) ? answers[path]?.(query) : undefined
  return answer === undefined ? undefined : JSON.stringify(answer)
}
