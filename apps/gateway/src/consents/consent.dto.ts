import { z } from 'zod';
import { paginatedSchema } from '../http/pagination.js';

const user = z
  .object({
    ...{ pk: z.int(), uuid: z.uuid(), uid: z.string(), username: z.string(), name: z.string(), email: z.string() },
    ...{ is_active: z.boolean(), is_superuser: z.boolean(), type: z.string(), avatar: z.string() },
    /** Always null, because the groups of the user are not loaded. */
    groups_obj: z.null(),
  })
  .meta({ id: 'UserConsentUser', description: 'The user who gave a consent.' });

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
  .meta({ id: 'UserConsentApplication', description: 'The application that a consent was given to.' });

/** A consent that a user gave to an application. */
export const userConsent = z
  .object({
    pk: z.int(),
    expires: z.iso.datetime().nullable(),
    expiring: z.boolean(),
    user,
    application,
    permissions: z.string().meta({ description: 'Ids of the granted permissions, separated by spaces.' }),
  })
  .meta({ id: 'UserConsent', description: 'A consent: the permissions that a user has granted to an application.' });
export type UserConsent = z.input<typeof userConsent>;

/** A page of consents. */
export const userConsentPage = paginatedSchema(userConsent).meta({
  id: 'PaginatedUserConsentList',
  description: 'One page of a list of consents.',
});
