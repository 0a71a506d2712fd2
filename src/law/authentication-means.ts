import type { Recipient } from './recipients.js';
import type { Citation } from './texts.js';

/** Prefix of the authentication context classes of SAML 2.0 (OASIS saml-authn-context-2.0-os). */
export const CONTEXT_CLASS = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';

interface AuthenticationMeans {
  readonly number: number;
  /** Last part of `AuthnContextClassRef`. */
  readonly contextClass: string;
  /** `AuthnContextDecl`. */
  readonly declaration: string;
  readonly label: string;
  readonly source: Citation;
}

/**
 * The primary authentications that an establishment may declare. Only the pair says which one was used: 1 and 2, 4 and
 * 5 share a class, and the class of 6 is that of a single factor, which the convention forbids (art. 3.4.2).
 */
export const AUTHENTICATION_MEANS = [
  { number: 1, contextClass: 'SmartCardPKI',             declaration: 'CPS',                label: 'Lecture de la CPS et code PIN',                                         source: 'convention AIR, annexe 2' },
  { number: 2, contextClass: 'SmartCardPKI',             declaration: 'CARTE_ETS',          label: 'Carte d’établissement sans contact et code PIN',                        source: 'convention AIR, annexe 2' },
  { number: 3, contextClass: 'PreviousSession',          declaration: 'CPS:CPSSANSCONTACT', label: 'Lecture initiale de la CPS avec code PIN, puis lecture sans contact',   source: 'convention AIR, annexe 2' },
  { number: 4, contextClass: 'MobileTwoFactorContract',  declaration: 'OTP_SMS',            label: 'Mot de passe et code à usage unique reçu par SMS',                      source: 'convention AIR, annexe 2' },
  { number: 5, contextClass: 'MobileTwoFactorContract',  declaration: 'APP_MOBILE_AUTH',    label: 'Mot de passe et code PIN dans une application mobile',                  source: 'convention AIR, annexe 2' },
  { number: 6, contextClass: 'InternetProtocolPassword', declaration: 'APP_BROWSER_AUTH',   label: 'Mot de passe et code PIN dans un navigateur web',                       source: 'convention AIR, annexe 2' },
] as const satisfies readonly AuthenticationMeans[];

/** How many geographic FINESS one certificate may serve, and certificates one establishment may have at a time. */
export const AIR_LIMITS = {
  finessPerCertificate:         { most: 3, source: 'convention AIR, annexe 3' },
  certificatesPerEstablishment: { most: 3, source: 'convention AIR, annexe 3' },
} as const satisfies Record<string, { most: number; source: Citation }>;

/** As whom a professional comes whom an establishment vouches for, and that he only consults. */
export const AIR_CALLER = {
  recipient: 'PS',
  consultationOnly: true,
  source: 'convention AIR, art. 3',
} as const satisfies { recipient: Recipient; consultationOnly: true; source: Citation };

/** The purpose of use that opens the register: neither « bris de glace » nor « centre 15 » exists here. */
export const AIR_PURPOSE = { code: 'normal', codeSystem: '1.2.250.1.213.1.1.4.248' } as const;

/** Code systems in which a profession is written, the older one (G15) as national samples still write it. */
export const PROFESSION_SYSTEMS = ['1.2.250.1.213.1.1.5.5', '1.2.250.1.71.1.2.7'] as const;
