import type { Device } from '@gatehouse/authenticators';
import type { SavedUser } from '@gatehouse/contracts';
import type { ChallengeInput } from '@gatehouse/stage-kit';
import { DEFAULT_NAMES } from '../default-names.js';
import { savedDeviceOwner } from '../device-owner.js';
import type { authenticatorValidateContract } from './authenticator-validate.contract.js';

type Input = ChallengeInput<typeof authenticatorValidateContract>;

/** The details of devices in an entry of the challenge. */
interface DeviceDetails {
  /** Time of the last use of any of the devices. */
  readonly last_used: string | null;
  /** Names of the devices without default names, the most recently used device first. */
  readonly names: string[];
}

const NO_DETAILS: DeviceDetails = { last_used: null, names: [] };

/**
 * Returns the details of the devices of an entry. Returns no details before the visitor has proved to be the owner,
 * because names and times would reveal facts about the user to an attacker.
 */
export function detailsOf(input: Input, devices: readonly Device[]): DeviceDetails {
  if (!isProvedOwner(input)) return NO_DETAILS;
  const byUse = [...devices].sort((a, b) => usedAt(b) - usedAt(a));
  const lastUsed = byUse[0]?.lastUsed;
  return {
    last_used: lastUsed?.toISOString() ?? null,
    names: byUse.filter(({ kind, name }) => name !== DEFAULT_NAMES[kind]).map(({ name }) => name),
  };
}

const usedAt = ({ lastUsed }: Device) => lastUsed?.getTime() ?? 0;

/** Returns whether the visitor has proved to be the owner of the devices, in this plan or by the login of the session. */
export function isProvedOwner(input: Input): boolean {
  const owner = savedDeviceOwner(input);
  return owner !== undefined && isProvedTo(input, owner);
}

function isProvedTo({ context, session }: Input, { uuid }: SavedUser): boolean {
  const { verified_user, auth_method } = context;
  const isLoggedIn = session.user?.kind === 'saved' && session.user.uuid === uuid;
  // The method `token` is an app password, which does not prove that the user is present.
  return isLoggedIn || verified_user === uuid || (auth_method !== undefined && auth_method !== 'token');
}
