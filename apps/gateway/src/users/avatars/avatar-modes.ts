import { createHash } from 'node:crypto';
import { DEFAULT_AVATAR } from '@gatehouse/contracts';
import { initialsAvatar } from './initials.avatar.js';

/** The known fields of the user of an avatar. */
export interface AvatarSubject {
  readonly username: string;
  readonly name: string;
  /** Empty if only a typed identifier is known. */
  readonly email: string;
  /** The user's attributes, if they are loaded. */
  readonly attributes?: Readonly<Record<string, unknown>> | null;
}

/** Returns the URL of an avatar, or undefined if the mode has none for this user. */
export type AvatarMode = (user: AvatarSubject) => string | undefined;

const ATTRIBUTES = 'attributes.';

/** Parses a comma-separated list of modes (docs/spec/executor.md#user-info). Throws an Error that names an invalid mode. */
export const avatarModes = (setting: string): readonly AvatarMode[] => namesIn(setting).map(modeOf);

/** Returns whether a mode needs the user's attributes. */
export const readsAttributes = (setting: string): boolean =>
  namesIn(setting).some((name) => name.startsWith(ATTRIBUTES) || name.includes('%(upn)s'));

const namesIn = (setting: string) =>
  setting
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

function modeOf(name: string): AvatarMode {
  if (name === 'none') return () => DEFAULT_AVATAR;
  if (name === 'initials') return initialsAvatar;
  if (name === 'gravatar') return gravatar;
  if (name.startsWith(ATTRIBUTES)) return attribute(name.slice(ATTRIBUTES.length).split('.'));
  if (/^https?:\/\//.test(name)) return template(name);
  throw new Error(`"${name}" is not a mode of avatars. Use none, initials, gravatar, attributes.<path>, or a URL`);
}

const hash = (algorithm: 'md5' | 'sha256', text: string) => createHash(algorithm).update(text).digest('hex');

/**
 * Returns the Gravatar URL. Does not check whether the avatar exists, because the gateway would have to send the hash
 * of every shown user to Gravatar.
 */
const gravatar: AvatarMode = ({ email }) =>
  email === ''
    ? undefined
    : `https://www.gravatar.com/avatar/${hash('sha256', email.toLowerCase())}?size=158&rating=g&default=mp`;

const attribute =
  (path: readonly string[]): AvatarMode =>
  ({ attributes }) => {
    const value = path.reduce<unknown>(
      (object, key) =>
        object !== null && typeof object === 'object' && Object.hasOwn(object, key)
          ? Reflect.get(object, key)
          : undefined,
      attributes,
    );
    return typeof value === 'string' && value !== '' ? value : undefined;
  };

type Placeholder = (user: AvatarSubject) => string;

const placeholders: Readonly<Record<string, Placeholder>> = {
  '%(username)s': ({ username }) => username,
  '%(mail_hash)s': ({ email }) => hash('md5', email.toLowerCase()),
  '%(upn)s': ({ attributes }) => (typeof attributes?.['upn'] === 'string' ? attributes['upn'] : ''),
};

function template(url: string): AvatarMode {
  const unknown = url.match(/%\([^)]*\)s?/g)?.find((found) => !Object.hasOwn(placeholders, found));
  if (unknown)
    throw new Error(`"${unknown}" is not a placeholder of avatar URLs. Use %(username)s, %(mail_hash)s or %(upn)s`);
  return (user) => url.replace(/%\(\w+\)s/g, (found) => encodeURIComponent(placeholders[found]?.(user) ?? ''));
}
