import { InvalidArgumentError } from 'commander';
import { recipientOfScope } from '../law/machines.js';
import type { Recipient } from '../law/recipients.js';

/** A recipient named on the command line by its scope, in whatever case, with dashes or underscores. */
export function recipientNamed(text: string): Recipient {
  const found = recipientOfScope(text.toLowerCase().replaceAll('_', '-'));
  if (!found) throw new InvalidArgumentError('');
  return found;
}
