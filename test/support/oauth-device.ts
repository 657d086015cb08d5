import { keyOf } from './blueprints.js';
import type { Deployment } from './deployment.js';

interface Client {
  readonly flow: string;
  readonly attrs?: Readonly<Record<string, unknown>>;
}

/** An OAuth client with its application, both of that name, by blueprint; the flow's entries must come before. */
export const clientEntries = (name: string, { flow, attrs = {} }: Client) => [
  {
    model: 'authentik_providers_oauth2.oauth2provider',
    id: `${name} provider`,
    identifiers: { name },
    attrs: { client_id: name, client_type: 'public', authorization_flow: keyOf(flow), ...attrs },
  },
  {
    model: 'authentik_core.application',
    id: `${name} application`,
    identifiers: { slug: name },
    attrs: { name: `The ${name}`, provider: keyOf(`${name} provider`) },
  },
];

/** What an OAuth endpoint answers. */
interface OauthAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A device, which speaks to the OAuth endpoints of a gateway and has no cookies. */
export class OauthDevice {
  /** `base`: where the gateway listens, if it is not the house's first. */
  constructor(
    house: Deployment,
    private readonly base = house.url,
  ) {}

  async post(
    endpoint: string,
    form: Readonly<Record<string, string>>,
    headers: HeadersInit = {},
  ): Promise<OauthAnswer> {
    const body = new URLSearchParams(form);
    const response = await fetch(`${this.base}/application/o/${endpoint}/`, { method: 'POST', body, headers });
    return { status: response.status, headers: response.headers, body: (await response.json()) as OauthAnswer['body'] };
  }

  /** Codes for a client that asks for these scopes. */
  async begin(client_id: string, scope = 'openid'): Promise<{ readonly code: string; readonly deviceCode: string }> {
    const { body } = await this.post('device', { client_id, scope });
    return { code: String(body['user_code']), deviceCode: String(body['device_code']) };
  }

  /** Asks for the token. */
  redeem(client_id: string, deviceCode: string, headers: HeadersInit = {}): Promise<OauthAnswer> {
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    return this.post('token', { grant_type, client_id, device_code: deviceCode }, headers);
  }

  async userinfo(token: string): Promise<OauthAnswer> {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${this.base}/application/o/userinfo/`, { headers });
    return { status: response.status, headers: response.headers, body: (await response.json()) as OauthAnswer['body'] };
  }
}
