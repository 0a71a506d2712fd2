import path from 'node:path';
import { CampaignService } from '../areas/invitations/campaign.service.js';
import { InvitationPlanner } from '../areas/invitations/planner.js';
import { InvitationSender } from '../areas/invitations/sending.service.js';
import type { Database } from '../db/database.js';
import type { Sealer } from '../db/sealing.js';
import { systemClock } from '../kernel/clock.js';
import { dayOf } from '../kernel/days.js';
import type { Door } from '../read/door.js';
import { LetterFolder } from '../sending/letters.js';
import { OUTBOX_POLICY, Outbox } from '../sending/outbox.js';
import { outboxSenders } from '../sending/senders.js';

export const OUTBOX_PATH = '/outbox';

/** Where a demonstration's messages and letters stay. */
export const demoOutbox = (dataDir: string): { outbox: Outbox; letters: LetterFolder } => ({
  outbox: new Outbox(path.join(dataDir, 'outbox')),
  letters: new LetterFolder({
    folder: path.join(dataDir, 'letters'),
    sender: ['Caisse d’assurance maladie', 'Démonstration'],
  }),
});

/** The page that shows them. */
export const outboxDoor = (outbox: Outbox): Door => ({
  answer: async ({ method, path: asked }) => {
    if (asked !== OUTBOX_PATH || method !== 'GET') return undefined;
    const headers = { 'Content-Security-Policy': OUTBOX_POLICY, 'Referrer-Policy': 'no-referrer' };
    return { status: 200, type: 'text/html; charset=utf-8', body: await outbox.page(), headers };
  },
});

/** A campaign in small, of a phase without invitation and one with: planned by rule, and sent to the outbox. */
export async function demoInvitations(database: Database, sealer: Sealer, dataDir: string): Promise<void> {
  const parts = { database, clock: systemClock };
  const campaign = new CampaignService(parts);
  const startsOn = '2021-01-04';
  const common = { startsOn, endsOn: null, everyone: false };
  await campaign.declarePhases(
    [
      { ...common, code: 'P1', criteriaCodes: ['EHP01'], channels: [], withoutInvitation: true },
      { ...common, code: 'P2', criteriaCodes: ['N01'], channels: ['EMAIL', 'SMS', 'LETTER'], withoutInvitation: false },
    ],
    'démonstration',
  );
  await campaign.declareCapacities(
    {
      channels: (['EMAIL', 'SMS', 'LETTER'] as const).map((channel) => ({ channel, startsOn, perDay: 1000 })),
      departments: ['75', '69', '13', '2A'].map((department) => ({ department, startsOn, perDay: 100 })),
    },
    'démonstration',
  );
  const from = dayOf(systemClock.now());
  await new InvitationPlanner(parts).plan({ from, days: 1, portals: [], commit: true });
  const { outbox, letters } = demoOutbox(dataDir);
  await new InvitationSender({ ...parts, sealer, senders: outboxSenders(outbox, letters) }).run();
}
