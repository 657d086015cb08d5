import type { FlowInfo, UserInfo } from '@gatehouse/contracts';
import type { FlowResponse, Identity } from '@gatehouse/executor';
import type { Brand, Plan } from '@gatehouse/plan';
import type { AvatarService } from '../users/avatars/avatar.service.js';
import type { AvatarSubject } from '../users/avatars/avatar-modes.js';
import { formatTitle } from './flow-title.js';

/** Background and layout of a flow if neither the flow nor its brand sets them (docs/spec/blueprints.md#flow). */
export const FLOW_DEFAULTS = {
  background: '/static/dist/assets/images/flow_background.jpg',
  layout: 'stacked',
} as const;

/** Cancels the session's plans and redirects to the logout flow. */
export const CANCEL_URL = '/flows/-/cancel/';

/**
 * Returns the user that a challenge shows: the typed identifier, else the pending user, else the logged-in user. Only
 * the logged-in user has attributes in the result, so that typing a username does not reveal the attributes of that
 * user.
 */
export function displayedUser(context: Plan['context'], sessionUser: Identity | undefined): AvatarSubject | undefined {
  const { pending_user_identifier: typed, pending_user: pending } = context;
  if (typed !== undefined) return { username: typed, name: '', email: '' };
  if (!pending || (pending.kind === 'saved' && pending.uuid === sessionUser?.uuid)) return sessionUser;
  return { username: pending.username, name: 'name' in pending ? pending.name : '', email: pending.email };
}

/** Returns the fields of a challenge that show its user (docs/spec/executor.md#user-info). */
export const userInfo = (user: AvatarSubject | undefined, avatars: AvatarService): UserInfo => ({
  pending_user: user?.username ?? '',
  pending_user_avatar: avatars.urlOf(user),
});

/** Returns the flow info of a challenge that belongs to no flow, such as that of the AccessDeniedPage. */
export const brandFlowInfo = ({ title, background, layout }: Brand): Omit<FlowInfo, 'cancel_url'> => ({
  ...{ title, background: background ?? FLOW_DEFAULTS.background, layout: layout ?? FLOW_DEFAULTS.layout },
});

/**
 * Returns the flow info of a challenge (docs/spec/executor.md#envelope). Fills in the placeholders of the title only if
 * there is a plan.
 */
export const flowInfo = (
  { version, brand, context, planId }: FlowResponse,
  user: AvatarSubject | undefined,
): FlowInfo => ({
  title: planId === undefined ? version.flow.title : formatTitle(version.flow.title, titleNames(context, user)),
  background: version.flow.background ?? brand.background ?? FLOW_DEFAULTS.background,
  cancel_url: CANCEL_URL,
  layout: version.flow.layout ?? brand.layout ?? FLOW_DEFAULTS.layout,
});

const titleNames = ({ application }: Plan['context'], user: AvatarSubject | undefined) => ({
  app: application?.name ?? '',
  user: user?.username ?? 'AnonymousUser',
});
