import {
  PROTOCOL_VERSION,
  Problem,
  SOURCE_DEADLINE_MS,
  SOURCE_KEYS_SUBJECT,
  type SourceKeysRequest,
  sourceKeysReply,
} from '@gatehouse/contracts';
import { Requester, requestOverBus } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import type { SignalTransmitter } from './signal.config.js';

/** Milliseconds for which fetched keys are cached, and minimum milliseconds between two fetches for unknown keys. */
const [KEPT_MS, COOLDOWN_MS] = [600_000, 30_000];
/** Bytes of the largest reply that is parsed. */
const MAX_REPLY_BYTES = 256 * 1024;

/**
 * The keys of transmitters, from the setting or from their `jwks_uri`. The identification service fetches them, because
 * the gateway must not connect to other systems. Fetched keys are cached, and fetched again for an unknown key.
 */
@Injectable()
export class SignalKeys {
  private readonly sets = new WeakMap<SignalTransmitter, JWTVerifyGetKey>();

  constructor(@Inject(Requester) private readonly requester: Requester) {}

  /**
   * Returns the keys of a transmitter. The returned function throws `signal_keys_away` while the keys cannot be
   * fetched. It also throws this for an unknown key, which may be new, if the last fetch is too recent for another
   * fetch.
   */
  of(transmitter: SignalTransmitter): JWTVerifyGetKey {
    const known = this.sets.get(transmitter) ?? this.open(transmitter);
    this.sets.set(transmitter, known);
    return known;
  }

  private open({ jwks, jwks_uri: uri = '' }: SignalTransmitter): JWTVerifyGetKey {
    if (jwks) return createLocalJWKSet(jwks);
    const keys = createRemoteJWKSet(new URL(uri), {
      ...{ cacheMaxAge: KEPT_MS, cooldownDuration: COOLDOWN_MS, timeoutDuration: SOURCE_DEADLINE_MS },
      [customFetch]: async (url) => Response.json(await this.fetch(url)),
    });
    return async (header, token) => {
      const { coolingDown: isCoolingDown } = keys;
      return keys(header, token).catch((error: unknown) => {
        if (isCoolingDown && error instanceof errors.JWKSNoMatchingKey)
          throw new Problem('signal_keys_away', { cause: error });
        throw error;
      });
    };
  }

  private async fetch(url: string): Promise<object> {
    const request: SourceKeysRequest = { v: PROTOCOL_VERSION, timeout_ms: SOURCE_DEADLINE_MS, url };
    const reply = await requestOverBus(this.requester, {
      ...{ subject: SOURCE_KEYS_SUBJECT, body: JSON.stringify(request), timeoutMs: SOURCE_DEADLINE_MS },
      ...{ reply: sourceKeysReply, maxReplyBytes: MAX_REPLY_BYTES, answeredCode: 'signal_keys_away' as const },
      codes: { stage_away: 'signal_keys_away', stage_timeout: 'signal_keys_away', stage_fault: 'signal_keys_away' },
    });
    if ('unavailable' in reply) throw new Problem('signal_keys_away', { cause: new Error(reply.unavailable) });
    return reply;
  }
}
