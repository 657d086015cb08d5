import { attributesColumn } from '@gatehouse/executor-postgres';
import type { CurrentUser } from '../sessions/sessions.js';

/** The columns of a user as they may see themselves, of `directory.identities u`; $2 whether attributes are wanted. */
export const CURRENT_USER_COLUMNS = `u.id AS uuid, u.pk, u.username, u.name, u.email, u.is_active, u.epoch, u.locale,
  u.is_superuser, u.debug, u.type, ${attributesColumn('u.id', '$2')}, u.settings, u.groups`;

export type CurrentUserRow = Omit<CurrentUser, 'kind'>;
