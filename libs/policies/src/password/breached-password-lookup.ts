import { createHash } from 'node:crypto';
import { measureProvider, withHttpRequestSpan } from '@gatehouse/platform';
import { UndecidedPolicyError } from '../policy.js';

/**
 * Number of hexadecimal digits of the hash that are sent. Hundreds of passwords have the same first digits
 * (k-anonymity).
 */
const PREFIX_LENGTH = 5;
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** Looks up passwords in the range API of Have I Been Pwned, by the first digits of their SHA-1 hash. */
export class BreachedPasswordLookup {
  constructor(private readonly url: string) {}

  /** Returns how often a password occurs in known breaches. Throws UndecidedPolicyError if the API does not answer. */
  async count(password: string, signal: AbortSignal): Promise<number> {
    const hash = createHash('sha1').update(password).digest('hex').toUpperCase();
    const lines = await this.range(hash.slice(0, PREFIX_LENGTH), signal);
    const line = lines.find((entry) => entry.startsWith(`${hash.slice(PREFIX_LENGTH)}:`));
    return Number.parseInt(line?.split(':')[1] ?? '0', 10) || 0;
  }

  private async range(prefix: string, signal: AbortSignal): Promise<string[]> {
    const url = new URL(`range/${prefix}`, this.url.endsWith('/') ? this.url : `${this.url}/`);
    const send = () =>
      measureProvider('breached_passwords', () =>
        fetch(url, { signal, redirect: 'error', headers: { 'add-padding': 'true' } }),
      );
    const response = await withHttpRequestSpan('GET', url, send).catch((cause: unknown) => {
      throw new UndecidedPolicyError('the list of breached passwords cannot be reached', { cause });
    });
    if (!response.ok)
      throw new UndecidedPolicyError(`the list of breached passwords responds with status ${response.status}`);
    return (await textOf(response)).split(/\r?\n/);
  }
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES)
      throw new UndecidedPolicyError(
        `the list of breached passwords responds with more than ${MAX_RESPONSE_BYTES} bytes`,
      );
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}
