import type { Translate } from '@gatehouse/texts/browser';
import type { FlowPageData } from '../page.js';
import type { Envelope } from './envelope.js';

/** A link with which the visitor can continue after a denial. */
export interface WayOn {
  readonly text: string;
  readonly href: string;
}

/** The explanation on a page of why a run was refused. */
export interface Denial {
  readonly text: string;
  /** Links with which the visitor can continue, the most likely one first. */
  readonly ways: readonly WayOn[];
}

interface Options {
  readonly challenge: Envelope;
  readonly pageData: FlowPageData;
  readonly t: Translate;
}

/** Code of the problem for an unknown address. */
export const NOT_FOUND = 'not_found';

const LOGIN = '/flows/-/default/authentication/';
const LOGOUT = '/flows/-/default/invalidation/';
const HOME = '/';

/** Returns the heading of a page that explains a denial. */
export function denialHeading({ reason }: Envelope, t: Translate): string {
  switch (reason) {
    case 'too_many_attempts':
      return t('Too many attempts');
    case 'login_required':
      return t('Please log in');
    case 'logged_in':
      return t('You are already logged in');
    case 'next_invalid':
      return t('This link leads elsewhere');
    default:
      return t('Permission denied');
  }
}

/** Returns the heading of a page that shows an error. */
export const errorHeading = ({ reason }: Envelope, t: Translate): string =>
  reason === NOT_FOUND ? t('Page not found') : t('Something went wrong');

/**
 * Returns the explanation for a reason that the page knows, else `undefined`, so that the page shows the API's text.
 */
export function denialOf({ challenge, pageData, t }: Options): Denial | undefined {
  const { reason, pending_user: username = '' } = challenge;
  const build = reason && Object.hasOwn(DENIALS, reason) ? DENIALS[reason] : undefined;
  return build?.({ t, pageData, username });
}

interface Facts {
  readonly t: Translate;
  readonly pageData: FlowPageData;
  readonly username: string;
}

const DENIALS: Readonly<Record<string, (facts: Facts) => Denial>> = {
  too_many_attempts: ({ t, pageData }) => ({
    text: pageData.recovery_url
      ? t('The password was wrong too many times. Start again, or reset your password if you have forgotten it.')
      : t('The password was wrong too many times. Please start again.'),
    ways: [startAgain(t, pageData), ...resetPassword(t, pageData)],
  }),
  login_required: ({ t, pageData }) => ({
    text: t('You need to be logged in to go on here.'),
    ways: [{ text: t('Log in'), href: withNext(LOGIN, pageData.address) }],
  }),
  logged_in: ({ t, pageData, username }) => ({
    text: t('You are logged in as {username}. Log out first if you want to go on here as somebody else.', { username }),
    ways: [
      { text: t('Go to your account'), href: HOME },
      { text: t('Log out'), href: withNext(LOGOUT, pageData.address) },
    ],
  }),
  superuser_required: ({ t }) => ({
    text: t('Only administrators may go on here.'),
    ways: [{ text: t('Go to your account'), href: HOME }],
  }),
  not_applicable: ({ t, username }) => ({
    text: t('You cannot go on here. If you think that you should, ask your administrator.'),
    ways: [{ text: username ? t('Go to your account') : t('Log in'), href: HOME }],
  }),
  next_invalid: ({ t }) => ({
    text: t('The address to which you would be led now belongs to another site, so we do not follow it.'),
    ways: [{ text: t('Go to your account'), href: HOME }],
  }),
  unspecified: ({ t, pageData }) => ({
    text: t('You cannot go on here. Start again, or ask your administrator if that does not help.'),
    ways: [startAgain(t, pageData)],
  }),
};

const startAgain = (t: Translate, { address }: FlowPageData): WayOn => ({ text: t('Start again'), href: address });

const resetPassword = (t: Translate, { recovery_url: url, address }: FlowPageData): readonly WayOn[] =>
  url ? [{ text: t('Reset the password'), href: `${url}${queryOf(address)}` }] : [];

/** Returns the query of the page, so that the destination is kept. */
const queryOf = (address: string): string => /\?.*$/.exec(address)?.[0] ?? '';

const withNext = (path: string, next: string): string => `${path}?${new URLSearchParams({ next })}`;
