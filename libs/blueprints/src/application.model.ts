import { boolean, char, choice, isWebAddress, reference, referencesOf, since2026 } from '@gatehouse/contracts';
import { z } from 'zod';
import type { ObjectModel } from './object-model.js';

/** The kind of all providers. No two providers have the same name, even if their models differ. */
export const PROVIDER_KIND = 'provider';
const MODES = ['any', 'all'] as const;
/** Largest length of a launch URL, in characters. */
const MAX_LAUNCH_URL = 2000;

/** An application. Its provider makes it an OAuth client, or a site behind forward auth. */
export const applicationSchema = z.object({
  slug: char({ maxLength: 50 }).describe('Name of the application in URLs; unique.'),
  name: char().describe('Name that users see.'),
  provider: reference(PROVIDER_KIND).describe(
    'Provider that makes the application an OAuth client or a site behind forward auth.',
  ),
  meta_launch_url: char({ allowBlank: true, maxLength: MAX_LAUNCH_URL })
    .default('')
    .describe(
      'URL at which visitors start the application. By default that of its provider. A text that is no http(s) URL, or has placeholders, counts as none.',
    ),
  meta_hide: since2026(boolean().default(false)).describe('Whether nothing links to the application.'),
  policy_engine_mode: choice(MODES).default('any').describe('Whether any or all of the bound policies must pass.'),
});

/**
 * Returns the launch URL of an application: '' if it has none, `undefined` if the URL of its provider is used. A URL
 * with placeholders for the user counts as none, because the user is not known at the start of a login.
 */
export function launchUrlIn({
  meta_launch_url: url,
  meta_hide: isHidden,
}: z.output<typeof applicationSchema>): string | undefined {
  if (url === '' && !isHidden) return undefined;
  return !isHidden && isWebAddress(url) && !url.includes('%(') ? url : '';
}

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
