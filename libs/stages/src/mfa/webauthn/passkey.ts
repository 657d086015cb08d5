import type { Device } from '@gatehouse/authenticators';
import { z } from 'zod';
import type { StoredCredential } from './assertion.js';
import type { NewCredential } from './registration.js';

/** What is kept of a credential; none of it proves anything. */
const facts = z.object({
  public_key: z.string(),
  aaguid: z.string(),
  /** Whether the authenticator has proved its model. */
  proven: z.boolean().default(false),
  /** The domain that it was made for; of those that came from elsewhere it may be unknown. */
  rp_id: z.string().default(''),
});
type Facts = z.output<typeof facts>;

/** A device that is a credential. */
export interface Passkey extends StoredCredential, Pick<Facts, 'aaguid' | 'proven'> {
  readonly device: Device;
  readonly rpId: string;
}

/** What a device keeps of a credential that was made for a domain. */
export const factsOf = ({ publicKey, aaguid, proven }: NewCredential, rpId: string): Facts => ({
  ...{ public_key: publicKey, aaguid, proven },
  rp_id: rpId,
});

/** The credential that a device is; undefined when what is kept of it is of no use. */
export function passkeyOf(device: Device): Passkey | undefined {
  const kept = facts.safeParse(device.facts);
  if (!kept.success || device.handle === null) return undefined;
  const { public_key: publicKey, aaguid, proven, rp_id: rpId } = kept.data;
  return {
    device,
    credentialId: device.handle,
    publicKey,
    aaguid,
    proven,
    rpId,
    signCount: Math.max(0, device.counter),
  };
}
