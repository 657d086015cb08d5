import type { ProfileClaims, ProviderProfile } from '../identity.js';

/** Returns the claims of a provider's profile. */
export type ReadProfile = (profile: ProviderProfile) => ProfileClaims;

const nestedObject = (profile: ProviderProfile, ...path: readonly string[]): ProviderProfile =>
  path.reduce<ProviderProfile>((object, key) => {
    const next = object[key];
    return typeof next === 'object' && next !== null ? (next as ProviderProfile) : {};
  }, profile);

/** Reads the standard claims (OpenID Connect Core 1.0, 5.1), and the common claim `groups`. */
export const openid: ReadProfile = (profile) => ({
  identifier: profile['sub'],
  username: profile['preferred_username'] ?? profile['nickname'],
  name: profile['name'],
  email: profile['email'],
  email_verified: profile['email_verified'],
  groups: profile['groups'],
});

/** Reads the id token of Apple, which has the name at the first login only, and no username. */
export const apple: ReadProfile = (profile) => ({
  identifier: profile['sub'],
  name: profile['name'],
  email: profile['email'],
  email_verified: profile['email_verified'],
});

/** Reads the response of Microsoft Graph's endpoint `me`. */
export const azuread: ReadProfile = (profile) => ({
  identifier: profile['id'],
  username: profile['userPrincipalName'],
  name: profile['displayName'],
  email: profile['mail'],
});

/** Reads the response of Discord's endpoint `users/@me`. */
export const discord: ReadProfile = (profile) => ({
  identifier: profile['id'],
  username: profile['username'],
  name: profile['global_name'] ?? profile['username'],
  email: profile['email'],
  email_verified: profile['verified'],
});

/**
 * Reads the response of Facebook's endpoint `me`. Users choose their display names freely, so these are not used as
 * usernames.
 */
export const facebook: ReadProfile = (profile) => ({
  identifier: profile['id'],
  name: profile['name'],
  email: profile['email'],
});

/** Reads the response of GitHub's endpoint `user`, with the primary email address added. */
export const github: ReadProfile = (profile) => ({
  identifier: profile['id'],
  username: profile['login'],
  name: profile['name'],
  email: profile['email'],
  email_verified: profile['email_verified'],
});

/** Reads the profile of a mailcow mailbox. */
export const mailcow: ReadProfile = (profile) => ({
  identifier: profile['id'] ?? profile['identifier'],
  username: profile['username'],
  name: profile['full_name'],
  email: profile['email'],
});

/** Reads the response of Patreon's endpoint `identity`. */
export const patreon: ReadProfile = (profile) => {
  const [{ id }, user] = [nestedObject(profile, 'data'), nestedObject(profile, 'data', 'attributes')];
  return {
    identifier: id,
    username: user['vanity'],
    name: user['full_name'],
    email: user['email'],
    email_verified: user['is_email_verified'],
  };
};

/** Reads the response of Reddit's endpoint `me`, which has no email address. */
export const reddit: ReadProfile = (profile) => ({
  identifier: profile['id'],
  username: profile['name'],
  name: profile['name'],
});

/** Reads the response of Twitter's endpoint `users/me`, which has no email address. */
export const twitter: ReadProfile = (profile) => {
  const user = nestedObject(profile, 'data');
  return { identifier: user['id'], username: user['username'], name: user['name'] };
};
