import type { Pool } from 'pg';
import { pipeline, statement } from '../../db/pipeline.js';
import { signJws } from '../../signing/jws.js';
import type { Keys } from '../../signing/keyring.js';

export const REVOCATION_TYPE = 'lancette-revocations+jwt';

/** What is signed: lines after a number, in order; a verifier that keeps them all asks for what came since. */
export interface RevocationPart {
  readonly iss: 'lancette';
  /** Seconds: when this part was made, and when to ask again at the latest. */
  readonly iat: number;
  readonly exp: number;
  /** This part has every line with `after` < number ≤ `last`. */
  readonly after: number;
  readonly last: number;
  /** There is more: ask again after `last`. */
  readonly more: boolean;
  /** Sixteen bytes each, base64url. */
  readonly entries: readonly string[];
}

/** Lines of one part: some 44 kB. */
const PART = 1000;
/** How long a verifier may rest on a part, in seconds. */
const FRESH = 24 * 3600;

const AFTER = statement(`select number, encode(entry, 'base64') from revocation
  where number > $1::bigint and (expires_at is null or expires_at > $2::timestamptz) order by number limit ${PART + 1}`);
const HAS = statement('select 1 from revocation where entry = $1');

/** The published list, read by a role that sees nothing else. */
export class RevocationList {
  /** @param pool of the role `revocations` */
  constructor(
    private readonly pool: Pool,
    private readonly keys: Keys,
  ) {}

  /** A part of the list as a compact JWS. @throws UNAVAILABLE without a key for lists */
  async signed(after: number, now: Date): Promise<string> {
    const key = this.keys.current('lists', now);
    const [rows = []] = await pipeline(this.pool, [{ statement: AFTER, values: [String(after), now.toISOString()] }]);
    const shown = rows.slice(0, PART);
    const iat = Math.floor(now.getTime() / 1000);
    const part: RevocationPart = {
      iss: 'lancette',
      iat,
      exp: iat + FRESH,
      after,
      last: Number(shown.at(-1)?.[0] ?? after),
      more: rows.length > PART,
      entries: shown.map(([, entry]) => Buffer.from(entry ?? '', 'base64').toString('base64url')),
    };
    return signJws(key, REVOCATION_TYPE, part);
  }

  async has(entry: Buffer): Promise<boolean> {
    const [rows] = await pipeline(this.pool, [{ statement: HAS, values: [entry] }]);
    return (rows ?? []).length > 0;
  }
}
