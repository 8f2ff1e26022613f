/** The pipeline is also the example that users copy: every kvtool command line in it must be one that exists. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exitCodes } from '../../src/exit-codes.js';
import { packageRoot } from '../../src/package-root.js';

interface Step {
  label?: string;
  commands?: string[];
  timeout_in_minutes?: number;
  artifact_paths?: string[];
  agents?: { queue?: string };
  soft_fail?: { exit_status: number }[];
  retry?: { automatic: { exit_status: number; limit: number }[] };
}

interface Manifest {
  commands: Record<
    string,
    { flags: Record<string, { type: string; options?: string[]; allowNo?: boolean }> }
  >;
}

const read = (file: string) => readFileSync(join(packageRoot, file), 'utf8');
const pipeline = parse(read('.buildkite/pipeline.yml')) as { steps: Step[] };
const manifest = JSON.parse(read('oclif.manifest.json')) as Manifest;
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;
const commandLines = pipeline.steps.flatMap((step) => step.commands ?? []);
const kvtoolLines = commandLines.filter((line) => line.startsWith('node bin/run.js '));

function step(key: string): Step {
  const found = pipeline.steps.find((candidate) => 'key' in candidate && candidate.key === key);
  if (found === undefined) throw new Error(`no step ${key}`);
  return found;
}

describe('every command line', () => {
  it.each(commandLines)('%s is kvtool or a script of package.json', (line) => {
    const script = /^npm (?:run )?([\w:]+)$/.exec(line)?.[1];
    expect(line.startsWith('node bin/run.js ') || (script !== undefined && script in scripts)).toBe(true);
  });

  it.each(kvtoolLines)('%s has only flags and options that exist', (line) => {
    const [, , command = '', ...words] = line.split(/\s+/);
    const known = manifest.commands[command];
    expect(known, `no command ${command}`).toBeDefined();
    for (const [at, word] of words.entries()) {
      if (!word.startsWith('--')) continue;
      const flag = known?.flags[word.slice(2)];
      expect(flag, `${command} has no flag ${word}`).toBeDefined();
      if (flag?.options !== undefined) expect(flag.options).toContain(words[at + 1]);
    }
  });

  it('runs kvtool at all', () => {
    expect(kvtoolLines.length).toBeGreaterThanOrEqual(2);
  });
});

describe('the deadlock-check steps', () => {
  it.each(['deadlock-check-sim', 'deadlock-check-gpu'])(
    '%s retries infrastructure and keeps artefacts',
    (key) => {
      const { retry, artifact_paths: artefacts, timeout_in_minutes: minutes } = step(key);
      expect(retry?.automatic.map((rule) => rule.exit_status)).toContain(exitCodes.retry);
      expect(artefacts).toContain('.kvtool/runs/**/*');
      expect(minutes).toBeGreaterThan(0);
    },
  );

  it('only the GPU step may lack its device', () => {
    expect(step('deadlock-check-gpu').soft_fail).toEqual([{ exit_status: exitCodes.unavailable }]);
    expect(step('deadlock-check-gpu').agents?.queue).toBe('gpu');
    expect(step('deadlock-check-sim').soft_fail).toBeUndefined();
  });

  it('no finding is ever soft-failed or retried away', () => {
    const codes = pipeline.steps.flatMap(({ soft_fail: soft = [], retry }) => [
      ...soft.map((rule) => rule.exit_status),
      ...(retry?.automatic ?? []).map((rule) => rule.exit_status),
    ]);
    expect(codes).not.toContain(exitCodes.deadlock);
    expect(codes).not.toContain(exitCodes.race);
    expect(codes).not.toContain(exitCodes.inconclusive);
  });
});
