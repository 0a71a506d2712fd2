import type { Language } from '../kernel/errors.js';
import type { Session } from './session.js';

/** What a command may use: given by the program, and by a test in its place. */
export interface CommandContext {
  readonly language: Language;
  openDatabase(): Promise<Session>;
  /** Standard output: results. */
  print(line: string): void;
  /** Standard error: progress and what went wrong. */
  tell(line: string): void;
  readonly isTerminal: boolean;
}

/** Runs a command's work on an open register, which is closed whatever happens. */
export async function withSession<T>(
  { openDatabase }: CommandContext,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openDatabase();
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** French by default; English where the environment says so (POSIX: LC_ALL before LC_MESSAGES before LANG). */
export const languageOfEnvironment = ({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): Language =>
  /^en\b|^en_/i.test(LC_ALL || LC_MESSAGES || LANG || '') ? 'en' : 'fr';
