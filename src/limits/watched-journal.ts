import type { Disclosure, MisuseDetector } from './misuse.js';

/** What is needed of a journal to watch it. */
interface Written<Entry> {
  write(entries: readonly Entry[]): Promise<void>;
}

/** The journal, with the detector looking on: what crosses a limit leaves only once its caller is suspended. */
export const watched = <Entry extends Disclosure>(
  journal: Written<Entry>,
  detector: MisuseDetector,
): Written<Entry> => ({
  write: async (entries) => {
    await Promise.all([journal.write(entries), detector.observe(entries)]);
  },
});
