import {
  type ApiVersion,
  type PlanContext,
  type PublishedSource,
  type SavedUser,
  sentence,
} from '@gatehouse/contracts';
import type { PlanSeed } from '@gatehouse/plan';
import type { SourceIdentity } from './source-user.matcher.js';

const INBUILT = 'authentik.core.auth.InbuiltBackend';

/** An identity from a source, and the existing user that it belongs to. */
export interface SourceUser {
  readonly source: PublishedSource;
  readonly identity: SourceIdentity;
  /** The existing user; undefined for a new user. */
  readonly user: SavedUser | undefined;
}

/** Returns the facts that an identity from a source adds to a plan (docs/spec/sources.md#plan). */
export function sourceContext({ source, identity, user }: SourceUser): PlanContext {
  const { uuid, slug, name } = source;
  return {
    ...(user ? { pending_user: user, verified_user: user.uuid } : profileContext(source, identity)),
    user_backend: INBUILT,
    is_sso: true,
    source: { uuid, slug, name },
    'goauthentik.io/sources/connection': { source: uuid, identifier: identity.identifier },
    source_groups: identity.groups,
    oauth_userinfo: identity.info,
  };
}

/**
 * Returns the profile of a known user at the source, which a user write stage of the login flow saves. Empty under
 * 2024.8. Leaves out an address that the source reports as unverified, because mailed links would go to that address.
 */
export function knownUserProfile({ source, identity, user }: SourceUser, line: ApiVersion): PlanContext {
  if (!user || line === '2024.8') return {};
  const { email, ...claimed } = identity.user;
  const isTrusted = email !== undefined && claimed.email_verified !== false;
  return profileContext(source, { ...identity, user: isTrusted ? { ...claimed, email } : claimed });
}

function profileContext({ slug, user_path_template }: PublishedSource, { user }: SourceIdentity): PlanContext {
  const { username, name, email, email_verified } = user;
  const fields = Object.entries({ username, name, email }).filter(([, value]) => value !== undefined);
  return {
    prompt_data: Object.fromEntries(fields),
    user_path: user_path_template.replaceAll('%(slug)s', slug),
    ...(email && email_verified === true ? { source_email: email } : {}),
  };
}

type Steps = NonNullable<PlanSeed['insert']>;

/**
 * Returns the steps that a login through the source adds at the end of the plan: save the connection, synchronise
 * groups, show a message (docs/spec/sources.md#added-steps).
 */
export const postLoginSteps = ({ source }: SourceUser): Steps => ({
  where: 'last',
  steps: [
    { kind: 'post_source', config: {} },
    { kind: 'group_update', config: { matching: source.group_matching_mode, source: source.uuid } },
    successMessage(source),
  ],
});

/**
 * Returns the steps that a login through the source adds at the end of a plan that has waited for the login: save the
 * connection, show a message. The step has the source and the account in its config, because the context of the plan
 * may still hold those of an earlier source login, which began the plan.
 */
export function postReturnSteps(sourceUser: SourceUser): Steps {
  const { source, 'goauthentik.io/sources/connection': connection } = sourceContext(sourceUser);
  return {
    where: 'last',
    steps: [{ kind: 'post_source', config: { source, connection } }, successMessage(sourceUser.source)],
  };
}

function successMessage({ name }: PublishedSource) {
  const { text: message, params } = sentence('Successfully authenticated with {name}!', { name });
  return { kind: 'message', config: { message, params } };
}
