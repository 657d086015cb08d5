import { char, choice, reference, referencesOf } from '@gatehouse/contracts';
import { z } from 'zod';
import type { ObjectModel } from './object-model.js';

/** The kind of all providers, whose names are unique together. */
export const PROVIDER_KIND = 'provider';
const MODES = ['any', 'all'] as const;

/** An application. Its provider makes it an OAuth client, or a site behind forward auth. */
export const applicationSchema = z.object({
  slug: char({ maxLength: 50 }).describe('Name of the application in URLs; unique.'),
  name: char().describe('Name that users see.'),
  provider: reference(PROVIDER_KIND).describe(
    'Provider that makes the application an OAuth client or a site behind forward auth.',
  ),
  policy_engine_mode: choice(MODES).default('any').describe('Whether any or all of the bound policies must pass.'),
});

/**
 * The model of applications, which are unique by slug. Policies that are bound to an application restrict who may use
 * it.
 */
export const applicationModel: ObjectModel = {
  name: 'authentik_core.application',
  kind: 'application',
  key: ['slug'],
  schema: applicationSchema,
  references: referencesOf(applicationSchema),
  parents: [],
};
