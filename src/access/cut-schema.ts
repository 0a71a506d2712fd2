import {
  GraphQLEnumType,
  type GraphQLFieldConfig,
  GraphQLInputObjectType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

/** What a schema keeps, by the names of a type and of its field or value. */
export interface Cut {
  field(type: string, field: string): boolean;
  inputField(type: string, field: string): boolean;
  enumValue(type: string, value: string): boolean;
  /** The description of a field that is kept. */
  description(type: string, field: string, written: string | null | undefined): string | null | undefined;
}

/**
 * The part of a schema that a cut leaves. A type of which nothing is left is gone, with every field and argument of that
 * type; so is whatever nothing leads to any more. In one walk: a schema is cut for every recipient at each start.
 * @throws when the schema has an interface or a union, for which the law has no words
 */
export function cutSchema(schema: GraphQLSchema, cut: Cut): GraphQLSchema {
  const left = membersLeft(schema, cut);
  const made = new Map<GraphQLNamedType, GraphQLNamedType>();
  const isLeft = (type: GraphQLType): boolean => isWhole(getNamedType(type)) || left.has(getNamedType(type).name);
  const keeps = (type: string, member: string): boolean => left.get(type)?.has(member) ?? false;

  function named(type: GraphQLNamedType): GraphQLNamedType {
    const one = made.get(type) ?? make(type);
    made.set(type, one);
    return one;
  }
  function make(type: GraphQLNamedType): GraphQLNamedType {
    if (isObjectType(type)) return object(type);
    const kept = <T>(members: Record<string, T>) => picked(members, (member) => keeps(type.name, member));
    if (isEnumType(type)) {
      const config = type.toConfig();
      return new GraphQLEnumType({ ...config, values: kept(config.values) });
    }
    if (!isInputObjectType(type)) return type;
    const config = type.toConfig();
    return new GraphQLInputObjectType({ ...config, fields: () => mapped(kept(config.fields), retyped) });
  }
  function object(type: GraphQLObjectType): GraphQLObjectType {
    const config = type.toConfig();
    const fields = picked(config.fields, (field) => keeps(type.name, field));
    return new GraphQLObjectType({
      ...config,
      fields: () =>
        mapped(fields, (field: GraphQLFieldConfig<unknown, unknown>, name) => ({
          ...retyped(field),
          args: mapped(
            picked(field.args ?? {}, (_, { type: input }) => isLeft(input)),
            retyped,
          ),
          description: cut.description(type.name, name, field.description),
        })),
    });
  }
  const retyped = <T extends { type: GraphQLType }>(config: T): T => ({ ...config, type: wrapped(config.type) });
  function wrapped(type: GraphQLType): GraphQLType {
    if (isNonNullType(type)) return new GraphQLNonNull(wrapped(type.ofType) as never);
    return isListType(type) ? new GraphQLList(wrapped(type.ofType)) : named(type);
  }
  const root = (type: GraphQLObjectType | null | undefined) =>
    type && isLeft(type) ? (named(type) as GraphQLObjectType) : undefined;
  return new GraphQLSchema({
    ...schema.toConfig(),
    query: root(schema.getQueryType()),
    mutation: root(schema.getMutationType()),
    types: [],
  });
}

/** Scalars have no members to lose. */
const isWhole = (type: GraphQLNamedType): boolean =>
  !(isObjectType(type) || isInputObjectType(type) || isEnumType(type));

/** The names of the members that each type keeps; a type that keeps none is not listed, and is led to by no member. */
function membersLeft(schema: GraphQLSchema, cut: Cut): ReadonlyMap<string, ReadonlySet<string>> {
  const left = new Map<string, Map<string, GraphQLNamedType | undefined>>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (isAbstractType(type)) throw new Error(`type ${type.name} is an interface or a union`);
    if (isWhole(type)) continue;
    const members = membersOf(type).filter(([member]) => isKept(cut, type, member));
    if (members.length > 0) left.set(type.name, new Map(members));
  }
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const [name, members] of left) {
      for (const [member, to] of members) if (to && !isWhole(to) && !left.has(to.name)) members.delete(member);
      if (members.size === 0) left.delete(name);
    }
  }
  return new Map([...left].map(([name, members]) => [name, new Set(members.keys())]));
}

/** Each member's name, with the type it leads to. */
function membersOf(type: GraphQLNamedType): [string, GraphQLNamedType | undefined][] {
  if (isEnumType(type)) return type.getValues().map(({ name }) => [name, undefined]);
  if (!isObjectType(type) && !isInputObjectType(type)) return [];
  const fields: { name: string; type: GraphQLType }[] = Object.values(type.getFields());
  return fields.map(({ name, type: to }) => [name, getNamedType(to)]);
}

function isKept(cut: Cut, type: GraphQLNamedType, member: string): boolean {
  if (type.name.startsWith('__')) return true; // introspection tells of this very schema
  if (isEnumType(type)) return cut.enumValue(type.name, member);
  return isInputObjectType(type) ? cut.inputField(type.name, member) : cut.field(type.name, member);
}

const picked = <T>(members: Record<string, T>, keep: (name: string, member: T) => boolean): Record<string, T> =>
  Object.fromEntries(Object.entries(members).filter(([name, member]) => keep(name, member)));

const mapped = <T>(members: Record<string, T>, change: (member: T, name: string) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(members).map(([name, member]) => [name, change(member, name)]));
