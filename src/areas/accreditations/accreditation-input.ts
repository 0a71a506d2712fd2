import { isDay } from '../../kernel/days.js';
import { LancetteError } from '../../kernel/errors.js';
import { isAccredited } from '../../law/accreditation.js';

const invalid = (field: string): LancetteError => new LancetteError('INVALID_INPUT', { field });

/** Neither a comma, which parts bodies in the perimeter, nor anything but a scheme and body code. */
const BODY = /^[0-9A-Z]{3,9}$/;
/** Something to read, on one line, and nothing that a terminal or a spreadsheet would obey. */
const NAME = /^(?=.*\p{L})[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u;
const SUBJECT = /^[\x21-\x7e]{1,128}$/;

export function requireBody(field: string, text: string): void {
  if (!BODY.test(text)) throw invalid(field);
}

export function requireName(field: string, text: string): void {
  if (!NAME.test(text)) throw invalid(field);
}

export function requireSubject(text: string): void {
  if (!SUBJECT.test(text)) throw invalid('subject');
}

export function requireRecipient(text: string): void {
  if (!isAccredited(text)) throw invalid('recipient');
}

/** A day of the calendar, `YYYY-MM-DD`. */
export function requireDay(field: string, text: string): void {
  if (!isDay(text)) throw invalid(field);
}
