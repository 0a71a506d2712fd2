import { Register1700000000001 } from './1-register.js';
import { Functions1700000000002 } from './2-functions.js';
import { Limits1700000000003 } from './3-limits.js';

/** In the order in which they apply. */
export const MIGRATIONS = [Register1700000000001, Functions1700000000002, Limits1700000000003];
