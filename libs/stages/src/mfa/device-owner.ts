import type { SavedUser, StageRequest, User } from '@gatehouse/contracts';

interface OwnerInput {
  readonly context: { readonly pending_user?: User | undefined };
  readonly session: StageRequest['session'];
}

/** Whom devices are about: whoever the flow is about, else whoever is logged in (docs/spec/mfa.md#device-owner). */
export const deviceOwner = ({ context, session }: OwnerInput): User | undefined =>
  context.pending_user ?? session.user ?? undefined;

/** An owner who can have devices; one that is only pretended, or not written yet, has none. */
export const savedDeviceOwner = (given: OwnerInput): SavedUser | undefined => {
  const owner = deviceOwner(given);
  return owner?.kind === 'saved' ? owner : undefined;
};
