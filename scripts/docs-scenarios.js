// npm run docs:scenarios: fills what stands between <!-- explore:begin --> and <!-- explore:end --> in every
// docs/scenarios/ID.md with what the explorer finds. Needs a build; the same result on every machine.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exploreSection, fillSection } from '../dist/src/report/scenario-docs.js';
import { explore } from '../dist/src/services/explore.js';

const folder = fileURLToPath(new URL('../docs/scenarios/', import.meta.url));
const signal = new AbortController().signal;
for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
  const path = join(folder, file);
  const before = readFileSync(path, 'utf8');
  if (!before.includes('<!-- explore:begin -->')) continue;
  const id = basename(file, '.md');
  const options = { all: false, variants: [], parameters: [], limits: [], seed: 1, seconds: 600, signal };
  const report = await explore({ scenarios: [id], ...options });
  const after = fillSection(before, exploreSection(report, id));
  if (after !== before) writeFileSync(path, after);
  process.stdout.write(`${after === before ? 'same     ' : 'rewritten'} docs/scenarios/${file}\n`);
}
