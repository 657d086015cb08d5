import { keyOf } from './blueprints.js';
import type { Deployment } from './deployment.js';

interface Client {
  readonly flow: string;
  readonly attrs?: Readonly<Record<string, unknown>>;
}

/** Returns the blueprint entries of an OAuth client and its application. They must follow the entries of `flow`. */
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

/** A response of an OAuth endpoint. */
interface OauthResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A device that uses the OAuth endpoints of a gateway without cookies. */
export class OauthDevice {
  /** `base` is the URL of the gateway, by default that of the first gateway of the deployment. */
  constructor(
    deployment: Deployment,
    private readonly base = deployment.url,
  ) {}

  async post(
    endpoint: string,
    form: Readonly<Record<string, string>> | URLSearchParams,
    headers: HeadersInit = {},
  ): Promise<OauthResponse> {
    const body = new URLSearchParams(form);
    const response = await fetch(`${this.base}/application/o/${endpoint}/`, { method: 'POST', body, headers });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as OauthResponse['body'],
    };
  }

  /** Requests the codes for a client with these scopes. */
  async begin(client_id: string, scope = 'openid'): Promise<{ readonly code: string; readonly deviceCode: string }> {
    const { body } = await this.post('device', { client_id, scope });
    return { code: String(body['user_code']), deviceCode: String(body['device_code']) };
  }

  /** Requests the token for a device code. */
  redeem(client_id: string, deviceCode: string, headers: HeadersInit = {}): Promise<OauthResponse> {
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    return this.post('token', { grant_type, client_id, device_code: deviceCode }, headers);
  }

  async userinfo(token: string): Promise<OauthResponse> {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${this.base}/application/o/userinfo/`, { headers });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as OauthResponse['body'],
    };
  }
}
