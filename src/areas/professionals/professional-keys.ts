import type { Pool } from 'pg';
import type { ProfessionalIdentity } from '../../access/principal.js';
import { pipeline, statement } from '../../db/pipeline.js';

const KEY = statement('select lancette.professional_key($1, $2, $3, $4, $5, $6, $7, $8, $9)');

/** How many keys are remembered: a saving, not a register. */
const REMEMBERED = 10_000;

/** The technical keys of professionals, whom a recording refers to. */
export class ProfessionalKeys {
  private readonly known = new Map<string, string>();

  /** The key of a professional who proved who he is; his identity is brought up to date. */
  async of(pool: Pool, professional: ProfessionalIdentity): Promise<string> {
    const identity = JSON.stringify(professional);
    const known = this.known.get(identity);
    if (known) return known;
    const key = await keyOf(pool, professional);
    if (this.known.size >= REMEMBERED) this.known.clear();
    this.known.set(identity, key);
    return key;
  }
}

async function keyOf(pool: Pool, who: ProfessionalIdentity): Promise<string> {
  const identity = [
    who.rpps,
    who.amNumber,
    who.familyName,
    who.firstName,
    who.category,
    who.phone,
    who.email,
    who.structureFiness,
  ];
  const values = [...identity.map((value) => value ?? null), 'false'];
  const [rows] = await pipeline(pool, [{ statement: KEY, values }]);
  return rows?.[0]?.[0] ?? '';
}
