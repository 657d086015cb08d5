import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { type AvatarMode, type AvatarSubject, avatarModes, DEFAULT_AVATAR } from './avatar-modes.js';

/** The pictures of users, as this installation wants them. */
@Injectable()
export class AvatarService {
  private readonly modes: readonly AvatarMode[];

  constructor(@Inject(GATEWAY_CONFIG) { AVATARS }: Pick<GatewayConfig, 'AVATARS'>) {
    this.modes = avatarModes(AVATARS);
  }

  /** An address or a data URI: the first that a mode finds, else the default picture; for a stranger always that. */
  of(user: AvatarSubject | undefined): string {
    if (!user) return DEFAULT_AVATAR;
    for (const mode of this.modes) {
      const found = mode(user);
      if (found) return found;
    }
    return DEFAULT_AVATAR;
  }
}
