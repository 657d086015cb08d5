import { authenticatorNameOf } from '@gatehouse/authenticators';
import type { UserDevice } from './user-device.repository.js';

/** The details of a passkey that its owner sees. A detail is null if it is unknown, as for an imported passkey. */
export interface PasskeyDetails {
  readonly aaguid: string;
  /** Name of the password manager or of the model of the authenticator. */
  readonly authenticator: string | null;
  /** Whether the passkey can be synchronised between devices. Never changes. */
  readonly backup_eligible: boolean | null;
  /** Whether the passkey was synchronised at its last use. */
  readonly backed_up: boolean | null;
}

/** Returns the details of a passkey. */
export function passkeyDetails({ facts }: Pick<UserDevice, 'facts'>): PasskeyDetails {
  const { aaguid, backup_eligible: eligible, backed_up: backedUp } = facts;
  return {
    aaguid: typeof aaguid === 'string' ? aaguid : '',
    authenticator: (typeof aaguid === 'string' && authenticatorNameOf(aaguid)) || null,
    backup_eligible: typeof eligible === 'boolean' ? eligible : null,
    backed_up: typeof backedUp === 'boolean' ? backedUp : null,
  };
}
