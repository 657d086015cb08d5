import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface PlexAccount {
  readonly id: number;
  readonly username: string;
  readonly title?: string;
  readonly email?: string;
  readonly confirmed?: boolean;
  readonly friends?: readonly { readonly id: number; readonly status: string }[];
  readonly resources?: readonly { readonly provides: string; readonly clientIdentifier: string }[];
}

/** Plex on loopback, with the answers in JSON that its clients get: accounts by their tokens. */
export class PlexServer {
  readonly accounts = new Map<string, PlexAccount>();
  readonly asked: { path: string; client: string | undefined }[] = [];
  /** In the place of what is documented, by the last part of the path. */
  instead: Record<string, (response: ServerResponse) => unknown> = {};
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
    const what = url.replace('/api/v2/', '');
    this.asked.push({ path: url, client: headers['x-plex-client-identifier'] as string | undefined });
    if (this.instead[what]) return this.instead[what](response);
    const account = this.accounts.get(String(headers['x-plex-token']));
    response.setHeader('content-type', 'application/json');
    if (!account)
      return response.writeHead(401).end('{"errors":[{"code":1001,"message":"User could not be authenticated"}]}');
    const { friends = [], resources = [], ...user } = account;
    const said: Record<string, unknown> = { user: { ...user, authToken: headers['x-plex-token'] }, friends, resources };
    return response.end(JSON.stringify(said[what] ?? null));
  }
}
