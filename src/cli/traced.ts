import { randomUUID } from 'node:crypto';
import { roleOf } from '../access/grants.js';
import { GroupCommitJournal } from '../areas/traces/group-commit-journal.js';
import { operator } from '../areas/traces/operator.js';
import type { Citation } from '../law/texts.js';
import type { Session } from './session.js';

/** An act of an operator: it changes who may call, or as whom, or what is published. */
export interface OperatorAct<T> {
  readonly operation: string;
  readonly article: Citation;
  /** What it was done to: the identifier of a client, an establishment, a certificate, an accreditation or a publication, or how many lines; never a name. */
  readonly on: string | ((result: T) => string);
}

/**
 * Does what an operator asks, and tells it to the journal (AIPD M1.12): by whom, the account of the system that runs the
 * command, and on what. A command whose trace could not be kept fails, although its act was done.
 */
export async function traced<T>(
  { database }: Pick<Session, 'database'>,
  { operation, article, on }: OperatorAct<T>,
  act: () => Promise<T>,
): Promise<T> {
  const result = await act();
  await new GroupCommitJournal(database.pool(roleOf('journal'))).write([
    {
      requestId: randomUUID(),
      recipient: 'OPERATEUR',
      actor: operator(),
      operation: `${operation} ${typeof on === 'string' ? on : on(result)}`,
      categories: [],
      outcome: 'RECORDED',
      article,
      records: [],
    },
  ]);
  return result;
}
