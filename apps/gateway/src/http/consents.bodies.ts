import { z } from 'zod';
import { paginatedOf } from './pagination.js';

const user = z
  .object({ pk: z.int(), uuid: z.uuid(), username: z.string(), name: z.string() })
  .meta({ id: 'UserConsentUser', description: 'Whose consent it is.' });

const application = z
  .object({ pk: z.uuid(), slug: z.string(), name: z.string() })
  .meta({ id: 'UserConsentApplication', description: 'Which application it is for.' });

/** What a user has allowed an application. */
export const userConsent = z
  .object({
    pk: z.int(),
    expires: z.iso.datetime().nullable(),
    expiring: z.boolean(),
    user,
    application,
    permissions: z.string().meta({ description: 'Ids of what is allowed, with a space between them.' }),
  })
  .meta({ id: 'UserConsent', description: 'What a user has allowed an application.' });
export type UserConsent = z.input<typeof userConsent>;

/** A page of such consents. */
export const userConsents = paginatedOf(userConsent).meta({
  id: 'PaginatedUserConsentList',
  description: 'A page of consents.',
});
