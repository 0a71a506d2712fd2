import type { DocumentNode, OperationDefinitionNode } from 'graphql';

/** A query that Apollo has parsed and validated for one view. */
export interface KnownDocument {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/** How many are remembered for one view: practice software asks the same few questions all day. */
const REMEMBERED = 500;

/** The valid queries of one view by their text: asked again, they need no second validation. Bounded, oldest first out. */
export class KnownDocuments {
  private readonly known = new Map<string, KnownDocument>();

  find(query: string, operationName: string | undefined): KnownDocument | undefined {
    return this.known.get(keyOf(query, operationName));
  }

  remember(query: string, operationName: string | undefined, one: KnownDocument): void {
    if (this.known.size >= REMEMBERED) this.known.delete(this.known.keys().next().value as string);
    this.known.set(keyOf(query, operationName), one);
  }
}

/** A name holds no bar, so that no two requests share a key. */
const keyOf = (query: string, operationName: string | undefined): string => `${operationName ?? ''}|${query}`;
