import { z } from 'zod';
import { paginatedSchema } from '../http/pagination.js';

const text = z.string();
const software = { family: text, major: text, minor: text };

const device = z.object({ brand: text, family: text, model: text });
const system = z.object({ ...software, patch: text, patch_minor: text });
const browser = z.object({ ...software, patch: text });
const userAgent = z
  .object({
    device: device.meta({
      id: 'AuthenticatedSessionUserAgentDevice',
      description: 'The device of the browser, such as a phone model.',
    }),
    os: system.meta({ id: 'AuthenticatedSessionUserAgentOs', description: 'The operating system of the browser.' }),
    user_agent: browser.meta({ id: 'AuthenticatedSessionUserAgentUserAgent', description: 'The browser.' }),
    string: text,
  })
  .meta({
    id: 'AuthenticatedSessionUserAgent',
    description: 'The browser, operating system and device of a session, as recognised from the header `User-Agent`.',
  });

/** A session of a logged-in user. */
export const authenticatedSession = z
  .object({
    uuid: z.uuid(),
    current: z.boolean(),
    user_agent: userAgent,
    geo_ip: z.null(),
    asn: z.null(),
    user: z.int(),
    last_ip: text,
    last_user_agent: text,
    last_used: z.iso.datetime(),
    expires: z.iso.datetime(),
  })
  .meta({ id: 'AuthenticatedSession', description: 'A session with a logged-in user.' });
export type AuthenticatedSession = z.input<typeof authenticatedSession>;

/** A page of sessions. */
export const authenticatedSessions = paginatedSchema(authenticatedSession).meta({
  id: 'PaginatedAuthenticatedSessionList',
  description: 'One page of a list of sessions.',
});
