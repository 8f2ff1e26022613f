import type { BenchReport } from '../services/bench.js';
import type { Style } from './colour.js';
import { table } from './table.js';

const columns = [
  { title: 'figure' },
  { title: 'measured', align: 'right' },
  { title: 'target', align: 'right' },
  { title: '' },
] as const;

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

export function consoleBench(report: BenchReport, { paint }: Style): string {
  const blocks = report.benchmarks.map(({ id, summary, figures }) => {
    const rows = figures.map(({ name, measured, unit, target, met }) => {
      const sign = target?.at === 'least' ? '>=' : '<=';
      const aim = target === undefined ? '' : `${sign} ${number(target.value)}`;
      const verdict = met === undefined ? '' : met ? paint.green('met') : paint.red('missed');
      return [name, `${number(measured)} ${unit}`.trim(), aim, verdict];
    });
    return `${paint.bold(id)}  ${summary}\n${table(columns, rows)}`;
  });
  return blocks.join('\n\n');
}
