import type { FlowVersion } from '@gatehouse/plan';
import type { FlowRequest } from './flow-request.js';

/** Leads to whatever flow logs in. */
const LOGIN = '/flows/-/default/authentication/';

/** Where somebody logs in again, to come back to the flow they were in; from a login they go on to where it leads. */
export function loginUrl({ slug, query }: FlowRequest, { flow }: FlowVersion): string {
  const { flow_token: _secret, ...rest } = query;
  const inner = new URLSearchParams(rest).toString();
  const page = `/if/flow/${slug}/${inner && `?${inner}`}`;
  const next = flow.designation === 'authentication' ? query['next'] : page;
  return next ? `${LOGIN}?${new URLSearchParams({ next }).toString()}` : LOGIN;
}
