import { operationRight } from '../../access/decide.js';
import { roleFor } from '../../access/grants.js';
import type { Principal } from '../../access/principal.js';
import { standingStep } from '../../access/standing.js';
import type { Database } from '../../db/database.js';
import { pipeline, statement, stepOf } from '../../db/pipeline.js';
import { LancetteError } from '../../kernel/errors.js';

const REQUEST = statement('select lancette.request_list($1)');
const IS_OPEN = statement('select lancette.list_open($1)');

/** The list of unvaccinated patients: on the physician's request, open for one month (art. 3, I, 2°). */
export class UnvaccinatedListService {
  constructor(private readonly database: Database) {}

  /** @returns the instant until which the list stays open, RFC 3339 */
  async request(principal: Principal): Promise<string> {
    const [row] = await this.run(principal, REQUEST);
    return new Date(row?.[0] ?? '').toISOString();
  }

  /** @throws LIST_NOT_REQUESTED when no request of the last month is open */
  async requireOpen(principal: Principal): Promise<void> {
    const [row] = await this.run(principal, IS_OPEN);
    if (row?.[0] !== 't') {
      const { article } = operationRight(principal.recipient, 'unvaccinatedPatients');
      throw new LancetteError('LIST_NOT_REQUESTED', { article });
    }
  }

  private async run(principal: Principal, what: typeof REQUEST) {
    const rpps = principal.professional?.rpps ?? null;
    const [rows] = await pipeline(this.database.pool(roleFor(principal)), [
      { statement: what, values: [rpps] },
      stepOf(standingStep(principal)),
    ]);
    return rows ?? [];
  }
}
