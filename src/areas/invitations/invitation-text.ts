import { NOTICES } from '../../law/notices.js';

export const SUBJECT = 'Votre invitation à la vaccination contre la Covid-19';

/**
 * What every invitation says, whoever gets it: that it is one, the code, and the notice of the AIPD. No name, no criterion,
 * no scheme, nothing about health: two messages differ by their code alone.
 */
const paragraphs = (code: string): string[] => [
  'Bonjour,',
  'Vous êtes invité(e) à vous faire vacciner contre la Covid-19, si vous le souhaitez.',
  `Votre code personnel : ${code}`,
  ...AFTER_CODE,
];

const AFTER_CODE = [
  'Présentez ce code au professionnel de santé lors de la consultation préalable à la vaccination. Il vous est personnel : ne le communiquez à personne d’autre.',
  'Vous restez libre d’entrer ou non dans ce parcours. Aucune relance ne vous sera adressée.',
  NOTICES.invitation,
] as const;

export interface InvitationText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export function invitationText(code: string): InvitationText {
  const written = paragraphs(code);
  return {
    subject: SUBJECT,
    text: `${written.join('\n\n')}\n`,
    html: `<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>${SUBJECT}</title></head><body>${written
      .map((paragraph) => `<p>${paragraph.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)}</p>`)
      .join('')}</body></html>\n`,
  };
}

/** The paragraphs of a letter, which shows its code apart. */
export const LETTER_PARAGRAPHS: readonly string[] = [...paragraphs('').slice(0, 2), ...AFTER_CODE];
