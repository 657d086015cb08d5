import { type PreviewLink, sealPreviewLink, UserDirectory } from '@gatehouse/executor';
import { Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '../http/auth/auth.service.js';
import { RecentLoginService } from '../http/auth/recent-login.service.js';
import { UserRepository } from '../users/user.repository.js';

/**
 * Milliseconds for which a link is valid, like the default of `npm run flow -- preview`. PREVIEW_MAX_S may shorten it.
 */
const VALID_MS = 30 * 60_000;

/** The version of a flow that a link previews. */
type PreviewedVersion = Pick<PreviewLink, 'flow' | 'version' | 'number'>;

/** Makes preview links for superusers, who must have logged in recently to open them. */
@Injectable()
export class PreviewLinkService {
  constructor(
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(UserDirectory) private readonly directory: UserDirectory,
    @Inject(RecentLoginService) private readonly recentLogin: RecentLoginService,
    @Inject(Sealer) private readonly sealer: Sealer,
  ) {}

  /** Throws `proof_required` unless the session of the caller is recent enough to open a link. */
  requireRecentLogin(principal: Principal): Promise<void> {
    return this.recentLogin.require(principal);
  }

  /**
   * Returns the path of a link that runs the version as a test user. Returns `undefined` unless the test user exists, is
   * active, and is no superuser.
   */
  async create(version: PreviewedVersion, username: string): Promise<string | undefined> {
    // Postgres refuses text with NUL, so no username contains NUL.
    const uuid = username.includes('\0') ? undefined : await this.users.findId({ username });
    const user = uuid && (await this.directory.find(uuid));
    if (!user || !user.is_active || user.is_superuser) return undefined;
    const now = Date.now();
    const [issued, expires] = [now, now + VALID_MS].map((at) => new Date(at).toISOString()) as [string, string];
    return `/if/preview/${sealPreviewLink(this.sealer, { v: 1, ...version, user: user.uuid, issued, expires })}/`;
  }
}
