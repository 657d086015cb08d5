import { z } from 'zod';
import { toSourceIdentity } from '../identity.js';
import {
  AccountNotAllowedError,
  InvalidProofError,
  MisconfiguredSourceError,
  ProviderUnavailableError,
} from '../login-errors.js';
import { AddressNotAllowedError, type ProviderHttpClient, ProviderUnreachableError } from '../provider-http-client.js';
import type { PlexSource, SourceIdentity } from '../source.js';

const account = z.looseObject({ id: z.union([z.number().int(), z.string().min(1)]) });
const friends = z.array(z.looseObject({ id: z.unknown(), status: z.unknown() }));
const resources = z.array(z.looseObject({ provides: z.string().catch(''), clientIdentifier: z.string().catch('') }));

/** What Plex is asked with: whose token, and for what. */
interface PlexRequest {
  readonly source: PlexSource;
  readonly token: string;
  readonly signal: AbortSignal;
}

const [OK, UNAUTHORIZED] = [200, 401];

/**
 * Logins at Plex: its script has signed somebody in, and the token that it brought says who
 * (docs/spec/sources.md#plex).
 */
export class PlexLogin {
  constructor(
    private readonly web: ProviderHttpClient,
    private readonly url: string,
  ) {}

  /** Whose token this is, if they are among those that the source lets in. Throws Refusal. */
  async complete(source: PlexSource, token: string, signal: AbortSignal): Promise<SourceIdentity> {
    const asking = { source, token, signal };
    const user = await this.accountOf(asking);
    if (!user) throw new InvalidProofError(source.name, 'Plex does not know the token');
    if (!(await this.isFriend(asking, user)) && !(await this.hasServer(asking)))
      throw new AccountNotAllowedError('neither a friend nor on a server that is allowed');
    const { id, username, title, email, confirmed } = user;
    const { authToken: _token, ...info } = user;
    const identity = toSourceIdentity(
      { identifier: id, username, name: title, email, email_verified: confirmed },
      info,
    );
    if (!identity) throw new InvalidProofError(source.name, 'Plex does not say who it is');
    return identity;
  }

  /** The owner of the source's own token, and those whose friendship they have accepted. */
  private async isFriend({ source, signal }: PlexRequest, { id }: z.output<typeof account>): Promise<boolean> {
    if (!source.allow_friends) return false;
    const asking = { source, token: source.plex_token, signal };
    const [owner, found] = await Promise.all([this.accountOf(asking), this.get(asking, 'friends', friends)]);
    if (!owner || !found)
      throw new MisconfiguredSourceError(source.name, 'Plex does not know the plex_token of the source');
    const accepted = found.filter(({ status }) => status === 'accepted').map((friend) => friend.id);
    return [owner.id, ...accepted].some((one) => String(one) === String(id));
  }

  /** Whether they are on one of the servers that are listed; where none is, on any (docs/spec/sources.md#plex). */
  private async hasServer(asking: PlexRequest): Promise<boolean> {
    const allowed = asking.source.allowed_servers;
    const found = (await this.get(asking, 'resources', resources)) ?? [];
    const servers = found.filter(({ provides }) => provides.split(',').includes('server'));
    return servers.some(({ clientIdentifier: id }) => id !== '' && (allowed.length === 0 || allowed.includes(id)));
  }

  private accountOf(asking: PlexRequest) {
    return this.get(asking, 'user', account);
  }

  /** What Plex says; undefined where it does not know the token. */
  private async get<S extends z.ZodType>({ source, token, signal }: PlexRequest, what: string, shape: S) {
    const headers = { accept: 'application/json', 'x-plex-token': token, 'x-plex-client-identifier': source.client_id };
    const address = `${this.url.replace(/\/$/, '')}/api/v2/${what}`;
    const { status, text } = await this.web.ask(address, { headers, signal }).catch((error: unknown) => {
      if (error instanceof ProviderUnreachableError) throw new ProviderUnavailableError(source.name, error.message);
      throw error instanceof AddressNotAllowedError ? new MisconfiguredSourceError(source.name, error.message) : error;
    });
    if (status === UNAUTHORIZED) return undefined;
    const said = status === OK ? shape.safeParse(jsonIn(text)) : undefined;
    if (!said?.success)
      throw new ProviderUnavailableError(source.name, `Plex answers ${status} to a question for ${what}`);
    return said.data;
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
