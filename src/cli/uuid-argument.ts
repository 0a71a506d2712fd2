import { InvalidArgumentError } from 'commander';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** An identifier given on the command line; anything else is bad usage, not an error of the database. */
export function uuid(text: string): string {
  if (!UUID.test(text)) throw new InvalidArgumentError('UUID');
  return text.toLowerCase();
}
