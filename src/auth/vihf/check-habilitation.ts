import { AIR_PURPOSE } from '../../law/authentication-means.js';
import { type Claims, theValue } from './claims.js';
import { refuseUnless } from './refusal.js';

const PURPOSE_OF_USE = 'urn:oasis:names:tc:xspa:1.0:subject:purposeofuse';
export const STRUCTURE = 'Identifiant_Structure';

/** A VIHF 3.0 of this establishment, for the normal purpose. */
export function checkHabilitation(claims: Claims, finess: string): void {
  refuseUnless(theValue(claims, 'VIHF_Version').text === '3.0', 'vihf version');
  refuseUnless(theValue(claims, STRUCTURE).text === finess, 'structure');
  const purpose = theValue(claims, PURPOSE_OF_USE);
  const coded = purpose.code === AIR_PURPOSE.code && purpose.codeSystem === AIR_PURPOSE.codeSystem;
  refuseUnless(coded || purpose.text === AIR_PURPOSE.code, 'purpose of use');
}
