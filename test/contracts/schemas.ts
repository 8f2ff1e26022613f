/** The published schemas, ready to check documents against. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { packageRoot } from '../../src/package-root.js';

const folder = join(packageRoot, 'docs', 'schemas');

function loadAll(): Ajv2020 {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  for (const file of readdirSync(folder).sort()) {
    ajv.addSchema(JSON.parse(readFileSync(join(folder, file), 'utf8')));
  }
  return ajv;
}

const ajv = loadAll();

/** What is wrong with `value`, one line each; empty when it fits. `name` may end in `#/$defs/...`. */
export function problems(name: string, value: unknown): string[] {
  const [schema = '', part = ''] = name.split('#');
  const validate = ajv.getSchema(`${schema}.schema.json${part === '' ? '' : `#${part}`}`);
  if (validate === undefined) throw new Error(`no schema ${name} in ${folder}`);
  // As JSON: what is undefined is not there.
  if (validate(JSON.parse(JSON.stringify(value)))) return [];
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}
