import { Args } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { exitCodes } from '../exit-codes.js';
import { consoleScenario, consoleScenarioList } from '../report/console-scenarios.js';
import type { Document } from '../report/json.js';
import { explainScenario, listScenarios } from '../services/scenarios.js';

export default class Scenarios extends BaseCommand {
  static override summary = 'List the scenarios, or explain one.';
  static override description =
    'A scenario reproduces one class of hang or race: its sources, parameters, variants and what each variant shows. ' +
    'Some run on real runtimes, some in the model, some on a device, some in several of them.';
  static override examples = [
    { description: 'List all scenarios', command: '<%= config.bin %> scenarios' },
    { description: 'Explain one', command: '<%= config.bin %> scenarios gil-hostfunc' },
    { description: 'The same for a program', command: '<%= config.bin %> scenarios gil-hostfunc --json' },
  ];
  static override args = {
    id: Args.string({ description: 'The scenario to explain.', ignoreStdin: true }),
  };

  async run(): Promise<Document> {
    const { args } = await this.parse(Scenarios);
    if (args.id === undefined) {
      const { warnings, ...lists } = await listScenarios();
      const text = () => consoleScenarioList({ ...lists, warnings }, this.style());
      return this.finish({ exitCode: exitCodes.clean, result: lists, warnings, text });
    }
    const scenario = await explainScenario(args.id);
    const result = scenario.real ?? scenario.model ?? scenario.device ?? {};
    const text = () => consoleScenario(scenario, this.style());
    return this.finish({ exitCode: exitCodes.clean, result, warnings: [], text });
  }
}
