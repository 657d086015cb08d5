import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { pushRequest, SHOP_CLIENT } from '../support/oauth-application.js';
import { clientEntries, OauthDevice } from '../support/oauth-device.js';

const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        flowEntries('plain', [], AUTHORIZING),
        ...['shop', 'rival'].map((name) => clientEntries(name, { flow: 'plain', attrs: SHOP_CLIENT })),
      ),
    ],
    services: ['consent'],
  });
});
afterAll(() => deployment?.close());

const gatewayWith = async (settings: Readonly<Record<string, string>>) =>
  new OauthDevice(deployment, await deployment.openAnotherGateway(settings));

describe('the requests that a client pushes', () => {
  it('get 429 above AUTHORIZATION_REQUESTS_WAITING, even if two gateways receive them at once', async () => {
    const settings = { AUTHORIZATION_REQUESTS_WAITING: '4' };
    const gateways = [await gatewayWith(settings), await gatewayWith(settings)];
    const replies = await Promise.all(Array.from({ length: 12 }, (_, index) => pushRequest(gateways[index % 2]!)));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(4);
    const [refused] = replies.filter(({ status }) => status === 429);
    expect([refused!.body, refused!.headers.get('retry-after')]).toEqual([
      {
        error: 'temporarily_unavailable',
        error_description: '4 requests of the client wait for their users',
      },
      '10',
    ]);
    expect(await pushRequest(gateways[0]!, { client_id: 'rival' })).toMatchObject({ status: 201 });
  });

  it('are limited per minute, and requests with a wrong client secret do not count', async () => {
    const gateway = await gatewayWith({ AUTHORIZATION_REQUEST_RATE: '2' });
    for (let n = 0; n < 3; n++) await pushRequest(gateway, { client_id: 'rival', client_secret: 'wrong' });
    const replies = [];
    for (let n = 0; n < 3; n++) replies.push(await pushRequest(gateway, { client_id: 'rival' }));
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 429]);
    const { body, headers } = replies[2]!;
    expect(body).toEqual({
      ...{ error: 'temporarily_unavailable', error_description: 'the client pushes too many requests a minute' },
    });
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(30);
    expect(await pushRequest(gateway)).toMatchObject({ status: 201 });
  });
});
