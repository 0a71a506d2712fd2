import 'reflect-metadata';
import { CampaignService } from '../../../src/areas/invitations/campaign.service.js';
import type { PhaseDeclaration } from '../../../src/areas/invitations/campaign-file.js';
import { InvitationPlanner } from '../../../src/areas/invitations/planner.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { connect } from '../world.js';
import { givenFacts } from './serve.js';

/** One planning run in a process of its own, so that its memory can be told: how long it took, and the most it ever held. */
const [, , persons = '0', departments = ''] = process.argv;
const database = await connect(givenFacts());
const parts = { database, clock: systemClock };
const startsOn = '2021-01-04';
const campaign = new CampaignService(parts);
await campaign.declarePhases(
  ['P1', 'P2', 'P3'].map(
    (code): PhaseDeclaration => ({
      ...{ code, startsOn, endsOn: null, criteriaCodes: [`C${code}`], everyone: false, withoutInvitation: false },
      channels: ['EMAIL', 'SMS', 'LETTER'],
    }),
  ),
  'bench',
);
await campaign.declareCapacities(
  {
    channels: (['EMAIL', 'SMS', 'LETTER'] as const).map((channel) => ({ channel, startsOn, perDay: Number(persons) })),
    departments: departments.split(',').map((department) => ({ department, startsOn, perDay: Number(persons) })),
  },
  'bench',
);
const began = performance.now();
const { planned } = await new InvitationPlanner(parts).plan({ from: startsOn, days: 14, portals: [], commit: true });
const seconds = (performance.now() - began) / 1000;
await database.close();
process.send?.({ seconds, planned, megabytes: process.resourceUsage().maxRSS / 1024 });
process.disconnect?.();
