import { z } from 'zod';
import type { mailServer } from './effect.js';
import { boolean, char, integer } from './fields.js';
import { type Errors, NON_FIELD_ERRORS } from './message.js';
import { secret } from './secret.js';

/**
 * Seconds for which a mailed link is valid beyond the lifetime that the mail states, for users who open it in the last
 * minute (docs/spec/stages.md#email-mail).
 */
export const LINK_GRACE_S = 60;

/** Returns the whole minutes of a lifetime that a mail states; a shorter one counts as a minute. */
export const wholeMinutes = (lifetimeS: number): number => Math.max(1, Math.floor(lifetimeS / 60));

/** Maximum length of a text in the settings of a mail server. */
const MAX_TEXT = 255;

const ADDRESS = /^[^\s@<>,;"]+@[^\s@<>,;"]+$/;
/** Maximum length of an email address in characters (RFC 5321 §4.5.3.1.3). */
export const MAX_ADDRESS_LENGTH = 254;

/** Returns whether a text is one email address without a display name. */
export const isMailAddress = (text: string): boolean => text.length <= MAX_ADDRESS_LENGTH && ADDRESS.test(text);

/** Config fields of a stage that sends mails, with the names that they have in blueprints of authentik. */
export const mailServerFields = {
  use_global_settings: boolean()
    .default(false)
    .describe('Whether the mail server of the installation sends. Otherwise the settings of this stage count.'),
  host: char({ maxLength: MAX_TEXT }).default('localhost').describe('Host of the mail server.'),
  port: integer({ min: 1, max: 65_535 }).default(25).describe('Port of the mail server.'),
  username: char({ allowBlank: true, maxLength: MAX_TEXT }).default('').describe('User name at the mail server.'),
  password: secret(char({ allowBlank: true, trim: false, maxLength: 1024 }).default('')).describe(
    'Password at the mail server.',
  ),
  use_tls: boolean().default(false).describe('Whether STARTTLS is used.'),
  use_ssl: boolean().default(false).describe('Whether the connection is encrypted from the start.'),
  timeout: integer({ min: 1, max: 300 }).default(10).describe('Seconds that the mail server may take.'),
  from_address: char({ maxLength: MAX_TEXT }).default('system@authentik.local').describe('Address of the sender.'),
};

const settings = z.object(mailServerFields);
type MailServerSettings = z.output<typeof settings>;

/** Returns the errors of the fields of `mailServerFields` in a blueprint. */
export function mailServerErrors({ use_tls, use_ssl, from_address }: Readonly<Record<string, unknown>>): Errors {
  const isAddress = typeof from_address !== 'string' || isMailAddress(from_address);
  return {
    ...(isAddress ? {} : { from_address: [{ code: 'not_an_email' }] }),
    ...(use_tls === true && use_ssl === true
      ? { [NON_FIELD_ERRORS]: [{ text: 'use_tls and use_ssl exclude each other.' }] }
      : {}),
  };
}

/**
 * Returns an object with the member `smtp` of a mail; an empty object if the installation's own mail server sends the
 * mail.
 */
export function mailServerOf(config: MailServerSettings): { readonly smtp?: z.output<typeof mailServer> } {
  if (config.use_global_settings) return {};
  const { host, port, username, password, timeout, from_address: from } = config;
  const tls = config.use_ssl ? 'implicit' : config.use_tls ? 'starttls' : 'none';
  return { smtp: { host, port, username, password, tls, timeout_s: timeout, from } };
}
