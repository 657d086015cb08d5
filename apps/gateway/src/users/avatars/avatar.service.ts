import { DEFAULT_AVATAR } from '@gatehouse/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { type AvatarMode, type AvatarSubject, avatarModes } from './avatar-modes.js';

/** Avatars of users, by the modes that the operator configured. */
@Injectable()
export class AvatarService {
  private readonly modes: readonly AvatarMode[];

  constructor(@Inject(GATEWAY_CONFIG) { AVATARS }: Pick<GatewayConfig, 'AVATARS'>) {
    this.modes = avatarModes(AVATARS);
  }

  /**
   * Returns the avatar as a URL or a data URI: the result of the first mode that returns an avatar, else the default
   * avatar.
   */
  urlOf(user: AvatarSubject | undefined): string {
    if (!user) return DEFAULT_AVATAR;
    for (const mode of this.modes) {
      const url = mode(user);
      if (url) return url;
    }
    return DEFAULT_AVATAR;
  }
}
