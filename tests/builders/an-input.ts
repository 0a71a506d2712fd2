import {
  type GraphQLInputObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isLeafType,
  isNonNullType,
  type OperationTypeNode,
} from 'graphql';

/** One argument of one root field that takes an object, and a document that passes it in a variable. */
export interface InputPlace {
  readonly root: string;
  readonly argument: string;
  readonly type: GraphQLInputObjectType;
  readonly document: string;
}

/** Every root field of a schema that takes an object. */
export const inputPlaces = (schema: GraphQLSchema): InputPlace[] =>
  (['query', 'mutation'] as OperationTypeNode[]).flatMap((kind) =>
    Object.values(schema.getRootType(kind)?.getFields() ?? {}).flatMap((field) =>
      field.args.flatMap((argument) => {
        const type = getNullableType(argument.type);
        if (!isInputObjectType(type)) return [];
        const required = field.args.filter(
          (other) => other !== argument && isNonNullType(other.type) && other.defaultValue === undefined,
        );
        if (required.length > 0) throw new Error(`${field.name} wants more than its object`);
        const selection = isLeafType(getNamedType(field.type))
          ? ''
          : String(getNullableType(field.type)).endsWith('Connection')
            ? '{ edges { cursor } }'
            : '{ __typename }';
        return [
          {
            root: field.name,
            argument: argument.name,
            type,
            document: `${kind} ($input: ${argument.type}) { ${field.name}(${argument.name}: $input) ${selection} }`,
          },
        ];
      }),
    ),
  );
