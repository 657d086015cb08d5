import type { FlowInfo, User, UserInfo } from '@gatehouse/contracts';
import type { FlowVersion, Plan } from '@gatehouse/plan';
import { DEFAULT_AVATAR, initialsAvatar } from './avatar.js';

/** Drops the plan and leads to the flow that logs out. */
export const CANCEL_URL = '/flows/-/cancel/';

/** Whom the visitor is shown as: what they typed, else whom the flow is about, else who is logged in; undefined for a stranger. */
export function displayedUser(context: Plan['context'], sessionUser: User | undefined) {
  const { pending_user_identifier: typed, pending_user: pending } = context;
  if (typed !== undefined) return { username: typed, name: '' };
  const user = pending ?? sessionUser;
  return user && { username: user.username, name: 'name' in user ? user.name : '' };
}

type Displayed = ReturnType<typeof displayedUser>;

/** The fields of a challenge that says whom it is for (01-executor §4.3). */
export const userInfo = (user: Displayed): UserInfo => ({
  pending_user: user?.username ?? '',
  pending_user_avatar: user ? initialsAvatar(user) : DEFAULT_AVATAR,
});

/** What every challenge says of its flow (01-executor §4.1). */
export const flowInfo = ({ flow }: FlowVersion, context: Plan['context'], user: Displayed): FlowInfo => ({
  title: formatTitle(flow.title, { app: context.application?.name ?? '', user: user?.username ?? 'AnonymousUser' }),
  background: flow.background,
  cancel_url: CANCEL_URL,
  layout: flow.layout,
});

/** `%(app)s` and `%(user)s` filled in; a title with any other use of `%` stays as it is (01-executor §4.2). */
export function formatTitle(title: string, names: { readonly app: string; readonly user: string }): string {
  const rest = title.replace(/%%|%\((?:app|user)\)s/g, '');
  if (rest.includes('%')) return title;
  return title.replace(/%%|%\((app|user)\)s/g, (match, name?: 'app' | 'user') => (name ? names[name] : match[0]!));
}
