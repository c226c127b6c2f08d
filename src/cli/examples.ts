/** How each command is used, as its help and the manual show it: the plain case first. */

export const examples: Readonly<Record<string, readonly string[]>> = {
  init: ['mailblast init my-newsletter', 'mailblast init --template notice --name "release notice" notices'],
  preview: ['mailblast preview campaign.yml', 'mailblast preview campaign.yml --email ada@example.org --html'],
  send: [
    'mailblast send campaign.yml --dry-run',
    'mailblast send campaign.yml --test-to me@example.com',
    'mailblast send campaign.yml --yes=1200 --fail-on "failure_rate > 1%"',
    'mailblast send campaign.yml --at "2026-12-01 09:00 Europe/Berlin"',
  ],
  resume: ['mailblast resume', 'mailblast resume --all --quiet'],
  status: ['mailblast status', 'mailblast status campaign.yml --in-doubt'],
  watch: ['mailblast watch'],
  report: [
    'mailblast report',
    'mailblast report --format html --output report.html',
    'mailblast report --failed --class soft,block --format csv --output again.csv',
  ],
  show: ['mailblast show ada@example.org'],
  settle: ['mailblast settle', 'mailblast settle --as accepted --only ada@example.org'],
  retry: ['mailblast retry --failed', 'mailblast retry --failed --class soft,expired'],
  pause: ['mailblast pause --why "the link is wrong"'],
  cancel: ['mailblast cancel campaign.yml'],
  rate: ['mailblast rate campaign.yml sendgrid=20/s', 'mailblast rate campaign.yml google=5/s yahoo=default'],
  suppress: ['mailblast suppress add ada@example.org', 'mailblast suppress import unsubscribed.csv'],
  providers: ['mailblast providers ses', 'mailblast providers test campaign.yml'],
  sink: ['mailblast sink', "mailblast sink --ledger ledger.ndjson --rule 'share=1% do=lose-answer'"],
  schema: ['mailblast schema > campaign.schema.json', 'mailblast schema --notices'],
  completion: ['eval "$(mailblast completion bash)"'],
  manual: ['mailblast manual | man -l -'],
  'exit-codes': ['mailblast exit-codes'],
}

export function examplesHelp(command: string): string {
  const lines = examples[command] ?? []
  return lines.length === 0 ? '' : `\nExamples:\n${lines.map(line => `  ${line}`).join('\n')}`
}
