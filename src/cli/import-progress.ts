import { SingleBar } from 'cli-progress';
import type { Progress } from '../areas/targeting/import.service.js';
import type { CommandContext } from './context.js';

export interface Display {
  show(progress: Progress): void;
  end(): void;
}

const WORDS = {
  fr: { lines: 'lignes', rejected: 'rejetées' },
  en: { lines: 'lines', rejected: 'rejected' },
} as const;

/** A bar on a terminal; in a pipe one plain line for each per cent at most, so that a log stays readable. */
export const displayOf = (context: CommandContext): Display => (context.isTerminal ? bar(context) : plain(context));

function bar({ language }: CommandContext): Display {
  const { lines, rejected } = WORDS[language];
  const single = new SingleBar({
    format: `{bar} {percentage} % · {linesRead} ${lines} · {linesRejected} ${rejected} · {duration_formatted}`,
    stream: process.stderr,
    hideCursor: true,
  });
  let started = false;
  return {
    show: ({ bytesDone, bytesTotal, linesRead, linesRejected }) => {
      if (!started) single.start(bytesTotal, 0, { linesRead, linesRejected });
      started = true;
      single.update(bytesDone, { linesRead, linesRejected });
    },
    end: () => single.stop(),
  };
}

function plain({ language, tell }: CommandContext): Display {
  const { lines, rejected } = WORDS[language];
  let told = -1;
  return {
    show: ({ bytesDone, bytesTotal, linesRead, linesRejected }) => {
      const percent = Math.floor((100 * bytesDone) / bytesTotal);
      if (percent === told) return;
      told = percent;
      tell(`${percent} % · ${linesRead} ${lines} · ${linesRejected} ${rejected}`);
    },
    end: () => undefined,
  };
}
