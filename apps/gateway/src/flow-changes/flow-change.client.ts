import {
  type ChangeOrigin,
  type FlowChangeOperation,
  type FlowChangeRequest,
  type FlowChangeResult,
  flowChangeOperations,
  flowChangeReply,
  MAX_COMPRESSED_BYTES,
  MAX_FLOW_RESULT_BYTES,
  PROTOCOL_VERSION,
  Problem,
} from '@gatehouse/contracts';
import { compressText, decompressText, Requester, requestOverBus } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { BlueprintUpload } from './blueprint-upload.pipe.js';

type Arguments<E extends FlowChangeOperation> = Omit<FlowChangeRequest<E>, 'v' | 'timeout_ms'>;

/**
 * Milliseconds that the client waits beyond the time limit of the service itself, so that a late reply still arrives.
 */
const GRACE_MS = 2000;

/**
 * Client of the service `blueprints`, the only one that changes flows. Throws the problem in the reply of the service,
 * and `flow_changes_away` if there is no reply. Never repeats a request, because the service may have carried it out
 * already.
 */
@Injectable()
export class FlowChangeClient {
  constructor(
    @Inject(Requester) private readonly requester: Requester,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'FLOW_CHANGE_TIMEOUT_MS'>,
  ) {}

  async check(upload: BlueprintUpload): Promise<FlowChangeResult<'check'>> {
    return this.ask('check', { blueprint: await compressed(upload) });
  }

  async compare(upload: BlueprintUpload): Promise<FlowChangeResult<'compare'>> {
    return this.ask('compare', { blueprint: await compressed(upload) });
  }

  async apply(upload: BlueprintUpload, origin: ChangeOrigin): Promise<FlowChangeResult<'apply'>> {
    return this.ask('apply', { blueprint: await compressed(upload), origin });
  }

  async draft(upload: BlueprintUpload, origin: ChangeOrigin): Promise<FlowChangeResult<'draft'>> {
    return this.ask('draft', { blueprint: await compressed(upload), origin });
  }

  versions(slug: string): Promise<FlowChangeResult<'versions'>> {
    return this.ask('versions', { slug });
  }

  diff(slug: string, from: number, to: number): Promise<FlowChangeResult<'diff'>> {
    return this.ask('diff', { slug, from, to });
  }

  /** Makes the version `number` current. Without a number, makes the newest draft current. */
  publish(change: Arguments<'publish'>): Promise<FlowChangeResult<'publish'>> {
    return this.ask('publish', change);
  }

  /** Makes the version current that was current before. */
  rollback(change: Arguments<'rollback'>): Promise<FlowChangeResult<'rollback'>> {
    return this.ask('rollback', change);
  }

  /** Gives a version a share of the new logins, or changes the share. */
  startRollout(change: Arguments<'startRollout'>): Promise<FlowChangeResult<'startRollout'>> {
    return this.ask('startRollout', change);
  }

  /** Returns the running rollout of a flow. */
  rollout(slug: string): Promise<FlowChangeResult<'rollout'>> {
    return this.ask('rollout', { slug });
  }

  /** Returns a flow as a blueprint. */
  async export(slug: string): Promise<string> {
    return (await this.ask('export', { slug })).blueprint;
  }

  private async ask<E extends FlowChangeOperation>(operation: E, values: Arguments<E>): Promise<FlowChangeResult<E>> {
    const { subject, result }: { subject: string; result: z.ZodType } = flowChangeOperations[operation];
    const timeoutMs = this.config.FLOW_CHANGE_TIMEOUT_MS;
    const reply = await requestOverBus(this.requester, {
      ...{ subject, reply: flowChangeReply, timeoutMs: timeoutMs + GRACE_MS },
      body: JSON.stringify({ v: PROTOCOL_VERSION, timeout_ms: timeoutMs, ...values }),
      codes: {
        stage_away: 'flow_changes_away',
        bus_down: 'flow_changes_away',
        stage_timeout: 'flow_change_timeout',
        stage_fault: 'internal_fault',
      },
      answeredCode: 'flow_changes_away',
    });
    if ('refused' in reply) throw new Problem(reply.refused.code, detailOf(reply.refused));
    const text = await decompressText(reply.result, MAX_FLOW_RESULT_BYTES);
    return result.parse(JSON.parse(text)) as FlowChangeResult<E>;
  }
}

const detailOf = ({ detail }: { readonly detail?: string | undefined }) => (detail === undefined ? {} : { detail });

async function compressed({ blueprint, name, env }: BlueprintUpload) {
  const text = await compressText(blueprint);
  if (text.length > MAX_COMPRESSED_BYTES)
    throw new Problem('body_too_large', { detail: 'The blueprint is too large, even when it is compressed.' });
  return { name, env, text };
}
