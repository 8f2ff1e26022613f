/** What the documents of the scenarios show is what the explorer finds: `npm run docs:scenarios` writes it. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelScenarios } from '../../src/model/catalogue.js';
import { packageRoot } from '../../src/package-root.js';
import { exploreSection, fillSection, withoutLines } from '../../src/report/scenario-docs.js';
import { explore } from '../../src/services/explore.js';

const folder = join(packageRoot, 'docs', 'scenarios');
const documents = readdirSync(folder).filter((file) => file.endsWith('.md'));
const ids = new Set((await modelScenarios()).map((scenario) => scenario.id));

describe.each(documents.map((file) => basename(file, '.md')).filter((id) => ids.has(id)))('%s.md', (id) => {
  it('shows what the explorer finds, as expected', { timeout: 120_000 }, async () => {
    const options = { all: false, variants: [], parameters: [], limits: [], seed: 1, seconds: 100 };
    const signal = new AbortController().signal;
    const report = await explore({ scenarios: [id], ...options, signal });
    expect(report.variants.filter(({ judgement }) => judgement.result !== 'as-expected')).toEqual([]);
    const document = readFileSync(join(folder, `${id}.md`), 'utf8');
    expect(withoutLines(document)).toBe(withoutLines(fillSection(document, exploreSection(report, id))));
  });
});

describe('fillSection', () => {
  it('replaces what stands between the markers, and nothing else', () => {
    const document = 'a\n<!-- explore:begin -->\nold\n<!-- explore:end -->\nb\n';
    expect(fillSection(document, 'new')).toBe('a\n<!-- explore:begin -->\nnew\n<!-- explore:end -->\nb\n');
    expect(() => fillSection('<!-- explore:end --><!-- explore:begin -->', 'x')).toThrow(/expected <!--/);
  });
});
