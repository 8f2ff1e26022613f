/** What happens to a dump on its way into an issue: each keeps the lines, `before` of them come first. */
export interface Noise {
  name: string;
  before?: string[];
  after?: string[];
  line?: (text: string, index: number) => string;
  /** Between lines. */
  end?: string;
}

const stamp = '2026-03-04T05:06:07.123Z';

export const noises: readonly Noise[] = [
  { name: 'CR LF', end: '\r\n' },
  { name: 'a Markdown fence', before: ['It hangs:', '', '```text'], after: ['```', '', 'Any idea?'] },
  {
    name: 'a tilde fence in a fold',
    before: ['<details><summary>dump</summary>', '', '~~~'],
    after: ['~~~', '</details>'],
  },
  { name: 'a quote', line: (text) => `> ${text}` },
  { name: 'a quote of a quote', line: (text) => (text === '' ? '>>' : `>> ${text}`) },
  { name: 'an indented code block', line: (text) => `    ${text}` },
  { name: 'colours', line: (text) => text.replace(/\S.*/, (rest) => `\x1b[1;32m${rest}\x1b[0m`) },
  {
    name: 'colours that lost their escape',
    line: (text) => text.replace(/\S.*/, (rest) => `[32m${rest}[0m`),
  },
  {
    name: 'HTML',
    line: (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  },
  { name: 'blanks at the end', line: (text) => `${text}  \t` },
  { name: 'a logger', line: (text) => `${stamp} INFO app.watchdog: ${text}` },
  { name: 'a Python logger', line: (text) => `2026-03-04 05:06:07,123 - watchdog - ERROR - ${text}` },
  { name: 'a timestamp', line: (text) => `${stamp} ${text}` },
  { name: 'systemd', line: (text) => `Mar 04 05:06:07 node17 kvserver[812]: ${text}` },
  { name: 'klog', line: (text, index) => `I0304 05:06:07.${100_000 + index}   812 dump.go:31] ${text}` },
  { name: 'Kubernetes', line: (text) => `${stamp} stderr F ${text}` },
  { name: 'docker compose', line: (text) => `kvserver-1  | ${text}` },
  { name: 'torchrun', line: (text) => `[rank0]: ${text}` },
  { name: 'Ray', line: (text) => `(Worker pid=812, ip=10.0.0.3) ${text}` },
];

export function noisy(text: string, { before = [], after = [], line, end = '\n' }: Noise): string {
  const lines = text.replace(/\n$/, '').split('\n');
  const changed = line === undefined ? lines : lines.map(line);
  return [...before, ...changed, ...after, ''].join(end);
}
