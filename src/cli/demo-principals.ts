import type { Principal } from '../access/principal.js';
import { Patient } from '../areas/patients/patient.js';
import type { Database } from '../db/database.js';
import { type Recipient, recipientRule } from '../law/recipients.js';
import { DEMO_PROFESSIONAL } from './demo-campaign.js';

/** A caller of each kind for the demonstration, with the perimeter that its rows ask for. */
export async function demoPrincipal(recipient: Recipient, database: Database): Promise<Principal> {
  const base = { recipient, subject: `demo-${recipient.toLowerCase()}` };
  switch (recipientRule(recipient).rows) {
    case 'care':
    case 'attending':
      return { ...base, subject: DEMO_PROFESSIONAL.rpps, professional: DEMO_PROFESSIONAL };
    case 'ownBodies':
      return { ...base, bodies: ['01751', '01691'] };
    case 'ownRegion':
      return { ...base, region: '11' };
    case 'self':
      return { ...base, patient: await somebody(database) };
    default:
      return base;
  }
}

/** The person after the first one, who has been vaccinated. */
async function somebody(database: Database): Promise<string> {
  const [first] = await database.owner.getRepository(Patient).find({ order: { key: 'ASC' }, skip: 1, take: 1 });
  return first?.id ?? '00000000-0000-4000-8000-000000000000';
}
