import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { registerEnumType } from 'type-graphql';
import { isDay, isInstant } from '../../kernel/days.js';
import { isBirthDate, isInvitationCode, isNir } from '../../kernel/identifiers.js';

/** A scalar that is a checked string: bad input is refused without being echoed. */
const text = (
  name: string,
  description: string,
  accepts: (value: string) => boolean,
): GraphQLScalarType<string, string> => {
  const parse = (value: unknown): string => {
    if (typeof value === 'string' && accepts(value)) return value;
    throw new GraphQLError(`${name} expected`, { extensions: { code: 'INVALID_INPUT', field: name } });
  };
  return new GraphQLScalarType({
    name,
    description,
    serialize: (value) => value as string,
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
  });
};

export const BirthDate = text('BirthDate', 'Date AAAA-MM-JJ, éventuellement partielle (00) ou lunaire.', isBirthDate);
export const Nir = text('Nir', 'Numéro d’inscription au répertoire, 15 caractères, clé vérifiée.', (value) =>
  isNir(value),
);
export const InvitationCodeScalar = text('InvitationCode', 'Code d’invitation AAA-AAA-AAA.', isInvitationCode);
export const Instant = text('Instant', 'Date et heure (RFC 3339).', isInstant);
export const Day = text('Day', 'Date AAAA-MM-JJ du calendrier.', isDay);

/** Administrative sex, as the civil status gives it. */
export enum Sex {
  F = 'F',
  M = 'M',
}
registerEnumType(Sex, { name: 'Sex', description: 'Sexe à l’état civil.' });
