import type { Hook } from '@oclif/core';
import { exitCodes } from '../exit-codes.js';
import { suggestName } from '../suggest.js';

/** A typo is a usage error with the nearest name, and never a question: scripts have nobody to answer it. */
const hook: Hook<'command_not_found'> = async function commandNotFound({ id, config }) {
  const names = config.commandIDs.filter((name) => !name.includes(':'));
  // The hook's type of error() knows no suggestions, its code does.
  const options = { exit: exitCodes.usage, suggestions: suggestName(id, names) };
  this.error(`there is no command "${id}"`, options);
};

export default hook;
