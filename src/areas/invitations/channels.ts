import type { InvitationChannel } from './invitation.js';

/** In the order in which they are preferred: the insured person’s account, e-mail, SMS, letter. */
export const CHANNELS = ['ACCOUNT', 'EMAIL', 'SMS', 'LETTER'] as const satisfies readonly InvitationChannel[];

/** A number that can take a text message: a French mobile, at home or overseas, or any number of another country. */
export const MOBILE =
  '^(0[67]\\d{8}|\\+33[67]\\d{8}|\\+(262|590|594|596)69\\d{7}|\\+(?!33|262|590|594|596)[1-9]\\d{6,14})$';

/**
 * Whether a person may be reached by a channel, as SQL over `patient p`; `$1` is the list of schemes whose portal is
 * declared. An insured person of the military scheme has no contact here (AIPD M1.32) and its portal cannot be declared:
 * for him no channel holds, and nobody needs to ask which scheme is his.
 */
export const REACHED_BY: Readonly<Record<InvitationChannel, string>> = {
  ACCOUNT: 'p.scheme_code = any ($1::text[])',
  EMAIL: 'p.email is not null',
  SMS: `p.phone ~ '${MOBILE}'`,
  LETTER: 'p.postal_address is not null',
};
