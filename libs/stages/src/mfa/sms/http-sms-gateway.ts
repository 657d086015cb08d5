import { SmsGateway, type SmsMessage, SmsNotSentError, type SmsSettings } from './sms-gateway.js';

interface Call {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Twilio, or any web hook (docs/spec/mfa.md#sms-providers). What a provider says is nobody's to see: its status is. */
export class HttpSmsGateway extends SmsGateway {
  /** `twilioUrl`: where Twilio is. */
  constructor(
    private readonly twilioUrl: string,
    private readonly timeoutMs: number,
  ) {
    super();
  }

  async send(settings: SmsSettings, message: SmsMessage): Promise<void> {
    const { url, headers, body } =
      settings.provider === 'twilio' ? this.twilio(settings, message) : hook(settings, message);
    const signal = AbortSignal.timeout(Math.max(1, Math.min(this.timeoutMs, message.timeoutMs)));
    // A redirect would take number and credentials to whoever it names.
    const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' }).catch(
      (cause: unknown) => {
        throw new SmsNotSentError(
          signal.aborted ? 'the provider does not answer' : `the provider cannot be reached: ${reasonOf(cause)}`,
          false,
        );
      },
    );
    await answer.body?.cancel();
    if (!answer.ok) throw new SmsNotSentError('the provider refuses', false, answer.status);
  }

  private twilio({ account_sid: account, auth, from_number: from }: SmsSettings, { to, code }: SmsMessage): Call {
    const path = `/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`;
    return {
      url: this.twilioUrl.replace(/\/+$/, '') + path,
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        authorization: basic(account, auth),
      },
      body: new URLSearchParams({ To: to, From: from, Body: textOf(code) }).toString(),
    };
  }
}

function hook(settings: SmsSettings, { to, code }: SmsMessage): Call {
  const { account_sid: url, auth, auth_password: password, auth_type: type, from_number: from } = settings;
  if (!URL.canParse(url)) throw new SmsNotSentError('the address of the provider is none', false);
  const authorization = type === 'bearer' ? `Bearer ${auth}` : basic(auth, password);
  return {
    url,
    headers: { 'content-type': 'application/json', 'user-agent': 'Gatehouse', authorization },
    body: JSON.stringify({ From: from, To: to, Body: code, Message: textOf(code) }),
  };
}

/** To the letter what phones that read codes out of messages look for (docs/spec/mfa.md#sms-message). */
const textOf = (code: string) => `Use this code to authenticate in authentik: ${code}`;

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** The name of what went wrong; its text may hold the address, and that a number. */
const reasonOf = (error: unknown) => {
  const { cause } = error as { cause?: { code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : 'unknown';
};
