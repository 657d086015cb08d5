import type { SavedUser, StageRequest, User } from '@gatehouse/contracts';

interface OwnerInput {
  readonly context: { readonly pending_user?: User | undefined };
  readonly session: StageRequest['session'];
  readonly step?: Pick<StageRequest['step'], 'embedded'>;
}

/**
 * Returns the user whose devices a step uses: the pending user, otherwise the user of the session. Returns `undefined`
 * for an embedded stage, because there the device identifies the user (docs/spec/mfa.md#device-owner).
 */
export const deviceOwner = ({ context, session, step }: OwnerInput): User | undefined =>
  step?.embedded === true ? undefined : (context.pending_user ?? session.user ?? undefined);

/** Returns the device owner, or `undefined` for a pretended or unsaved user, who cannot have devices. */
export const savedDeviceOwner = (input: OwnerInput): SavedUser | undefined => {
  const owner = deviceOwner(input);
  return owner?.kind === 'saved' ? owner : undefined;
};
