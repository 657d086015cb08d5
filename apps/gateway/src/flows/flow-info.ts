import type { ApiView, FlowInfo, UserInfo } from '@gatehouse/contracts';
import type { FlowResponse, Identity } from '@gatehouse/executor';
import { type Brand, DEFAULT_BACKGROUND, type Plan } from '@gatehouse/plan';
import type { AvatarService } from '../users/avatars/avatar.service.js';
import type { AvatarSubject } from '../users/avatars/avatar-modes.js';
import { formatTitle } from './flow-title.js';
import { themedUrlsOf } from './themed-urls.js';

/** Background and layout of a flow if neither the flow nor its brand sets them (docs/spec/blueprints.md#flow). */
export const FLOW_DEFAULTS = {
  background: DEFAULT_BACKGROUND,
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
export function flowInfo(response: FlowResponse, user: AvatarSubject | undefined, view: ApiView): FlowInfo {
  const { version, brand, context, planId, next } = response;
  const background = version.flow.background ?? brand.background ?? FLOW_DEFAULTS.background;
  const layout = version.flow.layout ?? brand.layout ?? FLOW_DEFAULTS.layout;
  const title = planId === undefined ? version.flow.title : formatTitle(version.flow.title, titleNames(context, user));
  if (view === '2024.8') return { title, background, cancel_url: CANCEL_URL, layout: olderLayout(layout) };
  const cancel_url = next === undefined ? CANCEL_URL : `${CANCEL_URL}?${new URLSearchParams({ next }).toString()}`;
  return { title, ...themedBackground(background), cancel_url, layout };
}

/** Returns the layout of 2024.8 that is most similar. */
const olderLayout = (layout: FlowInfo['layout']): FlowInfo['layout'] =>
  layout.replace('_frame_background', '') as FlowInfo['layout'];

/** Returns the addresses of a background: those for the light and dark theme, if it has the placeholder `%(theme)s`. */
function themedBackground(background: string): Pick<FlowInfo, 'background' | 'background_themed_urls'> {
  const themed = themedUrlsOf(background);
  return { background: themed?.light ?? background, background_themed_urls: themed };
}

const titleNames = ({ application }: Plan['context'], user: AvatarSubject | undefined) => ({
  app: application?.name ?? '',
  user: user?.username ?? 'AnonymousUser',
});
