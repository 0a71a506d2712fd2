import type { Pool } from 'pg';
import type { TableId } from '../../law/indicators.js';

export interface Figure {
  readonly day: string;
  readonly k1: string;
  readonly k2: string;
  readonly value: number;
}

/** What the register counts of a campaign: the figures of the steering copy, as the last fold left them. */
export class CampaignCounts {
  /** @param pool of the owner */
  constructor(private readonly pool: Pool) {}

  /** The cells of a declared table between two days, both included; none with a count of 0. */
  async of(table: TableId, from: string, to: string): Promise<Figure[]> {
    const { rows } = await this.pool.query<Figure>(
      `select day::text, k1, k2, value::float8 as value from steering.figure
        where table_id = $1 and day between $2 and $3 order by day, k1, k2`,
      [table, from, to],
    );
    return rows;
  }
}
