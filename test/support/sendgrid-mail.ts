/** What SendGrid takes, as the sink holds it, for tests of the bodies that are made for it. */

export { type Mail, mailLimits, mailSchema } from '../../src/sink/sendgrid-mail.ts'
