import type { Principal } from '../../src/access/principal.js';
import { AccreditationService, type NewAccreditation } from '../../src/areas/accreditations/accreditation.service.js';
import { DelegationService } from '../../src/areas/accreditations/delegation.service.js';
import { runProgram } from '../../src/cli/program.js';
import { systemClock } from '../../src/kernel/clock.js';
import type { AccreditedRecipient } from '../../src/law/accreditation.js';
import { asOwner } from './a-patient.js';
import { as, type Register } from './a-register.js';

/** The services, at an instant of the test's own choice; PostgreSQL keeps its own time. */
export const accreditationsAt = (register: Register, at?: Date): AccreditationService =>
  new AccreditationService(register.database, at ? { now: () => at } : systemClock);
export const delegationsOf = (register: Register): DelegationService =>
  new DelegationService(register.database, systemClock);

let agents = 0;

/** What an agent is accredited with, each time another agent. */
export function anAgent(given: Partial<NewAccreditation> = {}): NewAccreditation {
  agents += 1;
  return {
    subject: `agent-${agents}`,
    agentName: `AGENT ${agents}`,
    recipient: 'AGENT_AM',
    bodyKey: '01751',
    accreditedBy: 'Directrice de la caisse',
    until: dayAfter(300),
    ...given,
  };
}

/** So many days from now, as a day of the calendar. */
export const dayAfter = (days: number, from = new Date()): string =>
  new Date(from.getTime() + days * 86_400_000).toISOString().slice(0, 10);

/** The day that it is in Paris, and those around it. */
export async function parisDay(register: Register, offset = 0): Promise<string> {
  const [row] = await asOwner<{ day: string }>(
    register,
    `select to_char((now() at time zone 'Europe/Paris')::date + $1::int, 'YYYY-MM-DD') as day`,
    [offset],
  );
  return row?.day ?? '';
}

/** An agent as a caller whose token carries an accreditation just granted. */
export async function anAccreditedAgent(
  register: Register,
  given: Partial<NewAccreditation> = {},
): Promise<Principal & { readonly accreditation: string }> {
  const wanted = anAgent(given);
  const accreditation = await accreditationsAt(register).grant(wanted);
  return { ...as(wanted.recipient as AccreditedRecipient, { subject: wanted.subject }), accreditation };
}

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line of the operator on this register. */
export async function commandOn(register: Register, ...args: string[]): Promise<Ran> {
  const { database, registrar, sealer, config } = register;
  const out: string[] = [];
  const told: string[] = [];
  const exitCode = await runProgram(args, {
    language: 'fr',
    openDatabase: async () => ({
      ...{ database, registrar, sealer, config, clock: systemClock },
      close: async () => undefined,
    }),
    print: (line) => out.push(line),
    tell: (line) => told.push(line),
    isTerminal: false,
  });
  return { exitCode, stdout: out.join('\n'), stderr: told.join('\n') };
}
