import type { Config } from '@gatehouse/contracts';
import type { authenticatorSmsContract } from './authenticator-sms.contract.js';

/** The settings of an SMS stage, which contain the provider and its credentials. */
export type SmsSettings = Config<typeof authenticatorSmsContract>;

/** Thrown when the provider did not accept a message, or a rate limit was reached. The text has no phone number. */
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

interface HttpCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends messages through Twilio or a web hook (docs/spec/mfa.md#sms-providers). Only the status of a response is used:
 * its body could reveal a phone number or a credential.
 */
export class HttpSmsGateway {
  /** `twilioUrl` is the base address of Twilio's API. `timeoutMs` is the maximum time of a request. */
  constructor(
    private readonly twilioUrl: string,
    private readonly timeoutMs: number,
  ) {}

  /** Sends a message. Throws `SmsNotSentError` when the provider does not accept it. */
  async send(settings: SmsSettings, message: SmsMessage): Promise<void> {
    const { url, headers, body } =
      settings.provider === 'twilio' ? this.twilioCall(settings, message) : webhookCall(settings, message);
    const signal = AbortSignal.timeout(Math.max(1, Math.min(this.timeoutMs, message.timeoutMs)));
    // Following a redirect would send the number and the credentials to another host.
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' }).catch(
      (cause: unknown) => {
        throw new SmsNotSentError(
          signal.aborted ? 'the provider timed out' : `the provider is unreachable: ${errorCodeOf(cause)}`,
          false,
        );
      },
    );
    await response.body?.cancel();
    if (!response.ok) throw new SmsNotSentError('the provider refused the message', false, response.status);
  }

  private twilioCall(
    { account_sid: account, auth, from_number: from }: SmsSettings,
    { to, code }: SmsMessage,
  ): HttpCall {
    const path = `/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`;
    return {
      url: this.twilioUrl.replace(/\/+$/, '') + path,
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        authorization: basicAuth(account, auth),
      },
      body: new URLSearchParams({ To: to, From: from, Body: messageText(code) }).toString(),
    };
  }
}

function webhookCall(settings: SmsSettings, { to, code }: SmsMessage): HttpCall {
  const { account_sid: url, auth, auth_password: password, auth_type: type, from_number: from } = settings;
  if (!URL.canParse(url)) throw new SmsNotSentError('account_sid is not a valid URL', false);
  const authorization = type === 'bearer' ? `Bearer ${auth}` : basicAuth(auth, password);
  return {
    url,
    headers: { 'content-type': 'application/json', 'user-agent': 'Gatehouse', authorization },
    body: JSON.stringify({ From: from, To: to, Body: code, Message: messageText(code) }),
  };
}

/** The exact text from which phones extract codes (docs/spec/mfa.md#sms-message). */
const messageText = (code: string) => `Use this code to authenticate in authentik: ${code}`;

const basicAuth = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/**
 * Returns the code of a network error. The error's message may contain a URL with a phone number, so it is not used.
 */
const errorCodeOf = (error: unknown) => {
  const { cause } = error as { cause?: { code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : 'unknown';
};
