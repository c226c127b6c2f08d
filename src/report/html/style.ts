/** How the page looks, on light and dark screens and on paper. All colours are here, and keep to WCAG 2.2's contrasts (AA). */

export const style = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --sheet: #f6f7f8; --ink: #1b1f24; --quiet: #57606a; --line: #d5dade; --link: #0b5394;
  --accepted: #2f6db5; --failed: #c43d1b; --in-doubt: #a06a00; --waiting: #6e7781; --plain: #2f6db5; --good: #1a7f37;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --sheet: #1d2227; --ink: #e6e9ec; --quiet: #a3adb7; --line: #3a424a; --link: #7db8f5;
    --accepted: #5f9fe6; --failed: #f07f5b; --in-doubt: #dfae3c; --waiting: #8b96a1; --plain: #5f9fe6; --good: #57c270;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 1.5rem 1.25rem 3rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 0 0 .5rem; }
p { margin: 0 0 .5rem; max-width: 44rem; }
a { color: var(--link); }
code { font: .9em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.quiet, caption, footer { color: var(--quiet); }
.outcome { font-size: 1.2rem; font-weight: 600; max-width: none; overflow-wrap: anywhere; }
.outcome .good, .kept { color: var(--good); }
.outcome .bad, .crossed { color: var(--failed); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(max(8.5rem, 20%), 1fr)); gap: .75rem; margin: 1.25rem 0; }
.facts > div { background: var(--sheet); border-radius: .5rem; padding: .6rem .8rem; }
.facts dt { color: var(--quiet); font-size: .85rem; }
.facts dd { margin: 0; font-size: 1.3rem; font-weight: 600; white-space: nowrap; font-variant-numeric: tabular-nums; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: 0; padding: 0; font-size: .9rem; }
nav a { display: inline-block; padding: .2rem 0; }
main { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); column-gap: 2.5rem; }
.whole { grid-column: 1 / -1; }
@media (max-width: 60rem) { .half { grid-column: 1 / -1; } }
section { border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: 1.25rem; }
.advice { margin: 0; padding-left: 1.25rem; }
.advice li { margin-bottom: .6rem; max-width: 50rem; }
.advice span { display: block; color: var(--quiet); }
.scroll { overflow-x: auto; margin: .25rem 0 .75rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: .85rem; padding-bottom: .25rem; }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 600; white-space: nowrap; }
thead th { color: var(--quiet); font-size: .85rem; }
tbody th { font-weight: 500; min-width: 7rem; overflow-wrap: break-word; white-space: normal; }
th.number, td.number { text-align: right; white-space: nowrap; }
td.text { white-space: nowrap; min-width: 4rem; }
td.words, th.words { min-width: 15rem; overflow-wrap: break-word; }
.chart { display: block; width: 100%; max-width: 40rem; height: auto; margin: .25rem 0; }
.chart text { font-size: 11px; fill: var(--quiet); }
.chart .level { text-anchor: end; }
.chart .tick { text-anchor: middle; }
@media (max-width: 30rem) { .chart text { font-size: 13.5px; } }
.grid { stroke: var(--line); }
.bar { display: block; width: 100%; min-width: 6rem; height: .7rem; margin-top: .4rem; background: var(--sheet); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: 0; padding: 0; font-size: .85rem; }
.legend svg { width: .75rem; height: .75rem; margin-right: .35rem; vertical-align: -1px; }
.accepted { fill: var(--accepted); } .failed { fill: var(--failed); } .in-doubt { fill: var(--in-doubt); }
.waiting { fill: var(--waiting); } .plain { fill: var(--plain); }
summary { cursor: pointer; color: var(--link); font-size: .9rem; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
footer { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1rem; font-size: .9rem; }
@media print {
  :root {
    color-scheme: light;
    --paper: #ffffff; --sheet: #ffffff; --ink: #000000; --quiet: #444444; --line: #bbbbbb; --link: #000000;
    --accepted: #2f6db5; --failed: #c43d1b; --in-doubt: #a06a00; --waiting: #6e7781; --plain: #2f6db5; --good: #000000;
  }
  * { print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav, summary { display: none; }
  main { display: block; }
  .scroll { overflow: visible; }
  td.text, th { white-space: normal; }
  td.words, th.words { min-width: 0; }
  .facts > div { border: 1px solid var(--line); }
  tr, .chart, .facts > div, .advice li { break-inside: avoid; }
  h2 { break-after: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`
