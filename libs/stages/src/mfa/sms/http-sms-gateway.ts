import type { Config } from '@gatehouse/contracts';
import { type OutgoingRequest, RestrictedHttpClient } from '@gatehouse/platform';
import type { z } from 'zod';
import type { authenticatorSmsContract } from './authenticator-sms.contract.js';
import type { smsConfig } from './sms.config.js';

/** The settings of an SMS stage, which contain the provider and its credentials. */
export type SmsSettings = Config<typeof authenticatorSmsContract>;

/** Thrown if the provider did not accept a message, or a rate limit was reached. The text contains no phone number. */
export class SmsNotSentError extends Error {
  constructor(
    message: string,
    /** Whether a rate limit was reached, so that the user may retry later. */
    readonly rateLimited: boolean,
    /** The HTTP status of the provider's response, if there was one. */
    readonly status?: number,
  ) {
    super(message);
  }
}

/** A message with a code for a phone number. */
export interface SmsMessage {
  readonly to: string;
  readonly code: string;
  readonly timeoutMs: number;
}

type GatewaySettings = Pick<z.output<typeof smsConfig>, 'SMS_TWILIO_URL' | 'SMS_TIMEOUT_MS' | 'SMS_HOSTS'>;

/**
 * Sends messages through Twilio or a webhook (docs/spec/mfa.md#sms-providers). Uses only the status of a response,
 * because the body could reveal a phone number or a credential.
 */
export class HttpSmsGateway {
  private readonly twilio: RestrictedHttpClient;
  private readonly webhooks: RestrictedHttpClient;

  constructor(private readonly limits: GatewaySettings) {
    // The operator sets the URL of Twilio, so its host is always allowed. Blueprints set webhooks, so SMS_HOSTS limits
    // their hosts.
    this.twilio = new RestrictedHttpClient(new URL(limits.SMS_TWILIO_URL).hostname, 'sms');
    this.webhooks = new RestrictedHttpClient(limits.SMS_HOSTS, 'sms');
  }

  /** Sends a message. Throws `SmsNotSentError` if the provider does not accept it. */
  async send(settings: SmsSettings, message: SmsMessage): Promise<void> {
    const isTwilio = settings.provider === 'twilio';
    const http = isTwilio ? this.twilio : this.webhooks;
    const request = isTwilio ? this.twilioRequest(settings, message) : webhookRequest(settings, message);
    if (!http.isAllowed(request.url))
      throw new SmsNotSentError('the host of the provider is not allowed (see SMS_HOSTS)', false);
    const signal = AbortSignal.timeout(Math.max(1, Math.min(this.limits.SMS_TIMEOUT_MS, message.timeoutMs)));
    const status = await http.sendForStatus(request, signal).catch((cause: unknown) => {
      throw new SmsNotSentError(
        signal.aborted ? 'the provider timed out' : `the provider is unreachable: ${errorCodeOf(cause)}`,
        false,
      );
    });
    if (status < 200 || status >= 300) throw new SmsNotSentError('the provider refused the message', false, status);
  }

  private twilioRequest(
    { account_sid: account, auth, from_number: from }: SmsSettings,
    { to, code }: SmsMessage,
  ): OutgoingRequest {
    const path = `/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`;
    return {
      method: 'POST',
      url: new URL(this.limits.SMS_TWILIO_URL.replace(/\/+$/, '') + path),
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        authorization: basicAuth(account, auth),
      },
      body: new URLSearchParams({ To: to, From: from, Body: messageText(code) }).toString(),
    };
  }
}

function webhookRequest(settings: SmsSettings, { to, code }: SmsMessage): OutgoingRequest {
  const { account_sid: url, auth, auth_password: password, auth_type: type, from_number: from } = settings;
  if (!/^https?:/i.test(url) || !URL.canParse(url)) throw new SmsNotSentError('account_sid is not a valid URL', false);
  const authorization = type === 'bearer' ? `Bearer ${auth}` : basicAuth(auth, password);
  return {
    method: 'POST',
    url: new URL(url),
    headers: { 'content-type': 'application/json', 'user-agent': 'Gatehouse', authorization },
    body: JSON.stringify({ From: from, To: to, Body: code, Message: messageText(code) }),
  };
}

/** The exact text from which phones extract codes (docs/spec/mfa.md#sms-message). */
const messageText = (code: string) => `Use this code to authenticate in authentik: ${code}`;

const basicAuth = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/**
 * Returns the code of a network error. The error's message is not logged, because it may contain a URL with a phone
 * number.
 */
const errorCodeOf = (error: unknown) => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
};
