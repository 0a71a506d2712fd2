/**
 * Why a document or its variables are not valid, in a word: the messages of graphql-js are told apart by their fixed
 * parts, and nothing of what they quote is passed on.
 */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^Syntax Error/, 'SYNTAX'],
  [/^Unknown argument/, 'UNKNOWN_ARGUMENT'],
  [/^Unknown type/, 'UNKNOWN_TYPE'],
  [/^Unknown fragment/, 'UNKNOWN_FRAGMENT'],
  [/^Unknown directive/, 'UNKNOWN_DIRECTIVE'],
  [/^Unknown operation|^Must provide operation name/, 'UNKNOWN_OPERATION'],
  [/^Cannot spread fragment|can never be of type/, 'FRAGMENT_SPREAD'],
  [/must have a selection of subfields/, 'SELECTION_MISSING'],
  [/must not have a selection/, 'SELECTION_ON_SCALAR'],
  [/ conflict because /, 'FIELDS_CONFLICT'],
  [/is not defined/, 'UNDEFINED'],
  [/is never used/, 'UNUSED'],
  [/used in position expecting/, 'VARIABLE_TYPE'],
  [/There can be only one/, 'DUPLICATE_NAME'],
  [/required|was not provided|must not be null/, 'MISSING_VALUE'],
  [/invalid value|cannot represent|Expected|does not exist|expected$/, 'VALUE'],
];

/** A stable word for a graphql-js message, or undefined when it is none of these. */
export const reasonOf = (message: string): string | undefined =>
  REASONS.find(([pattern]) => pattern.test(message))?.[1];
