/** The exit codes as every command's help lists them. */

export const exitCodesHelp = `
Exit codes:
  0  everything was accepted, or there was nothing to do
  1  a bug in mailblast
  2  a mistake in the command or the campaign; nothing was sent
  3  finished, but some failed or are in doubt; or a guard's threshold was crossed
  4  stopped before the end; it can be resumed
  5  another process holds this campaign`
