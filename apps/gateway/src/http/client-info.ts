import type { Logger } from '@gatehouse/platform';
import type { FastifyRequest } from 'fastify';
import type { Tokens } from './auth/api-tokens.js';
import { canonicalIp, clientIp } from './client-ip.js';

const REMOTE_IP = 'x-authentik-remote-ip';
const OUTPOST_TOKEN = 'x-authentik-outpost-token';
/** The type of the users that outposts have. */
const OUTPOST_USER = 'internal_service_account';

/** Where a request comes from, and by what. */
export interface ClientInfo {
  readonly ip: string;
  readonly user_agent: string;
  readonly outpost: boolean;
}

/**
 * Tells where requests come from: an outpost speaks for its visitors, once its token shows that it is one
 * (docs/spec/http.md#client-address).
 */
export class ClientResolver {
  constructor(
    private readonly tokens: Tokens,
    private readonly logger: Logger,
  ) {}

  /** Asks the directory only when a request claims to be from an outpost. */
  async of(request: FastifyRequest): Promise<ClientInfo> {
    const { [REMOTE_IP]: ip, [OUTPOST_TOKEN]: token, 'user-agent': user_agent = '' } = request.headers;
    const claimed = ip === undefined && token === undefined ? undefined : await this.claimed(request);
    return { ip: claimed ?? clientIp(request), user_agent, outpost: claimed !== undefined };
  }

  private async claimed({ headers, id }: FastifyRequest): Promise<string | undefined> {
    const [ip, token] = [headers[REMOTE_IP], headers[OUTPOST_TOKEN]].map(String);
    const refused = (reason: string): undefined => {
      this.logger.event('outpost headers ignored', { request_id: id, reason });
    };
    if (headers[REMOTE_IP] === undefined || !headers[OUTPOST_TOKEN]) return refused('both are needed');
    const address = canonicalIp(ip!);
    if (!address) return refused('the address is none');
    const user = await this.tokens.findUser(token!);
    if (user?.type !== OUTPOST_USER) return refused('the token is no outpost’s');
    return address;
  }
}
