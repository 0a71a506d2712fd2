import { Register1700000000001 } from './1-register.js';
import { Functions1700000000002 } from './2-functions.js';
import { Limits1700000000003 } from './3-limits.js';
import { Accreditations1700000000004 } from './4-accreditations.js';
import { Callers1700000000005 } from './5-callers.js';
import { Establishments1700000000006 } from './6-establishments.js';
import { Perimeters1700000000007 } from './7-perimeters.js';
import { Targeting1700000000008 } from './8-targeting.js';
import { Invitations1700000000009 } from './9-invitations.js';
import { Pathway1700000000010 } from './10-pathway.js';
import { Certificates1700000000011 } from './11-certificates.js';
import { Corrections1700000000012 } from './12-corrections.js';
import { Steering1700000000013 } from './13-steering.js';
import { Acts1700000000015 } from './15-acts.js';
import { PlainTexts1700000000016 } from './16-plain-texts.js';
import { Marks1700000000017 } from './17-marks.js';

/** In the order in which they apply. */
export const MIGRATIONS = [
  Register1700000000001,
  Functions1700000000002,
  Limits1700000000003,
  Accreditations1700000000004,
  Callers1700000000005,
  Establishments1700000000006,
  Perimeters1700000000007,
  Targeting1700000000008,
  Invitations1700000000009,
  Pathway1700000000010,
  Certificates1700000000011,
  Corrections1700000000012,
  Steering1700000000013,
  Acts1700000000015,
  PlainTexts1700000000016,
  Marks1700000000017,
];
