import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { roleOf } from '../access/grants.js';
import { GroupCommitJournal } from '../areas/traces/group-commit-journal.js';
import type { Citation } from '../law/texts.js';
import type { Session } from './session.js';

/** An act by which an operator changes who may call, or as whom. */
interface OperatorAct<T> {
  readonly operation: string;
  readonly article: Citation;
  /** What it was done to: the identifier of a client, an establishment, a certificate or an accreditation, never a name. */
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
      actor: userInfo().username,
      operation: `${operation} ${typeof on === 'string' ? on : on(result)}`,
      categories: [],
      outcome: 'RECORDED',
      article,
      records: [],
    },
  ]);
  return result;
}
