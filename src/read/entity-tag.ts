import { createHash } from 'node:crypto';

/** A strong tag of what is answered (RFC 9110 §8.8.3). @param made the bytes, or a text that changes when they do */
export const tagOf = (made: string | Buffer): string => `"${createHash('sha256').update(made).digest('base64url')}"`;

/** Whether the caller holds this very answer; weak comparison, for a proxy may have marked the tag (RFC 9110 §13.1.2). */
export const isKnown = (given: string | string[] | undefined, tag: string): boolean =>
  String(given ?? '')
    .split(',')
    .some((one) => one.trim().replace(/^W\//, '') === tag || one.trim() === '*');
