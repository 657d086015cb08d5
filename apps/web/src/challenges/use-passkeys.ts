import { useEffect, useMemo } from 'preact/hooks';
import { type FormAnswer, usePage } from '../flow/page.context.js';
import { useFreshPasskeys } from '../flow/use-fresh-passkeys.js';
import type { Envelope } from './envelope.js';

/** A challenge that may accept passkeys. */
export interface PasskeyOffer extends Envelope {
  /** Options to get any passkey of the site. Null if the step accepts none. */
  readonly passkey_challenge?: FormAnswer | null | undefined;
  /** URL of the flow that logs users in by a passkey. */
  readonly passwordless_url?: string | undefined;
}

/**
 * Offers passkeys in the autofill suggestions, if the browser supports them: the passkeys that the step accepts, else
 * those of the passwordless flow. Returns a function that requests a passkey at once.
 */
export function usePasskeys({ passkey_challenge: shown, passwordless_url: url, response_errors }: PasskeyOffer) {
  const { answer } = usePage();
  const challenge = useFreshPasskeys(shown);
  const request = useMemo(() => new PasskeyRequest(), []);
  const ask = async (options: FormAnswer, suggested: boolean) => {
    const passkey = await request.ask(options, suggested);
    if (passkey) answer({ passkey });
  };
  useEffect(() => () => request.cancel(), [shown, url]);
  useEffect(() => {
    if (typeof PublicKeyCredential === 'undefined' || request.hasDialogue) return;
    // After a refusal the visitor asks for a passkey again. Otherwise the browser could return the refused passkey at
    // once.
    if (challenge && !response_errors) void ask(challenge, true);
    else if (url && !challenge) void request.offer(url);
  }, [challenge, url]);
  return { usePasskey: challenge ? () => void ask(challenge, false) : undefined };
}

/** A request to the browser for a passkey. A new request cancels the previous one. */
class PasskeyRequest {
  private controller = new AbortController();
  /** Whether a dialogue of the browser is open, which new options must not close. */
  hasDialogue = false;

  /**
   * Requests a passkey, as an autofill suggestion or at once. Returns `undefined` if there is no passkey, or if the
   * request was cancelled.
   */
  async ask(options: FormAnswer, suggested: boolean): Promise<FormAnswer | undefined> {
    const signal = this.restart();
    this.hasDialogue = !suggested;
    const { anyPasskey } = await import('../flow/passkeys.js');
    const passkey = await anyPasskey(options, { suggested, signal });
    if (signal.aborted) return undefined;
    this.hasDialogue = false;
    return passkey;
  }

  /** Offers the passkeys of the flow at `url` as autofill suggestions. */
  async offer(url: string): Promise<void> {
    const signal = this.restart();
    const { offerPasskeys } = await import('../flow/passkeys.js');
    await offerPasskeys(url, signal);
  }

  cancel(): void {
    this.controller.abort();
    this.hasDialogue = false;
  }

  private restart(): AbortSignal {
    this.cancel();
    this.controller = new AbortController();
    return this.controller.signal;
  }
}
