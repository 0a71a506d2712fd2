import pino from 'pino';

export type Log = Pick<ReturnType<typeof pino>, 'info' | 'warn' | 'error'>;

/** What a log line may hold: an allow-list, so that no value of a person can slip in (AIPD M1.103, M2.20). */
const DECLARED = [
  'event',
  'requestId',
  'recipient',
  'operation',
  'code',
  'status',
  'durationMs',
  'lines',
  'file',
  'error',
  'port',
  'step',
  'provider',
];

/** One JSON object per line on standard error. Undeclared properties are dropped, errors keep their code only. */
export function createLog(level: string): Log {
  return pino(
    {
      level,
      base: null,
      formatters: {
        log: (entry) => Object.fromEntries(Object.entries(entry).filter(([name]) => DECLARED.includes(name))),
      },
      serializers: {
        error: (error: { code?: string; name?: string }) => ({ name: error?.name, code: error?.code }),
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
