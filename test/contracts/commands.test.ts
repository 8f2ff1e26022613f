import { Parser } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { modelScenarios } from '../../src/model/catalogue.js';
import { loadScenario } from '../../src/scenario/registry.js';
import { contractOf, flagsOf, loadCommands } from './commands.js';

const commands = await loadCommands();
const inModel = new Set((await modelScenarios()).map((scenario) => scenario.id));

describe('the command line', () => {
  it('is what it was: change command-snapshot.json only together with the changelog', async () => {
    const snapshot = `${JSON.stringify(commands.map(contractOf), undefined, 2)}\n`;
    await expect(snapshot).toMatchFileSnapshot('command-snapshot.json');
  });
});

describe.each(commands)('$id', ({ id, command }) => {
  it('has a summary, a description and examples', () => {
    expect(command.summary).toMatch(/\.$/);
    expect(command.description).toBeTruthy();
    expect(command.examples?.length).toBeGreaterThan(0);
  });

  it('prints JSON', () => {
    expect(command.enableJsonFlag).toBe(true);
  });

  it('has for every flag a summary and an environment twin named after it', () => {
    for (const [name, flag] of Object.entries(flagsOf(command))) {
      expect(flag.env, name).toBe(`KVTOOL_${name.toUpperCase().replaceAll('-', '_')}`);
      expect(flag.summary, name).toMatch(/\.$/);
    }
  });

  it('groups its flags by theme when there are many', () => {
    const flags = Object.entries(command.flags ?? {});
    if (flags.length <= 5) return;
    for (const [name, flag] of flags) expect(flag.helpGroup, name).toBeTruthy();
  });

  it('has examples that it understands', async () => {
    for (const example of command.examples ?? []) {
      const line = typeof example === 'string' ? example : example.command;
      const words = line.replaceAll('<%= config.bin %>', 'kvtool').match(/'[^']*'|\S+/g) ?? [];
      const own = ['kvtool', ...id.split(' ')];
      expect(words.slice(0, own.length)).toEqual(own);
      const argv = words.slice(own.length).map((word) => word.replaceAll("'", ''));
      const { args, nonExistentFlags } = await Parser.parse(argv, {
        args: command.args,
        flags: flagsOf(command),
      });
      expect(nonExistentFlags).toEqual([]);
      for (const scenario of [args.scenario, args.id].flat()) {
        if (typeof scenario !== 'string') continue;
        if (inModel.has(scenario)) continue;
        await expect(loadScenario(scenario)).resolves.toMatchObject({ id: scenario });
      }
    }
  });
});
