import { createHash } from 'node:crypto';
import { UndecidedPolicyError } from '../policy.js';
import { BreachedPasswordLookup } from './breaches.js';

/** Characters of a hash that are told: some hundreds of passwords share them. */
const PREFIX_LENGTH = 5;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Asks a service that lists the hashes of public passwords by their first characters. */
export class RangeBreachedPasswordLookup extends BreachedPasswordLookup {
  constructor(private readonly url: string) {
    super();
  }

  async count(password: string, signal: AbortSignal): Promise<number> {
    const hash = createHash('sha1').update(password).digest('hex').toUpperCase();
    const lines = await this.range(hash.slice(0, PREFIX_LENGTH), signal);
    const line = lines.find((one) => one.startsWith(`${hash.slice(PREFIX_LENGTH)}:`));
    return Number.parseInt(line?.split(':')[1] ?? '0', 10) || 0;
  }

  private async range(prefix: string, signal: AbortSignal): Promise<string[]> {
    const url = new URL(`range/${prefix}`, this.url.endsWith('/') ? this.url : `${this.url}/`);
    const answer = await fetch(url, { signal, redirect: 'error', headers: { 'add-padding': 'true' } }).catch(
      (cause: unknown) => {
        throw new UndecidedPolicyError('the list of public passwords cannot be reached', { cause });
      },
    );
    if (!answer.ok) throw new UndecidedPolicyError(`the list of public passwords answers ${answer.status}`);
    return (await textOf(answer)).split(/\r?\n/);
  }
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new UndecidedPolicyError('the list of public passwords answers without end');
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}
