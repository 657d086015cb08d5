import { z } from 'zod';
import { paginatedSchema } from '../http/pagination.js';

const text = z.string();
const software = { family: text, major: text, minor: text };

const device = z.object({ brand: text, family: text, model: text });
const system = z.object({ ...software, patch: text, patch_minor: text });
const browser = z.object({ ...software, patch: text });
const userAgent = z
  .object({
    device: device.meta({ id: 'AuthenticatedSessionUserAgentDevice', description: 'What it ran on.' }),
    os: system.meta({ id: 'AuthenticatedSessionUserAgentOs', description: 'Under what it ran.' }),
    user_agent: browser.meta({ id: 'AuthenticatedSessionUserAgentUserAgent', description: 'What it is.' }),
    string: text,
  })
  .meta({ id: 'AuthenticatedSessionUserAgent', description: 'A user agent, as far as it is recognised.' });

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
  .meta({ id: 'AuthenticatedSession', description: 'A session that somebody is logged in to.' });
export type AuthenticatedSession = z.input<typeof authenticatedSession>;

/** A page of sessions. */
export const authenticatedSessions = paginatedSchema(authenticatedSession).meta({
  id: 'PaginatedAuthenticatedSessionList',
  description: 'A page of sessions.',
});
