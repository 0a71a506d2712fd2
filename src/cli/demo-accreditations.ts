import { Accreditation } from '../areas/accreditations/accreditation.js';
import { AccreditationService, type NewAccreditation } from '../areas/accreditations/accreditation.service.js';
import type { Database } from '../db/database.js';
import type { Clock } from '../kernel/clock.js';
import { addDays, dayOf } from '../kernel/days.js';

/** The agents of the demonstration's insurance, by what each may do and for which body. */
const AGENTS: readonly Omit<NewAccreditation, 'until'>[] = [
  {
    subject: 'AGENT-0001',
    agentName: 'CLAIRE VIDAL',
    recipient: 'AGENT_AM',
    bodyKey: '01751',
    accreditedBy: 'Directeur',
  },
  {
    subject: 'AGENT-0002',
    agentName: 'MARC OLIVIER',
    recipient: 'AGENT_ATTESTATION',
    bodyKey: '01691',
    accreditedBy: 'Directeur',
  },
];
const DAYS = 300;

/** Accredits the demonstration's agents, once: what an operator revokes or lets expire stays so. */
export async function seedDemoAccreditations(database: Database, clock: Clock): Promise<void> {
  const service = new AccreditationService(database, clock);
  const until = addDays(dayOf(clock.now()), DAYS);
  const known = await database.owner.getRepository(Accreditation).find({ select: { subject: true } });
  for (const agent of AGENTS.filter(({ subject }) => !known.some((one) => one.subject === subject)))
    await service.grant({ ...agent, until });
}
