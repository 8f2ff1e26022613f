/** The document of kvtool-snapshot. */
import type { ProcessDump } from '../diagnosis/process-dump.js';

/** Undefined when it is not a dump of schema version 1. @throws SyntaxError when it is no JSON */
export function parseDump(text: string): ProcessDump | undefined {
  const value: unknown = JSON.parse(text);
  return isProcessDump(value) ? value : undefined;
}

/** Checks the outline: enough to know that this is a dump and not something else. */
function isProcessDump(value: unknown): value is ProcessDump {
  if (typeof value !== 'object' || value === null) return false;
  if (!('schemaVersion' in value) || value.schemaVersion !== 1) return false;
  if (!('pid' in value) || typeof value.pid !== 'number') return false;
  if (!('threads' in value) || !Array.isArray(value.threads)) return false;
  if (!('lockLines' in value) || !Array.isArray(value.lockLines)) return false;
  return 'lacks' in value && Array.isArray(value.lacks);
}
