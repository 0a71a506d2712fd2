import { InvalidArgumentError } from 'commander';
import { isDay } from '../kernel/days.js';

/** A day that the calendar has; anything else is a mistake of use, told before a register is opened. */
export function day(text: string): string {
  if (!isDay(text)) throw new InvalidArgumentError('YYYY-MM-DD');
  return text;
}
