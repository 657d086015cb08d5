import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface PlexAccount {
  readonly id: number;
  readonly username: string;
  readonly title?: string;
  readonly email?: string;
  readonly confirmed?: boolean;
  readonly pin?: string;
  readonly services?: readonly { readonly identifier: string; readonly token: string; readonly secret: string }[];
  readonly friends?: readonly { readonly id: number; readonly status: string }[];
  readonly resources?: readonly { readonly provides: string; readonly clientIdentifier: string }[];
}

/** A Plex API on the loopback interface. `accounts` maps tokens to accounts. */
export class PlexServer {
  readonly accounts = new Map<string, PlexAccount>();
  readonly requests: { path: string; client: string | undefined }[] = [];
  /** Handlers that replace the default responses, by the last segment of the path. */
  overrides: Record<string, (response: ServerResponse) => unknown> = {};
  private stop: () => Promise<void> = async () => undefined;
  url = '';

  static async open(): Promise<PlexServer> {
    const plex = new PlexServer();
    const server = createServer((request, response) => void plex.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    plex.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    plex.stop = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    return plex;
  }

  close(): Promise<void> {
    return this.stop();
  }

  private answer({ url = '', headers }: IncomingMessage, response: ServerResponse) {
    const endpoint = url.replace('/api/v2/', '');
    this.requests.push({ path: url, client: headers['x-plex-client-identifier'] as string | undefined });
    if (this.overrides[endpoint]) return this.overrides[endpoint](response);
    const account = this.accounts.get(String(headers['x-plex-token']));
    response.setHeader('content-type', 'application/json');
    if (!account)
      return response.writeHead(401).end('{"errors":[{"code":1001,"message":"User could not be authenticated"}]}');
    const { friends = [], resources = [], ...user } = account;
    const bodies: Record<string, unknown> = {
      user: { ...user, authToken: headers['x-plex-token'] },
      friends,
      resources,
    };
    return response.end(JSON.stringify(bodies[endpoint] ?? null));
  }
}
