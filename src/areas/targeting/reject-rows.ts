import { type Mapping, typeMapOf } from '../../db/mapping.js';
import type { Sealer } from '../../db/sealing.js';
import type { RejectedLine } from './batch.js';

/** What a stored line is bound to: its import and its number. */
export const rejectContext = (importId: string, line: number): string => `TargetingReject|${importId}|${line}`;

/** Rejects as rows; a line has one reject at most, the latest. */
export function rejectStatements(mapping: Mapping) {
  const { table, columns } = typeMapOf(mapping, 'TargetingReject');
  const [importId, line, column, code, sealedLine, setAsideAt] = [
    'importId',
    'line',
    'column',
    'code',
    'sealedLine',
    'setAsideAt',
  ].map((property) => `"${columns.get(property)?.name}"`);
  return {
    insertRejects: `insert into ${table} (${importId}, ${line}, ${column}, ${code}, ${sealedLine})
      select $1, * from unnest($2::int[], $3::text[], $4::text[], $5::text[])`,
    deleteRejects: `delete from ${table} where ${importId} = $1 and ${line} = any ($2::int[]) returning ${code} as code`,
    deleteImport: `delete from ${table} where ${importId} = $1`,
    /** $1: for how long a line is kept (ISO 8601), $2: until when. */
    deleteExpired: `delete from ${table} where ${setAsideAt} <= $2::timestamptz - $1::interval`,
    countExpired: `select count(*)::int as expired from ${table} where ${setAsideAt} <= $2::timestamptz - $1::interval`,
    listRejects: `select ${importId} as "importId", ${line} as line, ${column} as "column", ${code} as code from ${table}
      where ($1::uuid is null or ${importId} = $1) and (${importId}, ${line}) > ($2, $3) order by ${importId}, ${line} limit $4`,
    pageOfRejects: `select ${importId} as "importId", ${line} as line, ${sealedLine} as "sealedLine" from ${table}
      where (${importId}, ${line}) > ($1::uuid, $2::int) order by ${importId}, ${line} limit $3`,
    openRejects: `select ${line} as line from ${table} where ${importId} = $1 and ${line} = any ($2::int[])`,
    readRejects: `select ${line} as line, ${sealedLine} as "sealedLine" from ${table}
      where ${importId} = $1 and ${line} > $2 order by ${line} limit $3`,
  };
}

/** Parameters of `insertRejects`. The line itself is kept for rework, sealed (AIPD, ciblage, c; M1.52). */
export const sealedRejects = (sealer: Sealer, importId: string, rejects: readonly RejectedLine[]): unknown[] => [
  importId,
  rejects.map(({ line }) => line),
  rejects.map(({ column }) => column),
  rejects.map(({ code }) => code),
  rejects.map(({ line, text }) => sealer.seal(text, rejectContext(importId, line))),
];
