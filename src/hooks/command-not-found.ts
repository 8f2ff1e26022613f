import type { Hook } from '@oclif/core';
import { exitCodes } from '../exit-codes.js';
import { suggestName } from '../suggest.js';

/** A typo is a usage error with the nearest name, and never a question: scripts have nobody to answer it. */
const hook: Hook<'command_not_found'> = async function commandNotFound({ id, config }) {
  const names = config.commandIDs.filter((name) => !name.includes(':'));
  // The hook's type of error() knows no suggestions, its code does.
  // oclif takes every word up to the first flag for a part of the name, and joins them by colons.
  const [word = id] = id.split(':');
  const options = { exit: exitCodes.usage, suggestions: suggestName(word, names) };
  this.error(`there is no command "${word}"`, options);
};

export default hook;
