/** What each exit code means, as every command's help lists them, and the manual. */

export const exitCodes: readonly { readonly code: number; readonly means: string }[] = [
  { code: 0, means: 'everything was accepted, or there was nothing to do' },
  { code: 1, means: 'a bug in mailblast' },
  { code: 2, means: 'a mistake in the command or the campaign; nothing was sent' },
  { code: 3, means: "finished, but some failed or are in doubt; or a guard's threshold was crossed" },
  { code: 4, means: 'stopped before the end; it can be resumed' },
  { code: 5, means: 'another process holds this campaign' },
]

export const exitCodesHelp = `
Exit codes:
${exitCodes.map(({ code, means }) => `  ${code}  ${means}`).join('\n')}`
