import { SingleBar } from 'cli-progress';
import type { CommandContext } from './context.js';

interface Display<P> {
  show(progress: P): void;
  end(): void;
}

/** How a command tells where it is. */
interface Shown<P> {
  /** Share that is done, from 0 to 1. */
  readonly share: (progress: P) => number;
  /** What was counted, beside the share. */
  readonly counts: (progress: P) => string;
}

/** A bar on a terminal; in a pipe one plain line for each per cent at most, so that a log stays readable. */
export const displayOf = <P>(context: CommandContext, shown: Shown<P>): Display<P> =>
  context.isTerminal ? bar(shown) : plain(context, shown);

function bar<P>({ share, counts }: Shown<P>): Display<P> {
  const single = new SingleBar({
    format: '{bar} {percentage} % · {counts} · {duration_formatted}',
    stream: process.stderr,
    hideCursor: true,
  });
  let started = false;
  return {
    show: (progress) => {
      if (!started) single.start(1, 0, { counts: '' });
      started = true;
      single.update(share(progress), { counts: counts(progress) });
    },
    end: () => single.stop(),
  };
}

function plain<P>({ tell }: CommandContext, { share, counts }: Shown<P>): Display<P> {
  let told = -1;
  return {
    show: (progress) => {
      const percent = Math.floor(100 * share(progress));
      if (percent !== told) tell(`${percent} % · ${counts(progress)}`);
      told = percent;
    },
    end: () => undefined,
  };
}
