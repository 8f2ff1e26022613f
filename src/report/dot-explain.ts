/** An explanation as a graph in the language of Graphviz: who waits for whom, and for what. */
import { sayHolds, sayWaits } from '../diagnosis/resources.js';
import type { CycleStep, Verdict } from '../diagnosis/verdict.js';
import { type BystanderGroup, groupBystanders } from './bystander-groups.js';

export function dotExplain({ cycle, bystanders, kind, family }: Verdict): string {
  const lines = [
    'digraph kvtool {',
    `  label=${quoted(family === 'none' ? kind : `${kind}: ${family}`)}; labelloc=t; fontname="sans-serif";`,
    '  node [shape=box, style="rounded,filled", fillcolor="#fde7e7", color="#b3261e", fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
  ];
  for (const [index, step] of cycle.entries()) {
    lines.push(`  c${index} [label=${quoted(partyLabel(step))}];`);
    const label = `waits for ${sayWaits(step.waitsFor)}\n${step.frame}`;
    lines.push(`  c${index} -> c${(index + 1) % cycle.length} [label=${quoted(label)}, color="#b3261e"];`);
  }
  const waiting = groupBystanders(bystanders).filter((group) => group.waitsFor !== undefined);
  const outside = new Map<string, string>();
  for (const [index, group] of waiting.entries()) lines.push(...bystanderLines(group, index, cycle, outside));
  lines.push('}');
  return `${lines.join('\n')}\n`;
}

function partyLabel({ actor, alike = [], holds, site }: CycleStep): string {
  const more = alike.length > 0 ? ` and ${alike.length} alike` : '';
  return [
    `${actor.name} (tid ${actor.tid})${more}`,
    sayHolds(holds),
    ...(site === undefined ? [] : [site]),
  ].join('\n');
}

/** Points at the party that holds what they want; at a question mark where nobody is known to. */
function bystanderLines(
  { waitsFor = '', bystanders }: BystanderGroup,
  index: number,
  cycle: readonly CycleStep[],
  outside: Map<string, string>,
): string[] {
  const [first] = bystanders;
  const more = bystanders.length > 1 ? ` and ${bystanders.length - 1} more` : '';
  const name = `${first?.actor.name} (tid ${first?.actor.tid})${more}`;
  const lines = [`  b${index} [label=${quoted(name)}, fillcolor="#f2f2f2", color="#777777"];`];
  const holder = cycle.findIndex((step) => step.holds === waitsFor);
  let target = holder < 0 ? outside.get(waitsFor) : `c${holder}`;
  if (target === undefined) {
    target = `u${outside.size}`;
    outside.set(waitsFor, target);
    lines.push(`  ${target} [label=${quoted(`who ${sayHolds(waitsFor)}?`)}, shape=ellipse, style=dashed];`);
  }
  lines.push(`  b${index} -> ${target} [label=${quoted(`waits for ${sayWaits(waitsFor)}`)}, style=dashed];`);
  return lines;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
