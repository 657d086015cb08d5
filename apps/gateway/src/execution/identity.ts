import type { SavedUser } from '@gatehouse/contracts';
import type { Identity } from './plans.js';

/** A user as stages and events know them: without what only the gateway cares about. */
export const savedUserOf = ({ uuid, pk, username, name, email, is_active, epoch, locale }: Identity): SavedUser => ({
  ...{ kind: 'saved', uuid, pk, username, name, email, is_active, epoch, locale },
});
