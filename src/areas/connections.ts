import { type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { LancetteError } from '../kernel/errors.js';
import type { Page } from '../read/plan.js';

@ObjectType()
export class PageInfo {
  @Field()
  hasNextPage!: boolean;

  @Field(() => String, { nullable: true })
  endCursor?: string | null;
}

/** The connection type of a row type (Relay cursor connections, forward only). */
export function connectionOf<T extends object>(node: ClassType<T>) {
  @ObjectType(`${node.name}Edge`)
  class Edge {
    @Field()
    cursor!: string;

    @Field(() => node)
    node!: T;
  }

  @ObjectType(`${node.name}Connection`)
  class Connection {
    @Field(() => [Edge])
    edges!: Edge[];

    @Field()
    pageInfo!: PageInfo;
  }
  return Connection;
}

export const PAGE_LIMIT = 100;
export const pageSize = () => Int;

/** @throws PAGE_TOO_LARGE beyond 1 to 100 rows */
export function pageOf(first: number, after: string | null | undefined): Page {
  if (first < 1 || first > PAGE_LIMIT) throw new LancetteError('PAGE_TOO_LARGE', { field: 'first' });
  return { first, after: after ?? null };
}
