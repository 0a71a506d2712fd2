import { Register1700000000001 } from './1-register.js';
import { Functions1700000000002 } from './2-functions.js';
import { Callers1700000000005 } from './5-callers.js';

/** In the order in which they apply. */
export const MIGRATIONS = [Register1700000000001, Functions1700000000002, Callers1700000000005];
