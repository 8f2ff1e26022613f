/** Traces of the model as files. */
import { writeFile } from 'node:fs/promises';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { Trace } from '../model/trace.js';
import { chromeTrace } from '../report/chrome-trace.js';
import type { VariantReport } from '../report/explore-report.js';

/** @throws Abort (exit 2) when the file cannot be written */
export async function writeTrace(
  trace: Trace,
  { scenario, variant, model }: { scenario: string; variant: string; model: string },
  file: string,
): Promise<void> {
  try {
    await writeFile(file, chromeTrace(trace, `${scenario} ${variant} (${model})`));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Abort(`cannot write ${file}: ${why}`, exitCodes.usage, [
      'choose a file in a folder that exists',
    ]);
  }
}

/** Of the first variant that failed. @throws Abort (exit 2) when none failed */
export async function writeFirstTrace(variants: readonly VariantReport[], file: string): Promise<void> {
  const failing = variants.find((variant) => variant.failure !== undefined);
  if (failing?.failure === undefined) {
    throw new Abort('--perfetto has nothing to write: no variant failed', exitCodes.usage, [
      'name a variant that fails: --variant buggy',
    ]);
  }
  await writeTrace(failing.failure.trace, failing, file);
}
