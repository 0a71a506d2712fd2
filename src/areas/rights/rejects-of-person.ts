import { roleOf } from '../../access/grants.js';
import type { Database } from '../../db/database.js';
import type { Sealer } from '../../db/sealing.js';
import { rejectContext, rejectStatements } from '../targeting/reject-rows.js';

/** The person as a line of a file would show her. */
export interface Described {
  readonly nir: string;
  readonly birthName: string;
  readonly birthDate: string;
}

const PAGE = 1000;
const NIL = '00000000-0000-0000-0000-000000000000';
/** A NIR without its key: the key may be what the line was rejected for. */
const NIR_BODY = 13;

/**
 * Lines set aside may be about a person whom the register knows: they are sealed, so each must be opened to know. A line is
 * hers when it bears her NIR, however it is written, or her birth name and birth date.
 */
export class RejectsOfPerson {
  constructor(
    private readonly database: Database,
    private readonly sealer: Sealer,
  ) {}

  /** What cannot be opened any more tells of nobody: it must not stand in the way of everybody's right. */
  private open({ importId, line, sealedLine }: SealedReject): string {
    try {
      return this.sealer.open(sealedLine, rejectContext(importId, line));
    } catch {
      return '';
    }
  }

  /** @returns how many lines were deleted */
  async delete(person: Described): Promise<number> {
    const pool = this.database.pool(roleOf('intake'));
    const { deleteRejects, pageOfRejects } = rejectStatements(this.database.mapping);
    let deleted = 0;
    for (let importId = NIL, line = 0; ; ) {
      const { rows } = await pool.query<SealedReject>(pageOfRejects, [importId, line, PAGE]);
      for (const row of rows) {
        if (!isAbout(person, this.open(row))) continue;
        deleted += (await pool.query(deleteRejects, [row.importId, [row.line]])).rowCount ?? 0;
      }
      const last = rows.at(-1);
      if (!last || rows.length < PAGE) return deleted;
      [importId, line] = [last.importId, last.line];
    }
  }
}

interface SealedReject {
  readonly importId: string;
  readonly line: number;
  readonly sealedLine: string;
}

function isAbout({ nir, birthName, birthDate }: Described, text: string): boolean {
  const plain = folded(text);
  return plain.includes(nir.slice(0, NIR_BODY)) || (text.includes(birthDate) && plain.includes(folded(birthName)));
}

const folded = (text: string): string =>
  text
    .normalize('NFKD')
    .toUpperCase()
    .replace(/[^A-Z0-9;]/g, '');
