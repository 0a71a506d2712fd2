import path from 'node:path';
import { LetterFolder } from '../sending/letters.js';
import { Outbox } from '../sending/outbox.js';

/** Where a demonstration's messages and letters stay. */
export const demoOutbox = (dataDir: string): { outbox: Outbox; letters: LetterFolder } => ({
  outbox: new Outbox(path.join(dataDir, 'outbox')),
  letters: new LetterFolder({
    folder: path.join(dataDir, 'letters'),
    sender: ['Caisse d’assurance maladie', 'Démonstration'],
  }),
});
