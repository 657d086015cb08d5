import { z } from 'zod';
import { isWebAddress } from './redirect-target.js';

/** Kind of the stage that notifies applications of a logout, in frames of the browser. */
export const IFRAME_LOGOUT_KIND = 'iframe_logout';

/** Name of the fact with the URLs of applications that the browser must open, because the visitor has logged out. */
export const IFRAME_SESSIONS = 'goauthentik.io/providers/oauth2/iframe_sessions';

const webAddress = z.string().refine(isWebAddress, { error: 'Enter an http(s) URL.' });

/** An application to which a session has signed in, and the URL that a frame of the browser opens to log out there. */
export const signedInApplication = z.object({ name: z.string(), url: webAddress });
export type SignedInApplication = z.output<typeof signedInApplication>;

/** An address that a frame of the browser opens, with the name of its application. */
export const iframeSession = z.object({ url: webAddress, provider_name: z.string(), binding: z.literal('redirect') });
export type IframeSession = z.output<typeof iframeSession>;

/** Returns what the step `iframe_logout` opens for an application. */
export const iframeSessionOf = ({ name, url }: SignedInApplication): IframeSession => ({
  url,
  provider_name: name,
  binding: 'redirect',
});
