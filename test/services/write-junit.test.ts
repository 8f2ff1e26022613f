import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { junit } from '../../src/report/junit.js';
import { writeJunit } from '../../src/services/write-junit.js';
import { failed, passed } from '../report/reports.js';
import { temporaryFolder } from './doubles.js';

describe('writeJunit', () => {
  it('makes the folder, replaces the file and leaves nothing else behind', async () => {
    const folder = join(await temporaryFolder(), 'reports');
    const file = join(folder, 'junit.xml');
    await writeJunit(junit(failed()), file);
    await writeJunit(junit(passed()), file);
    expect(await readFile(file, 'utf8')).toBe(junit(passed()));
    expect(await readdir(folder)).toEqual(['junit.xml']);
  });

  it('says that it cannot write', async () => {
    await expect(writeJunit(junit(passed()), '/dev/null/junit.xml')).rejects.toMatchObject({
      name: 'Abort',
      exitCode: 2,
    });
  });
});
