import { boolean } from '@gatehouse/contracts';
import { z } from 'zod';
import { type Collection, type SaveResult, ValidationError, validate } from './collection.js';
import type { JsonMap } from './json.js';
import type { BlueprintFile, BlueprintLibrary } from './library.js';

const UNIDENTIFIED = { error: 'Must be a map with a name, a path or both.' };
const identifiersSchema = z
  .strictObject(
    {
      name: z.string().optional().describe('Name in the metadata of the blueprint.'),
      path: z.string().optional().describe('Path below the folder of blueprints.'),
    },
    UNIDENTIFIED,
  )
  .refine(({ name, path }) => name !== undefined || path !== undefined, UNIDENTIFIED);
/** The fields of a requirement of another blueprint. */
export const requirementSchema = z.object({
  identifiers: identifiersSchema.describe('Name, path or both of the blueprint to apply first.'),
  required: boolean().default(true).describe('Whether a missing blueprint is an error.'),
});

/**
 * Entries that require another blueprint. The required blueprint is applied before the entries that follow
 * (docs/spec/blueprints.md#required-blueprints).
 */
export class RequiredBlueprints implements Collection {
  readonly fields: ReadonlySet<string> = new Set(Object.keys(requirementSchema.shape));
  readonly needsNoIdentifiers = true;

  constructor(
    private readonly library: BlueprintLibrary,
    private readonly apply: (file: BlueprintFile) => Promise<void>,
  ) {}

  async find(): Promise<undefined> {
    return undefined;
  }

  async check(values: JsonMap): Promise<() => Promise<SaveResult>> {
    const { identifiers, required } = validate(requirementSchema, values);
    const file = await this.library(identifiers);
    if (file) return () => this.#applied(file);
    if (required) throw ValidationError.field('identifiers', 'Required blueprint does not exist');
    const name = identifiers.name ?? identifiers.path ?? '';
    return async () => ({ pk: undefined, name, outcome: 'missing' });
  }

  /** Does nothing: a requirement makes no object that could be removed. */
  async remove(): Promise<void> {}

  async #applied(file: BlueprintFile): Promise<SaveResult> {
    await this.apply(file);
    return { pk: undefined, name: file.name, outcome: 'applied' };
  }
}
