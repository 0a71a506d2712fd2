import { Register1700000000001 } from './1-register.js';
import { Functions1700000000002 } from './2-functions.js';
import { Establishments1700000000006 } from './6-establishments.js';

/** In the order in which they apply. */
export const MIGRATIONS = [Register1700000000001, Functions1700000000002, Establishments1700000000006];
