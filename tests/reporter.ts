import { writeFileSync } from 'node:fs';

interface SuiteResult {
  testResults: readonly { readonly fullName: string; readonly status: string }[];
  numFailingTests: number;
  testExecError?: unknown;
  failureMessage?: string | null;
}

interface RunResult {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: SuiteResult[];
}

/** CI counts by the last line of output; jest's own summary is not one it knows. */
export default class CountingReporter {
  private failure: Error | undefined;

  onRunComplete(_contexts: unknown, run: RunResult): void {
    const failed = run.numFailedTests + run.testResults.filter(failedOutsideItsTests).length;
    const skipped = run.numPendingTests + run.numTodoTests;
    if (run.numPassedTests + failed === 0) this.failure = new Error('no test ran');
    else if (failed > 0) this.failure = new Error(`${failed} failed`);
    for (const title of run.testResults.flatMap(skippedTitles)) process.stderr.write(`${title}\n`);
    say(`${run.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  }

  /** jest ends non-zero when a reporter has an error. */
  getLastError(): Error | undefined {
    return this.failure;
  }
}

/** jest's own summary comes after every reporter: whoever started jest prints our line when all is said. */
function say(line: string): void {
  if (process.env.LANCETTE_TALLY) writeFileSync(process.env.LANCETTE_TALLY, line);
  else process.stdout.write(line);
}

/** Each says why: see `builders/where-present.ts`. */
const skippedTitles = ({ testResults }: SuiteResult): string[] =>
  testResults.filter(({ status }) => status === 'pending' || status === 'todo').map(({ fullName }) => fullName);

/** A file that does not load, or whose teardown throws, has no failing test to its name. */
function failedOutsideItsTests(suite: SuiteResult): boolean {
  return suite.numFailingTests === 0 && Boolean(suite.testExecError ?? suite.failureMessage);
}
