/**
 * What Mailgun puts into a message: recipient variables, and values of its own. Its pages tell of the latter for mailing
 * lists and for unsubscribing; here they are put in everywhere, for no page says where not. One pass from left to right:
 * what was put in is not looked at again.
 */

/** A text as this recipient gets it. A variable that is not given leaves nothing behind. */
export function merged(text: string, to: string, variables: Readonly<Record<string, string>> | undefined): string {
  const address = /<([^<>]+)>$/.exec(to)?.[1] ?? to
  return text.replace(placeholder, (_, key: string | undefined, name: string | undefined) =>
    key === undefined ? (ownValues[(name ?? '').toLowerCase()]?.(address) ?? '') : (variables?.[key] ?? ''),
  )
}

/** The pages on batch sending, on mailing lists and on tracking unsubscribes name these. */
const placeholder =
  /%(?:recipient\.([^%\s]+)|(recipient(?:_email|_name|_fname|_lname)?|unsubscribe_(?:url|email)|tag_unsubscribe_url|mailing_list_unsubscribe_url))%/gi

const unsubscribeUrl = (address: string) => `https://email.mailgun.example/u/${encodeURIComponent(address)}`

const ownValues: Readonly<Record<string, (address: string) => string>> = {
  recipient: address => address,
  recipient_email: address => address,
  recipient_name: () => '',
  recipient_fname: () => '',
  recipient_lname: () => '',
  unsubscribe_url: unsubscribeUrl,
  unsubscribe_email: address => `u+${address.replace('@', '=')}@mailgun.example`,
  tag_unsubscribe_url: unsubscribeUrl,
  mailing_list_unsubscribe_url: unsubscribeUrl,
}
