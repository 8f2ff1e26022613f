/** All commands, from their sources, as the contract sees them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core';
import { packageRoot } from '../../src/package-root.js';

const folder = join(packageRoot, 'src', 'commands');

export interface LoadedCommand {
  /** As it is typed: `report merge`. */
  id: string;
  command: typeof Command;
}

export async function loadCommands(): Promise<LoadedCommand[]> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const ids = files.map((file) => file.slice(0, -'.ts'.length).replaceAll('/', ' '));
  return Promise.all(
    ids.sort().map(async (id) => ({
      id,
      command: (await import(join(folder, `${id.replaceAll(' ', '/')}.ts`))).default,
    })),
  );
}

export function flagsOf(command: typeof Command): typeof Command.flags {
  return { ...command.baseFlags, ...command.flags };
}

/** What scripts depend on: names, short forms, environment twins, choices and defaults. No prose. */
export function contractOf({ id, command }: LoadedCommand) {
  const flags = Object.entries(flagsOf(command)).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    command: id,
    args: Object.entries(command.args).map(([name, { required = false, multiple = false }]) => {
      return { name, required, multiple };
    }),
    flags: flags.map(([name, flag]) => ({
      name,
      type: flag.type,
      env: flag.env,
      ...(flag.char === undefined ? {} : { char: flag.char }),
      ...('options' in flag && flag.options !== undefined ? { choices: flag.options.join('|') } : {}),
      ...('multiple' in flag && flag.multiple ? { multiple: true } : {}),
      ...(flag.default === undefined ? {} : { default: flag.default }),
    })),
  };
}
