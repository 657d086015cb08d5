import { char, choice, reference, referencesOf } from '@gatehouse/contracts';
import { z } from 'zod';
import type { ObjectModel } from './object-model.js';

/** The kind of all providers, whose names are unique together. */
export const PROVIDER_KIND = 'provider';
const MODES = ['any', 'all'] as const;

/** An application. Its provider makes it an OAuth client, or a site behind forward auth. */
export const applicationSchema = z.object({
  slug: char({ maxLength: 50 }),
  name: char(),
  provider: reference(PROVIDER_KIND),
  policy_engine_mode: choice(MODES).default('any'),
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
