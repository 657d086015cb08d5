import { z } from 'zod';
import { paginatedSchema } from '../http/pagination.js';

const user = z
  .object({
    ...{ pk: z.int(), uuid: z.uuid(), uid: z.string(), username: z.string(), name: z.string(), email: z.string() },
    ...{ is_active: z.boolean(), is_superuser: z.boolean(), type: z.string(), avatar: z.string() },
    /** Always null: groups are not loaded. */
    groups_obj: z.null(),
  })
  .meta({ id: 'UserConsentUser', description: 'Whose consent it is.' });

const application = z
  .object({
    ...{ pk: z.uuid(), slug: z.string(), name: z.string() },
    // Generated clients expect these fields of every application. Gatehouse does not store them.
    ...{
      provider_obj: z.null(),
      backchannel_providers_obj: z.array(z.never()),
      launch_url: z.null(),
      meta_icon: z.null(),
    },
  })
  .meta({ id: 'UserConsentApplication', description: 'Which application it is for.' });

/** A consent that a user gave to an application. */
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

/** A page of consents. */
export const userConsentPage = paginatedSchema(userConsent).meta({
  id: 'PaginatedUserConsentList',
  description: 'A page of consents.',
});
