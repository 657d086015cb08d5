import type { Draft } from './draft.js';

/** Matches a call of another policy by a literal name. */
const CALL = /\bak_call_policy\(\s*(["'])(.+?)\1/g;

const calledNames = (source: string): string[] => [...source.matchAll(CALL)].map(([, , name = '']) => name);

/** An expression policy. */
interface Policy {
  readonly name: string;
  readonly source: string;
}

/**
 * Returns the names of the policies through which an expression calls itself, from the policy back to itself, or
 * undefined. Follows only calls with a literal name.
 */
export function callCycle({ name, source }: Policy, others: ReadonlyMap<string, string>): string[] | undefined {
  const seen = new Set<string>();
  const pathBack = (from: string, path: readonly string[]): string[] | undefined => {
    for (const called of calledNames(from)) {
      if (called === name) return [...path, called];
      if (seen.has(called)) continue;
      seen.add(called);
      const found = pathBack(others.get(called) ?? '', [...path, called]);
      if (found) return found;
    }
    return undefined;
  };
  return pathBack(source, [name]);
}

/** Returns the sources of all objects of a model by name. */
export const sourcesByName = (draft: Draft, model: string, field: string): Map<string, string> =>
  new Map([...draft.objectsOf(model)].map(({ values }) => [String(values['name']), String(values[field])]));
