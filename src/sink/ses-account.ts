/**
 * What a sink says of the account when it is asked as SES is: one with production access and plenty left, whose senders are
 * all verified. Forms as in `GetAccount` and `GetEmailIdentity` of the service model.
 */

const identityPath = /^\/v2\/email\/identities\/([^/]+)$/

/** Whether the path asks about the account. All of these are asked by GET. */
export function isAccountPath(path: string): boolean {
  return path === '/v2/email/account' || identityPath.test(path)
}

/** The body of the answer; undefined for another path. */
export function accountAnswer(path: string): string | undefined {
  if (path === '/v2/email/account') return JSON.stringify(account)
  const identity = identityPath.exec(path)?.[1]
  if (identity === undefined) return undefined
  return JSON.stringify({
    IdentityType: /@|%40/i.test(identity) ? 'EMAIL_ADDRESS' : 'DOMAIN',
    VerifiedForSendingStatus: true,
    VerificationStatus: 'SUCCESS',
    FeedbackForwardingStatus: true,
  })
}

const account = {
  SendingEnabled: true,
  ProductionAccessEnabled: true,
  EnforcementStatus: 'HEALTHY',
  SendQuota: { Max24HourSend: 100_000, MaxSendRate: 1000, SentLast24Hours: 0 },
}
