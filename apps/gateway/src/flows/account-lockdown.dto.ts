import { integer, optionalNullable } from '@gatehouse/contracts';
import { z } from 'zod';

/** The user whose account is locked down: the caller, unless a superuser names another one. */
export const accountLockdownRequest = z
  .object({ user: optionalNullable(integer(), { optional: true, nullable: true }) })
  .meta({ id: 'UserAccountLockdownRequest', description: 'The user to lock, by `pk`. By default the caller.' });

/** The URL at which the client continues: that of a flow. */
export const link = z
  .object({ link: z.string() })
  .meta({ id: 'Link', description: 'The URL at which the client continues.' });
