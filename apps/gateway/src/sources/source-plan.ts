import type { PlanContext, PublishedSource, SavedUser } from '@gatehouse/contracts';
import type { PlanSeed } from '@gatehouse/plan';
import type { SourceIdentity } from './source-user.matcher.js';

const INBUILT = 'authentik.core.auth.InbuiltBackend';

/** Somebody who comes from a source, and who they are if they are known. */
export interface SourceUser {
  readonly source: PublishedSource;
  readonly identity: SourceIdentity;
  readonly known: SavedUser | undefined;
}

/** What a plan knows of whoever comes from a source (docs/spec/sources.md#plan). */
export function sourceContext({ source, identity, known }: SourceUser): PlanContext {
  const { uuid, slug, name } = source;
  return {
    ...(known ? { pending_user: known, verified_user: known.uuid } : enrolmentContext(source, identity)),
    user_backend: INBUILT,
    is_sso: true,
    source: { uuid, slug, name },
    'goauthentik.io/sources/connection': { source: uuid, identifier: identity.identifier },
    source_groups: identity.groups,
    oauth_userinfo: identity.info,
  };
}

function enrolmentContext({ slug, user_path_template }: PublishedSource, { user }: SourceIdentity): PlanContext {
  const { username, name, email } = user;
  const told = Object.entries({ username, name, email }).filter(([, value]) => value !== undefined);
  return { prompt_data: Object.fromEntries(told), user_path: user_path_template.replaceAll('%(slug)s', slug) };
}

type Steps = NonNullable<PlanSeed['insert']>;

/**
 * What follows the steps of a flow: who they are is kept, their groups are followed, and they are told
 * (docs/spec/sources.md#added-steps).
 */
export const postLoginSteps = ({ source }: SourceUser): Steps => ({
  where: 'last',
  steps: [
    { kind: 'post_source', config: {} },
    { kind: 'group_update', config: { matching: source.group_matching_mode } },
    successMessage(source),
  ],
});

/** The same where a flow goes on that was under way: groups are for logins. */
export const postReturnSteps = ({ source }: SourceUser): Steps => ({
  where: 'last',
  steps: [{ kind: 'post_source', config: {} }, successMessage(source)],
});

const successMessage = ({ name }: PublishedSource) => ({
  kind: 'message',
  config: { message: `Successfully authenticated with ${name}!` },
});
