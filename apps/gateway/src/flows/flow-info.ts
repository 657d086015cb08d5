import type { FlowInfo, UserInfo } from '@gatehouse/contracts';
import type { FlowResponse, Identity } from '@gatehouse/executor';
import type { Brand, Plan } from '@gatehouse/plan';
import type { AvatarService } from '../users/avatars/avatar.service.js';
import type { AvatarSubject } from '../users/avatars/avatar-modes.js';
import { formatTitle } from './flow-title.js';

/** The picture and the layout where neither a flow nor its brand says another (docs/spec/blueprints.md#flow). */
export const FLOW_DEFAULTS = {
  background: '/static/dist/assets/images/flow_background.jpg',
  layout: 'stacked',
} as const;

/** Drops the plan and leads to the flow that logs out. */
export const CANCEL_URL = '/flows/-/cancel/';

/**
 * Whom the visitor is shown as: what they typed, else whom the flow is about, else who is logged in; undefined for a stranger.
 * Attributes are known of the latter only: what somebody keeps there is not for whoever types their name.
 */
export function displayedUser(context: Plan['context'], sessionUser: Identity | undefined): AvatarSubject | undefined {
  const { pending_user_identifier: typed, pending_user: pending } = context;
  if (typed !== undefined) return { username: typed, name: '', email: '' };
  if (!pending || (pending.kind === 'saved' && pending.uuid === sessionUser?.uuid)) return sessionUser;
  return { username: pending.username, name: 'name' in pending ? pending.name : '', email: pending.email };
}

/** The fields of a challenge that says whom it is for (docs/spec/executor.md#user-info). */
export const userInfo = (user: AvatarSubject | undefined, avatars: AvatarService): UserInfo => ({
  pending_user: user?.username ?? '',
  pending_user_avatar: avatars.of(user),
});

/** What a challenge says that is of no flow. */
export const brandFlowInfo = ({ title, background, layout }: Brand): Omit<FlowInfo, 'cancel_url'> => ({
  ...{ title, background: background ?? FLOW_DEFAULTS.background, layout: layout ?? FLOW_DEFAULTS.layout },
});

/**
 * What every challenge says of its flow (docs/spec/executor.md#envelope); without a plan the title is as it was
 * written.
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
