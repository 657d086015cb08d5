import { ACR_VALUES, ownField, since2026 } from '@gatehouse/contracts';
import { z } from 'zod';

const group = z.object({ name: z.string(), pk: z.string() }).meta({ id: 'UserSelfGroups' });

const userSelf = z
  .object({
    pk: z.int(),
    username: z.string(),
    name: z.string(),
    is_active: z.boolean(),
    is_superuser: z.boolean(),
    is_current: since2026(z.boolean()),
    groups: z.array(group).readonly(),
    email: z.string(),
    avatar: z.string(),
    uid: z.string(),
    settings: z.record(z.string(), z.unknown()),
    type: z.string(),
    system_permissions: z.array(z.string()),
    acr: ownField(z.enum(ACR_VALUES).optional()),
    amr: ownField(z.array(z.string()).readonly().optional()),
    auth_time: ownField(z.int().optional()),
  })
  .meta({ id: 'UserSelf', description: 'The current user, with the fields that they may see themselves.' });
export type UserSelf = z.input<typeof userSelf>;

/** The user whom `/core/users/me/` returns: the user of the session or of the API token. */
export const sessionUser = z
  .object({ user: userSelf, users: since2026(z.array(userSelf)) })
  .meta({ id: 'SessionUser', description: 'The user of a bearer token or session, and all users of the browser.' });
export type SessionUser = z.input<typeof sessionUser>;
