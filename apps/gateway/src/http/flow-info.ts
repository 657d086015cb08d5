import type { FlowInfo, UserInfo } from '@gatehouse/contracts';
import type { Brand, Plan } from '@gatehouse/plan';
import type { Identity } from '../execution/plans.js';
import type { FlowAnswer } from '../execution/request.js';
import type { Pictured } from './avatar-modes.js';
import type { Avatars } from './avatars.js';
import { formatTitle } from './flow-title.js';

/** The picture and the layout where neither a flow nor its brand says another (docs/spec/blueprints.md#flow). */
export const DEFAULTS = { background: '/static/dist/assets/images/flow_background.jpg', layout: 'stacked' } as const;

/** Drops the plan and leads to the flow that logs out. */
export const CANCEL_URL = '/flows/-/cancel/';

/**
 * Whom the visitor is shown as: what they typed, else whom the flow is about, else who is logged in; undefined for a stranger.
 * Attributes are known of the latter only: what somebody keeps there is not for whoever types their name.
 */
export function displayedUser(context: Plan['context'], sessionUser: Identity | undefined): Pictured | undefined {
  const { pending_user_identifier: typed, pending_user: pending } = context;
  if (typed !== undefined) return { username: typed, name: '', email: '' };
  if (!pending || (pending.kind === 'saved' && pending.uuid === sessionUser?.uuid)) return sessionUser;
  return { username: pending.username, name: 'name' in pending ? pending.name : '', email: pending.email };
}

/** The fields of a challenge that says whom it is for (docs/spec/executor.md#user-info). */
export const userInfo = (user: Pictured | undefined, avatars: Avatars): UserInfo => ({
  pending_user: user?.username ?? '',
  pending_user_avatar: avatars.of(user),
});

/** What a challenge says that is of no flow. */
export const brandInfo = ({ title, background, layout }: Brand): Omit<FlowInfo, 'cancel_url'> => ({
  ...{ title, background: background ?? DEFAULTS.background, layout: layout ?? DEFAULTS.layout },
});

/**
 * What every challenge says of its flow (docs/spec/executor.md#envelope); without a plan the title is as it was
 * written.
 */
export const flowInfo = ({ version, brand, context, planId }: FlowAnswer, user: Pictured | undefined): FlowInfo => ({
  title: planId === undefined ? version.flow.title : formatTitle(version.flow.title, namesOf(context, user)),
  background: version.flow.background ?? brand.background ?? DEFAULTS.background,
  cancel_url: CANCEL_URL,
  layout: version.flow.layout ?? brand.layout ?? DEFAULTS.layout,
});

const namesOf = ({ application }: Plan['context'], user: Pictured | undefined) => ({
  app: application?.name ?? '',
  user: user?.username ?? 'AnonymousUser',
});
