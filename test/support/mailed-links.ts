import type { Browser, BrowserResponse } from './browser.js';

/** Part of the challenge that asks the visitor to confirm a followed mailed link. */
export const LINK_QUESTION = {
  component: 'ak-stage-consent',
  header_text: 'Continue to confirm this email address.',
  permissions: [],
};

/** A followed link: its query, and the challenge that the browser got for it. */
interface FollowedLink {
  readonly query: string;
  readonly question: BrowserResponse;
}

/** Confirms a mailed link that a browser has followed: answers the consent challenge with its token. */
export const confirmLink = (browser: Browser, slug: string, { query, question }: FollowedLink) =>
  browser.solve(slug, { component: 'ak-stage-consent', token: question.body['token'] }, query);

/** Follows a mailed link and confirms it. Returns the response to the confirmation. */
export const followLink = async (browser: Browser, slug: string, query: string) =>
  confirmLink(browser, slug, { query, question: await browser.show(slug, query) });
