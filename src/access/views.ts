import { MapperKind, mapSchema } from '@graphql-tools/utils';
import { type GraphQLSchema, isObjectType, lexicographicSortSchema } from 'graphql';
import { categoryOf, isPersonal, isTransform } from '../law/fields.js';
import { FILTERS, SORT_KEYS } from '../law/filters.js';
import { isOpenType } from '../law/open-types.js';
import { isOperation, OPERATION_IDS, operationRule } from '../law/operations.js';
import { RECIPIENT_IDS, type Recipient } from '../law/recipients.js';
import { cutSchema } from './cut-schema.js';
import { categoryLabel, fieldRight, isNarrowedByConsultation, operationRight } from './decide.js';
import type { Principal } from './principal.js';

/**
 * The full schema with the law written into its descriptions.
 * @throws when a personal field belongs to no category, or a root field to no rule: nothing is served then
 */
export function lawfulSchema(schema: GraphQLSchema): GraphQLSchema {
  assertClosedWorld(schema);
  return lexicographicSortSchema(
    mapSchema(schema, {
      [MapperKind.OBJECT_FIELD]: (config, field, type) => ({
        ...config,
        description: describe(type, field) ?? config.description,
      }),
      [MapperKind.ROOT_FIELD]: (config, field) => ({
        ...config,
        description: isOperation(field) ? operationRule(field).label : config.description,
      }),
    }),
  );
}

/** A view of its own for each recipient, and for a recipient who records, one to consult only. */
export type ViewKey = Recipient | `${Recipient} consultation`;

interface Viewer {
  readonly key: ViewKey;
  readonly recipient: Recipient;
  readonly consultationOnly: boolean;
}

export const VIEWERS: readonly Viewer[] = RECIPIENT_IDS.flatMap((recipient): Viewer[] => [
  { key: recipient, recipient, consultationOnly: false },
  ...(isNarrowedByConsultation(recipient)
    ? [{ key: `${recipient} consultation` as const, recipient, consultationOnly: true }]
    : []),
]);

/** The view that a principal is served. */
export const viewKeyOf = ({ recipient, consultationOnly }: Principal): ViewKey =>
  consultationOnly && isNarrowedByConsultation(recipient) ? `${recipient} consultation` : recipient;

/** The schema served to one recipient: what it may not have does not exist in it. */
export function viewOf(schema: GraphQLSchema, recipient: Recipient, consultationOnly = false): GraphQLSchema {
  const roots = [schema.getQueryType()?.name, schema.getMutationType()?.name];
  return cutSchema(schema, {
    field: (type, field) =>
      roots.includes(type)
        ? operationRight(recipient, field, consultationOnly).granted
        : fieldRight(recipient, type, field).granted,
    inputField: (type, field) =>
      type !== 'PatientFilter' || grantedId(recipient, FILTERS[field as keyof typeof FILTERS]),
    enumValue: (type, value) =>
      type !== 'PatientOrder' || grantedId(recipient, SORT_KEYS[value as keyof typeof SORT_KEYS]),
    description: (type, field, written) => {
      const right = roots.includes(type) ? undefined : fieldRight(recipient, type, field);
      return right?.granted && right.condition ? `${written ?? ''} — sous condition (${right.article})` : written;
    },
  });
}

/** The sort keys a recipient may use, in the order of preference; the first one is its default. */
export const sortKeysOf = (recipient: Recipient): (keyof typeof SORT_KEYS)[] =>
  (Object.keys(SORT_KEYS) as (keyof typeof SORT_KEYS)[]).filter((key) => grantedId(recipient, SORT_KEYS[key]));

function grantedId(recipient: Recipient, id: string | undefined): boolean {
  const [type = '', field = ''] = id?.split('.') ?? [];
  return isPersonal(type) && fieldRight(recipient, type, field).granted;
}

function describe(type: string, field: string): string | undefined {
  const id = `${type}.${field}`;
  const category = categoryOf(id);
  return category && `${categoryLabel(category)}${isTransform(id) ? ', transformé' : ''}`;
}

/** A list of a known type is known. */
function assertKnown(type: string): void {
  const listed = type.replace(/(Connection|Edge)$/, '');
  if (!isPersonal(listed) && !isOpenType(listed))
    throw new Error(`type ${type} is neither personal nor open in the law`);
}

function assertClosedWorld(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    if (type !== schema.getQueryType() && type !== schema.getMutationType()) assertKnown(type.name);
    if (!isPersonal(type.name)) continue;
    for (const field of Object.keys(type.getFields())) {
      const right = fieldRight('PATIENT', type.name, field);
      if (!right.category && right.article === 'art. 3')
        throw new Error(`${type.name}.${field} belongs to no category of article 2`);
    }
  }
  const roots = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}),
  );
  const unruled = roots.filter((root) => !isOperation(root));
  if (unruled.length > 0) throw new Error(`no rule for the operations ${unruled.join(', ')}`);
  const unserved = OPERATION_IDS.filter((operation) => !roots.includes(operation));
  if (unserved.length > 0) throw new Error(`the law names operations that do not exist: ${unserved.join(', ')}`);
}
