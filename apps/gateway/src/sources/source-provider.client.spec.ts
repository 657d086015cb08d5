import {
  publishedSource,
  SOURCE_BEGIN_SUBJECT,
  SOURCE_COMPLETE_SUBJECT,
  SOURCE_QUEUE,
  sourceBeginRequest,
  sourceCompleteRequest,
} from '@gatehouse/contracts';
import { connectNats, NatsRequester, type Requester } from '@gatehouse/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../../../../test/support/nats.js';
import { SourceProviderClient } from './source-provider.client.js';

const source = publishedSource.parse({
  ...{ uuid: '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01', model: 'authentik_sources_oauth.oauthsource', slug: 'hub' },
  ...{ name: 'Hub', provider_type: 'discord', consumer_key: 'key', consumer_secret: 'secret' },
});
const redirect_uri = 'https://id.example.org/source/oauth/callback/hub/';
const state = 'x'.repeat(43);
const begin = { source, redirect_uri, state };
const complete = { source, proof: { redirect_uri, state, kept: { nonce: 'n' }, answer: { state, code: 'c' } } };
const identity = { identifier: '7', user: { username: 'alice' }, groups: {}, info: {} };

describeWithNats('the provider client over NATS', () => {
  let nats: RunningNats;
  let service: NatsConnection;
  let requester: NatsRequester;

  beforeAll(async () => {
    nats = await startNats();
    service = await connectNats({ NATS_URL: nats.url }, 'service');
    requester = new NatsRequester(await connectNats({ NATS_URL: nats.url }, 'gateway'), '_INBOX_gateway', {
      sweepEveryMs: 5,
    });
  });
  afterAll(async () => {
    await requester?.close();
    await service?.close();
    await nats?.stop();
  });

  let stopServing = async () => undefined as unknown;
  afterEach(() => stopServing());
  const serve = async (answer: (subject: string, request: unknown) => string | undefined) => {
    const subscription = service.subscribe('sources.*', {
      queue: SOURCE_QUEUE,
      callback: (_error, message) => {
        const reply = answer(message.subject, message.json());
        if (reply !== undefined) message.respond(reply);
      },
    });
    stopServing = async () => {
      subscription.unsubscribe();
      await service.flush();
    };
    await service.flush();
  };
  const client = () => new SourceProviderClient(requester);
  const impatientRequester = (): Requester => {
    const request: Requester['request'] = (subject, body) => requester.request(subject, body, 1);
    return Object.assign(Object.create(requester) as Requester, { request });
  };

  it('sends the requests of the contract and returns the replies', async () => {
    await serve((subject, request) => {
      if (subject === SOURCE_COMPLETE_SUBJECT && sourceCompleteRequest.parse(request))
        return JSON.stringify({ identity });
      sourceBeginRequest.parse(request);
      return JSON.stringify(subject === SOURCE_BEGIN_SUBJECT && { to: 'https://hub.example/', kept: { nonce: 'n' } });
    });
    expect(await client().begin(begin)).toEqual({ to: 'https://hub.example/', kept: { nonce: 'n' } });
    expect(await client().complete(complete)).toEqual({ identity });
  });

  it('returns a refusal with its message', async () => {
    await serve(() => JSON.stringify({ refused: { text: 'No.' } }));
    expect(await client().begin(begin)).toEqual({ refused: { text: 'No.' } });
    expect(await client().complete(complete)).toEqual({ refused: { text: 'No.' } });
  });

  it('throws stage_away without a service, and stage_timeout without an answer in time', async () => {
    await expect(client().begin(begin)).rejects.toMatchObject({ code: 'stage_away' });
    await serve(() => undefined);
    await expect(new SourceProviderClient(impatientRequester()).begin(begin)).rejects.toMatchObject({
      code: 'stage_timeout',
    });
  });

  it('throws stage_busy for a busy service, and stage_fault for an invalid reply', async () => {
    await serve(() => JSON.stringify({ problem: { code: 'stage_busy', retry_after_s: 3 } }));
    await expect(client().begin(begin)).rejects.toMatchObject({ code: 'stage_busy', retryAfterS: 3 });
    await stopServing();
    for (const reply of ['{', '{}', JSON.stringify({ identity: {} }), ' '.repeat(257 * 1024)]) {
      await serve(() => reply);
      await expect(client().complete(complete)).rejects.toMatchObject({ code: 'stage_fault' });
      await stopServing();
    }
  });
});
