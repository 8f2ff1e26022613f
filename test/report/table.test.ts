import { describe, expect, it } from 'vitest';
import { markdownTable, table } from '../../src/report/table.js';

const columns = [{ title: 'name' }, { title: 'n', align: 'right' as const }];

describe('table', () => {
  it('is as wide as its widest cells, colour not counted', () => {
    const rows = [
      ['\u001b[32mgreen\u001b[39m', '1'],
      ['µs', '1000'],
    ];
    expect(table(columns, rows).split('\n')).toEqual([
      'name      n',
      '-----  ----',
      '\u001b[32mgreen\u001b[39m     1',
      'µs     1000',
    ]);
  });

  it('escapes bars in Markdown', () => {
    expect(markdownTable(columns, [['a|b', '1']])).toBe('| name | n |\n| --- | --: |\n| a\\|b | 1 |');
  });
});
