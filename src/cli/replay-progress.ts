import { SingleBar } from 'cli-progress';
import type { ReplayProgress } from '../areas/replay/replay.service.js';
import type { CommandContext } from './context.js';

export interface ReplayDisplay {
  show(progress: ReplayProgress): void;
  end(): void;
}

const WORDS = { fr: { persons: 'personnes' }, en: { persons: 'persons' } } as const;

/** A bar on a terminal; in a pipe one plain line for each per cent at most. */
export function replayDisplayOf({ isTerminal, language, tell }: CommandContext): ReplayDisplay {
  const { persons } = WORDS[language];
  if (isTerminal) {
    const bar = new SingleBar({
      format: `{bar} {percentage} % · {value} ${persons} · {dosesDone} doses · {duration_formatted}`,
      stream: process.stderr,
      hideCursor: true,
    });
    let started = false;
    return {
      show: ({ personsDone, personsTotal, dosesDone }) => {
        if (!started) bar.start(personsTotal, 0, { dosesDone });
        started = true;
        bar.update(personsDone, { dosesDone });
      },
      end: () => bar.stop(),
    };
  }
  let told = -1;
  return {
    show: ({ personsDone, personsTotal, dosesDone }) => {
      const percent = Math.floor((100 * personsDone) / personsTotal);
      if (percent !== told) tell(`${percent} % · ${personsDone} ${persons} · ${dosesDone} doses`);
      told = percent;
    },
    end: () => undefined,
  };
}
