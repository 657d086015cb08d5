import { createHash } from 'node:crypto';
import { initialsAvatar } from './initials.avatar.js';

/** Whom a picture is of, as far as it is known. */
export interface AvatarSubject {
  readonly username: string;
  readonly name: string;
  /** Empty for somebody of whom only what they typed is known. */
  readonly email: string;
  /** The user's own attributes, where they are known. */
  readonly attributes?: Readonly<Record<string, unknown>> | null;
}

/** One way to a picture; undefined when it leads to none. */
export type AvatarMode = (user: AvatarSubject) => string | undefined;

/** What stands for somebody nobody knows, and where nothing else is found. */
export const DEFAULT_AVATAR = '/static/dist/assets/images/user_default.png';

const ATTRIBUTES = 'attributes.';

/**
 * The modes that a setting names, comma separated, in order (docs/spec/executor.md#user-info). Throws an Error that
 * names a bad one.
 */
export const avatarModes = (setting: string): readonly AvatarMode[] => namesIn(setting).map(modeOf);

/** Whether some mode reads the user's attributes. */
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
  throw new Error(`"${name}" is no way to an avatar`);
}

const hash = (algorithm: 'md5' | 'sha256', text: string) => createHash(algorithm).update(text).digest('hex');

/** Nobody asks whether there is one: that would send an address to a foreign server for a page that is only looked at. */
const gravatar: AvatarMode = ({ email }) =>
  email === ''
    ? undefined
    : `https://www.gravatar.com/avatar/${hash('sha256', email.toLowerCase())}?size=158&rating=g&default=mp`;

const attribute =
  (path: readonly string[]): AvatarMode =>
  ({ attributes }) => {
    const value = path.reduce<unknown>(
      (bag, key) =>
        bag !== null && typeof bag === 'object' && Object.hasOwn(bag, key) ? Reflect.get(bag, key) : undefined,
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
  if (unknown) throw new Error(`"${unknown}" is nothing that the address of an avatar may name`);
  return (user) => url.replace(/%\(\w+\)s/g, (found) => encodeURIComponent(placeholders[found]?.(user) ?? ''));
}
