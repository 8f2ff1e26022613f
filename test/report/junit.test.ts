import { describe, expect, it } from 'vitest';
import { junit } from '../../src/report/junit.js';
import { checkOf, failed, passed, path } from './reports.js';

describe('junit', () => {
  it('has a suite per scenario and a case per runtime and path', async () => {
    await expect(junit(passed())).toMatchFileSnapshot('golden/junit-passed.xml');
  });

  it('reports a hang as a failure with its evidence, a crash as an error, a run not made as skipped', async () => {
    await expect(junit(failed())).toMatchFileSnapshot('golden/junit-failed.xml');
  });

  it('holds nothing that XML cannot hold', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(junit(failed())).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|&(?!amp;|lt;|gt;|quot;|#10;)/);
  });

  it('is well-formed without any path', () => {
    const report = checkOf([path([], 1)], { paths: [] });
    expect(junit(report)).toMatch(
      /<testsuites name="kvtool deadlock-check" tests="0" [^>]*>\n<\/testsuites>/,
    );
  });
});
