import { z } from 'zod';
import { LIMITS, type Limits } from '../law/limits.js';

type Tree = { readonly [name: string]: unknown };

/** Every figure of the law, each optional, whole and positive; anything else in the file is refused. */
const patchOf = (tree: Tree): z.ZodType =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(tree).flatMap(([name, value]) => {
        if (typeof value === 'number') return [[name, z.number().int().positive().optional()]];
        return typeof value === 'object' && value !== null ? [[name, patchOf(value as Tree).optional()]] : [];
      }),
    ),
  );

const merged = (tree: Tree, patch: Tree): Tree =>
  Object.fromEntries(
    Object.entries(tree).map(([name, value]) => {
      const given = patch[name];
      if (given === undefined) return [name, value];
      return [name, typeof given === 'object' ? merged(value as Tree, given as Tree) : given];
    }),
  );

/**
 * The law's figures with those of a JSON value in their place.
 * @throws a sentence naming the figure at fault
 */
export function limitsWith(json: unknown): Limits {
  const parsed = patchOf(LIMITS).safeParse(json);
  if (!parsed.success)
    throw new Error(
      `limits: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
    );
  return merged(LIMITS, parsed.data as Tree) as unknown as Limits;
}
